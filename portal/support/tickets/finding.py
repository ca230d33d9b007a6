"""Tickets and solved cases as documents of the index: for the own organisation and the house, never for others."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import Product
from portal.db import Base
from portal.policy import Permission
from portal.search import audience
from portal.search.documents import Document
from portal.search.sources import RowIds, RowSource, itself
from portal.support.knowledge import faults
from portal.support.matching.learning import wordings_of
from portal.support.matching.models import Wording
from portal.support.tickets.cases import Case, cases, first_messages
from portal.support.tickets.models import Ticket

SOLVED: Final = ("solved", "closed")
DONE: Final = 0.9  # of two alike the one that is still open stands first


class TicketSource(RowSource):
    """Solved tickets that say what helped."""

    kind = "ticket"
    model = Ticket
    watched: Mapping[type[Base], RowIds] = {
        Ticket: itself,
        Wording: lambda row: [row.case_id] if row.case_kind == "ticket" else [],
    }

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of those of these tickets that are cases."""
        solved = (Ticket.id.in_(ids), Ticket.state.in_(SOLVED), Ticket.solution != "")
        rows = session.scalars(select(Ticket).where(*solved).order_by(Ticket.id)).all()
        if not rows:
            return ()
        wanted = {row.product_id for row in rows if row.product_id is not None}
        skus = dict(session.execute(select(Product.id, Product.sku).where(Product.id.in_(wanted))).all())
        tree, taught = faults.types(session), cases(session, rows)
        wordings = wordings_of(session, "ticket", [row.id for row in rows])
        return [_document(row, taught[row.id], skus, tree, wordings.get(row.id, ())) for row in rows]


class MatterSource(RowSource):
    """Every ticket as those find it who may see it: by number, words and serial number, open ones as well.

    It is no case: what it says is whole, and nobody else is helped with it.
    """

    kind = "matter"
    model = Ticket
    watched: Mapping[type[Base], RowIds] = {Ticket: itself}

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these tickets; of one that was merged the survivor is found."""
        rows = session.scalars(select(Ticket).where(Ticket.id.in_(ids), Ticket.state != "merged").order_by(Ticket.id))
        asked = first_messages(session, ids)
        return [_matter(row, asked.get(row.id, "")) for row in rows]


def _matter(row: Ticket, asked: str) -> Document:
    return Document(
        kind=MatterSource.kind,
        id=row.id,
        public_id=row.public_id,
        audience=audience_of(row),
        title=f"{row.number} · {row.subject}",
        path=f"/tickets/{row.public_id}",
        lang=row.locale,
        body="\n".join(part for part in (asked, row.solution, row.contact, row.serial) if part),
        facts={"number": tuple(filter(None, (row.number, row.serial)))},
        boost=1.0 if row.state not in SOLVED else DONE,
    )


def audience_of(row: Ticket) -> frozenset[str]:
    """Return who may know of a ticket, as `Ticket.visible_to` says it to the database."""
    seen = audience.owned(row.organisation_id, Permission.TICKET_VIEW)
    if row.partner_organisation_id is None:
        return seen
    return seen | audience.owned(row.partner_organisation_id, Permission.TICKET_VIEW)


def _document(
    row: Ticket, case: Case, skus: Mapping[int, str], tree: faults.Tree, wordings: tuple[str, ...]
) -> Document:
    facts: dict[str, Any] = {
        "product_line": row.product_line,
        "model": skus.get(row.product_id or 0, ""),
        "fault": row.fault,
        "error_code": row.error_code,
        "firmware": row.firmware,
    }
    named = tree.named(row.fault, row.locale) if row.fault else ""
    return Document(
        kind="ticket",
        id=row.id,
        public_id=row.public_id,
        audience=audience_of(row),
        title=case.title,
        path=f"/tickets/{row.public_id}",
        lang=row.locale,
        body="\n".join(part for part in (case.asked, case.solution, named) if part),
        facts={name: value for name, value in facts.items() if value},
        wordings=wordings,
    )
