"""Quotes, orders and offers as the search finds them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.models import Quote, QuoteLine
from portal.deals.order_models import SalesOrder, SalesOrderLine
from portal.deals.resale_models import Resale
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
                title=joined(row.number, row.customer_name, row.title),
                body=joined(row.note, lines[row.id]),
                facts={"number": row.number or ""},
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
                title=joined(row.number, row.customer_name, row.title, row.purchase_number),
                body=joined(row.quote_number, row.delivery_address, row.contact, row.note, lines[row.id]),
                facts={"number": (row.number or "", row.purchase_number or "")},
                path=f"/orders/{row.public_id}",
            )
            for row in session.scalars(select(SalesOrder).where(SalesOrder.id.in_(ids)))
        ]


class OfferSource(RowSource):
    """Every offer of a partner to its customer; only those who sell for that partner know of it."""

    kind = "offer"
    model = Resale
    watched = {Resale: itself}  # noqa: RUF012 - as the protocol has it

    def of(self, session: Session, ids: Sequence[int]) -> Sequence[Document]:
        """Return the documents of these offers."""
        table = Resale
        columns = (table.id, table.public_id, table.organisation_id, table.number, table.customer_name)
        query = select(*columns, table.title, table.note).where(table.id.in_(ids))
        return [
            Document(
                kind=self.kind,
                id=row.id,
                public_id=row.public_id,
                audience=audience.owned(row.organisation_id, Resale.view_permission),
                title=joined(row.number, row.customer_name, row.title),
                body=row.note,
                facts={"number": row.number or ""},
                path=f"/resale/{row.public_id}",
            )
            for row in session.execute(query)
        ]


def joined(*texts: str | None) -> str:
    """Return the texts that there are, as one line."""
    return " · ".join(filter(None, texts))


def _lines(session: Session, line: Any, whose: Any, ids: Sequence[int]) -> dict[int, str]:
    """Return what the lines of these rows say, in one query."""
    found: dict[int, list[str]] = defaultdict(list)
    columns: Iterable[Any] = (whose, line.sku, line.name_en, line.name_zh)
    for owner, *texts in session.execute(select(*columns).where(whose.in_(ids)).order_by(whose, line.id)):
        found[owner] += texts
    return defaultdict(str, {owner: " ".join(texts) for owner, texts in found.items()})
