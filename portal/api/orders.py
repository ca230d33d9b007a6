"""/api/v1/orders: place an order of an issued quote, read, list, PDF."""

import hashlib
from typing import Any, Final

from flask import Response, request

from portal.api.deal_shapes import ORDER, ORDERS, day, order_shape
from portal.api.endpoint import PREFIX, Reply, actor, component, endpoint
from portal.api.problems import Problem, sentence
from portal.api.quotes import alarmed
from portal.api.schema import obj, one_of, text
from portal.api.scopes import Scope
from portal.api.shapes import DAY, ID
from portal.configurator.queries import terms_of
from portal.deals import order_operations as operations
from portal.deals import order_queries as queries
from portal.deals import queries as quotes
from portal.deals.order_forms import read_day
from portal.deals.order_models import SalesOrder
from portal.deals.order_queries import OrderFilter
from portal.deals.verifying import NotVerified
from portal.downloads import PDF, attached
from portal.errors import Invalid, NotFound
from portal.web import db, now, today
from portal.words import LOCALES, N_

READ, WRITE = Scope.ORDERS_READ, Scope.ORDERS_WRITE
NEW: Final = component(
    "NewOrder",
    obj(
        {
            "quote": ID, "purchase_number": text(60), "wanted_on": DAY, "delivery_address": text(400),
            "contact": text(200, description="name and phone"),
        },
        {"note": text(2000, least=0)},
    ),
)  # fmt: skip


def shown(row: SalesOrder, status: int = 200, location: str = "") -> Reply:
    """Return an order as an answer."""
    shape = order_shape(db(), row, queries.order_lines(db(), row.id), queries.documents(db(), row.id))
    return Reply(shape, status, location)


@endpoint("GET", "/orders", scope=READ, gives=ORDERS, summary=N_("List orders, newest first, or found by q"),
          query={"after": text(1200), "q": text(100), "by": one_of("customer", "purchase")})  # fmt: skip
def list_orders(after: str, q: str, by: str) -> Reply:
    """List orders, newest first, or found by number or the beginning of customer or purchase order number."""
    page = queries.orders(db(), OrderFilter.read(q, by, after))
    items = [
        {
            "id": row.public_id,
            "number": row.number,
            "customer": row.customer_name,
            "purchase_number": row.purchase_number,
            "wanted_on": day(row.wanted_on),
            "placed_on": day(row.placed_on),
            "currency": row.currency,
            "gross_minor": row.gross_minor,
        }
        for row in page.rows
    ]
    return Reply({"items": items, "next": page.next_after or None})


@endpoint("POST", "/orders", scope=WRITE, takes=NEW, gives=ORDER, status=201,
          summary=N_("Place an order of an issued, valid quote"))  # fmt: skip
def place_order(body: dict[str, Any]) -> Reply:
    """Place an order of an issued, valid quote."""
    row = quotes.quote(db(), body["quote"], for_update=True)
    terms = terms_of(db(), row.organisation_id)
    try:
        order = operations.place_order(db(), actor(), row, terms, _details(body), now=now(), today=today())
    except operations.AlreadyOrdered as error:
        detail = {"order": error.order.public_id, "number": error.order.number}
        raise Problem(409, "already_ordered", sentence(error.message, error.params), **detail) from None
    except operations.QuoteExpired as error:
        prices = {"before_minor": error.before.minor, "now_minor": error.now.minor if error.now else None}
        raise Problem(409, "quote_expired", error.message, currency=row.currency, **prices) from None
    except NotVerified as error:
        return alarmed(row, error)
    return shown(order, 201, f"{PREFIX}/orders/{order.public_id}")


def _details(body: dict[str, Any]) -> operations.OrderDetails:
    wanted = read_day(body["wanted_on"])
    if wanted is None:
        raise Invalid(N_("Give the day as year-month-day, for example 2026-12-24."), field="wanted_on")
    own = f"{db().info['via']} {request.headers['Idempotency-Key']}"  # the same key of another token is another one
    key = hashlib.sha256(own.encode()).hexdigest()[:30]
    return operations.OrderDetails(
        purchase_number=body["purchase_number"].strip(),
        wanted_on=wanted,
        delivery_address=" ".join(body["delivery_address"].split()),
        contact=body["contact"].strip(),
        note=body.get("note", "").strip(),
        form_key=f"api-{key}",
    )


@endpoint("GET", "/orders/<public_id>", scope=READ, gives=ORDER, summary=N_("Read an order"))
def read_order(public_id: str) -> Reply:
    """Read an order."""
    return shown(queries.order(db(), public_id))


@endpoint("GET", "/orders/<public_id>/documents/<wanted>", scope=READ, gives=PDF,
          summary=N_("Download the confirmation of an order: en or zh"))  # fmt: skip
def order_document(public_id: str, wanted: str) -> Response:
    """Download the confirmation of an order."""
    row = queries.order(db(), public_id)
    if wanted not in LOCALES:
        raise NotFound
    content, digest = queries.document_content(db(), row.id, wanted)
    return attached(content, PDF, f"{row.number}-{wanted}.pdf", digest)
