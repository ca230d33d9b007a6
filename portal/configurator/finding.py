"""Configurations as the search finds them: by name, for their organisation and those they are shared with."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.models import Configuration
from portal.policy import Permission
from portal.search import audience
from portal.search.documents import Document
from portal.search.sources import RowSource, itself
from portal.sharing.models import Share

VIEW = Permission.CONFIGURATION_VIEW
PUT_AWAY = 0.7


class ConfigurationSource(RowSource):
    """Every configuration."""

    kind = "configuration"
    model = Configuration
    watched = {  # noqa: RUF012 - as the protocol has it
        Configuration: itself,
        Share: lambda share: (share.thing_id,) if share.kind == Configuration.__tablename__ else (),
    }

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these configurations."""
        table = Configuration
        columns = (table.id, table.public_id, table.organisation_id, table.name, table.archived_at)
        shared = self._shared(session, ids)
        return [
            Document(
                kind=self.kind,
                id=row.id,
                public_id=row.public_id,
                audience=audience.owned(row.organisation_id, VIEW) | shared[row.id],
                title=row.name,
                path=f"/configurations/{row.public_id}",
                boost=1.0 if row.archived_at is None else PUT_AWAY,
            )
            for row in session.execute(select(*columns).where(table.id.in_(ids)))
        ]

    def _shared(self, session: Session, ids: Sequence[int]) -> dict[int, set[str]]:
        columns = (Share.thing_id, Share.with_organisation_id, Share.with_person_id, Share.person_organisation_id)
        live = select(*columns).where(
            Share.kind == Configuration.__tablename__, Share.thing_id.in_(ids), Share.revoked_at.is_(None)
        )
        found: dict[int, set[str]] = defaultdict(set)
        for thing_id, organisation_id, person_id, person_organisation_id in session.execute(live):
            if organisation_id is not None:
                found[thing_id].add(audience.organisation(organisation_id, VIEW))
            elif person_id is not None and person_organisation_id is not None:
                found[thing_id].add(audience.person(person_id, person_organisation_id, VIEW))
        return found
