"""Quotes, orders and customers as the search finds them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.models import Quote, QuoteLine
from portal.deals.order_models import SalesOrder, SalesOrderLine
from portal.parties.models import Party, Relation
from portal.policy import Permission
from portal.search import audience
from portal.search.documents import Document
from portal.search.sources import RowSource, itself


class QuoteSource(RowSource):
    """Every quote: number, title, customer, note and what is in it."""

    kind = "quote"
    model = Quote
    watched = {Quote: itself, QuoteLine: lambda line: (line.quote_id,)}  # noqa: RUF012 - as the protocol has it

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these quotes."""
        table = Quote
        columns = (table.id, table.public_id, table.organisation_id, table.number, table.revision, table.customer_name)
        query = select(*columns, table.title, table.note).where(table.id.in_(ids))
        lines = _lines(session, QuoteLine, QuoteLine.quote_id, ids)
        return [
            Document(
                kind=self.kind,
                id=row.id,
                public_id=row.public_id,
                audience=audience.owned(row.organisation_id, Permission.QUOTE_VIEW),
                title=_joined(row.number, row.customer_name, row.title),
                body=_joined(row.note, lines[row.id]),
                path=f"/quotes/{row.public_id}",
            )
            for row in session.execute(query)
        ]


class OrderSource(RowSource):
    """Every order: number, the buyer's own number, customer, delivery, note and what is in it."""

    kind = "order"
    model = SalesOrder
    watched = {  # noqa: RUF012 - as the protocol has it
        SalesOrder: itself,
        SalesOrderLine: lambda line: (line.order_id,),
    }

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these orders."""
        lines = _lines(session, SalesOrderLine, SalesOrderLine.order_id, ids)
        return [
            Document(
                kind=self.kind,
                id=row.id,
                public_id=row.public_id,
                audience=audience.owned(row.organisation_id, Permission.ORDER_VIEW),
                title=_joined(row.number, row.customer_name, row.title, row.purchase_number),
                body=_joined(row.quote_number, row.delivery_address, row.contact, row.note, lines[row.id]),
                path=f"/orders/{row.public_id}",
            )
            for row in session.scalars(select(SalesOrder).where(SalesOrder.id.in_(ids)))
        ]


class CustomerSource(RowSource):
    """Every customer, once for each organisation that knows it, as that one calls it, and once for the house.

    None reads what another typed, so each of these documents has the words of one organisation only.
    """

    kind = "customer"
    model = Party
    watched = {Party: itself, Relation: lambda relation: (relation.party_id,)}  # noqa: RUF012 - as the protocol has it

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these parties."""
        living = (Party.id.in_(ids), Party.kind == "organisation", Party.merged_into_id.is_(None))
        parties = {row.id: row for row in session.scalars(select(Party).where(*living))}
        known = select(Relation).where(Relation.party_id.in_(parties), Relation.kind == "customer")
        house = audience.house(Permission.PARTY_VIEW)
        found = [self._document(party, party, house) for party in parties.values()]
        for relation in session.scalars(known.order_by(Relation.party_id, Relation.id)):
            token = audience.organisation(relation.organisation_id, Permission.PARTY_VIEW)
            found.append(self._document(parties[relation.party_id], relation, token))
        return found

    def _document(self, party: Party, called: Any, token: str) -> Document:
        return Document(
            kind=self.kind,
            id=party.id,
            public_id=party.public_id,
            audience=frozenset({token}),
            title=_joined(called.name, called.name_en if called.name_en != called.name else ""),
            body=_joined(called.address, called.phone, called.email),
            path=f"/customers/{party.public_id}",
        )


def _joined(*texts: str | None) -> str:
    return " · ".join(filter(None, texts))


def _lines(session: Session, line: Any, whose: Any, ids: Sequence[int]) -> dict[int, str]:
    """Return what the lines of these rows say, in one query."""
    found: dict[int, list[str]] = defaultdict(list)
    columns: Iterable[Any] = (whose, line.sku, line.name_en, line.name_zh)
    for owner, *texts in session.execute(select(*columns).where(whose.in_(ids)).order_by(whose, line.id)):
        found[owner] += texts
    return defaultdict(str, {owner: " ".join(texts) for owner, texts in found.items()})
