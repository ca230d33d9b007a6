"""Registrations as the search finds them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.registrations.models import Registration
from portal.policy import Permission
from portal.search import audience
from portal.search.documents import Document
from portal.search.sources import RowSource, itself


class RegistrationSource(RowSource):
    """Every registration: number, customer, site, competitors and note."""

    kind = "registration"
    model = Registration
    watched = {Registration: itself}  # noqa: RUF012 - as the protocol has it

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these registrations."""
        return [
            Document(
                kind=self.kind,
                id=row.id,
                public_id=row.public_id,
                audience=audience.owned(row.organisation_id, Permission.REGISTRATION_VIEW),
                title=" · ".join(filter(None, (row.number, row.customer_name, row.site))),
                body=" ".join(filter(None, (row.competitors, row.note))),
                facts={"product_line": row.product_line, "number": row.number or ""},
                path=f"/registrations/{row.public_id}",
            )
            for row in session.scalars(select(Registration).where(Registration.id.in_(ids)))
        ]
