"""How quotes and orders look in answers: each schema beside the function that makes what fits it."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.api.endpoint import PREFIX, component
from portal.api.schema import many, nullable, obj, one_of, text
from portal.api.shapes import BOTH, COUNT, CURSOR, DAY, ID, LONG, MINOR, VERSION
from portal.configurator.models import Configuration
from portal.deals.models import DOCUMENT_STATES, QUOTE_STATES, Quote, QuoteDocument, QuoteLine
from portal.deals.order_models import OrderDocument, SalesOrder, SalesOrderLine

LINE: Final = obj(
    {
        "position": COUNT, "sku": text(60), "maker": text(80), "name": BOTH, "group": BOTH, "quantity": COUNT,
        "list_unit_minor": MINOR, "unit_minor": MINOR, "net_minor": MINOR, "tax_bps": COUNT, "tax_minor": MINOR,
    }
)  # fmt: skip
DOCUMENT: Final = obj({"locale": one_of("en", "zh"), "state": one_of(*DOCUMENT_STATES), "href": text(200)})
_TOTALS: Final = {
    "currency": text(3), "list_minor": MINOR, "net_minor": MINOR, "tax_minor": MINOR, "gross_minor": MINOR,
}  # fmt: skip
QUOTE: Final = component(
    "Quote",
    obj(
        {
            "id": ID, "number": nullable(text(40)), "revision": COUNT, "state": one_of(*QUOTE_STATES),
            "version": VERSION, "title": text(120), "note": LONG, "customer": LONG, "configuration": nullable(ID),
            "validity_days": COUNT, "issued_on": nullable(DAY), "valid_until": nullable(DAY), **_TOTALS,
            "lines": many(LINE), "documents": many(DOCUMENT, 2),
        }
    ),
)  # fmt: skip
QUOTES: Final = component(
    "Quotes",
    obj(
        {
            "items": many(
                obj(
                    {
                        "id": ID, "number": nullable(text(40)), "revision": COUNT, "state": one_of(*QUOTE_STATES),
                        "title": text(120), "customer": LONG, "currency": text(3), "gross_minor": MINOR,
                        "valid_until": nullable(DAY),
                    }
                ),
                100,
            ),
            "next": CURSOR,
        }
    ),
)  # fmt: skip
_PLACED: Final = {
    "number": text(40), "customer": LONG, "purchase_number": text(60), "wanted_on": DAY, "placed_on": DAY,
}  # fmt: skip
ORDER: Final = component(
    "Order",
    obj(
        {
            "id": ID, **_PLACED, "state": one_of("placed"), "quote": nullable(ID), "quote_number": text(40),
            "quote_revision": COUNT, "title": text(120), "delivery_address": LONG, "contact": LONG, "note": LONG,
            **_TOTALS, "lines": many(LINE), "documents": many(DOCUMENT, 2),
        }
    ),
)  # fmt: skip
ORDERS: Final = component(
    "Orders",
    obj(
        {
            "items": many(obj({"id": ID, **_PLACED, "currency": text(3), "gross_minor": MINOR}), 100),
            "next": CURSOR,
        }
    ),
)


def quote_shape(
    session: Session, row: Quote, lines: Sequence[QuoteLine], documents: Sequence[QuoteDocument]
) -> dict[str, Any]:
    """Return a quote with its lines and where its documents are."""
    configuration = session.scalar(select(Configuration.public_id).where(Configuration.id == row.configuration_id))
    names = ("number", "revision", "state", "version", "title", "note", "validity_days")
    return {
        "id": row.public_id,
        **{name: getattr(row, name) for name in names},
        "customer": row.customer_name,
        "configuration": configuration,
        "issued_on": day(row.issued_on),
        "valid_until": day(row.valid_until),
        **_totals(row),
        "lines": [_line(line) for line in lines],
        "documents": _documents(documents, f"{PREFIX}/quotes/{row.public_id}"),
    }


def order_shape(
    session: Session, row: SalesOrder, lines: Sequence[SalesOrderLine], documents: Sequence[OrderDocument]
) -> dict[str, Any]:
    """Return an order with its lines and where its documents are."""
    quote = session.scalar(select(Quote.public_id).where(Quote.id == row.quote_id))
    names = (
        "number", "state", "quote_number", "quote_revision", "title", "purchase_number", "delivery_address", "contact",
        "note",
    )  # fmt: skip
    return {
        "id": row.public_id,
        **{name: getattr(row, name) for name in names},
        "customer": row.customer_name,
        "quote": quote,
        "wanted_on": day(row.wanted_on),
        "placed_on": day(row.placed_on),
        **_totals(row),
        "lines": [_line(line) for line in lines],
        "documents": _documents(documents, f"{PREFIX}/orders/{row.public_id}"),
    }


def day(value: date | None) -> str | None:
    """Return a business date as JSON has it."""
    return value.isoformat() if value else None


def _totals(row: Quote | SalesOrder) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _TOTALS}


def _line(line: QuoteLine | SalesOrderLine) -> dict[str, Any]:
    plain = {name: getattr(line, name) for name in LINE["required"] if name not in ("name", "group")}
    texts = {"name": {"en": line.name_en, "zh": line.name_zh}, "group": {"en": line.group_en, "zh": line.group_zh}}
    return {**plain, **texts}


def _documents(documents: Sequence[QuoteDocument | OrderDocument], base: str) -> list[dict[str, Any]]:
    return [{"locale": d.locale, "state": d.state, "href": f"{base}/documents/{d.locale}"} for d in documents]
