"""Pages of products."""

from datetime import date

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.catalog import queries
from portal.catalog.labels import CAPABILITIES, KINDS
from portal.catalog.pricing import LIST, book_of
from portal.catalog.queries import BookPrice
from portal.dates import business_date
from portal.paging import before_id
from portal.policy import OrganisationKind, Permission
from portal.web import db, guard, now, portal, respond, viewer

blueprint = Blueprint("catalog", __name__, url_prefix="/products")


@blueprint.get("")
@guard(Permission.PRODUCT_VIEW)
def products() -> ResponseReturnValue:
    """List what can be sold."""
    search = request.args.get("q", "").strip()[:100]
    kinds = queries.kinds(db())
    kind = request.args.get("kind", "")
    kind = kind if kind in kinds else ""
    rows = queries.products(db(), search=search, kind=kind, after_id=before_id("after"))
    page = rows[: queries.PAGE]
    return respond(
        "catalog/products.html",
        "catalog/_products.html",
        products=page,
        search=search,
        kind=kind,
        kinds=kinds,
        kind_labels=KINDS,
        next_after=page[-1].id if len(rows) > queries.PAGE else None,
    )


@blueprint.get("/<public_id>")
@guard(Permission.PRODUCT_VIEW)
def product(public_id: str) -> ResponseReturnValue:
    """Show one product: what it can do, says who, and what it costs."""
    found = queries.product(db(), public_id)
    today = business_date(now(), portal().settings.supplier_zone)
    return respond(
        "catalog/product.html",
        product=found,
        capabilities=queries.capabilities(db(), found.id),
        capability_labels=CAPABILITIES,
        kind_labels=KINDS,
        prices=_prices(found.id, today),
    )


def _prices(product_id: int, today: date) -> list[BookPrice]:
    """Return list price and, for those who may see it, the price of the own tier."""
    person = viewer()
    is_partner = person.organisation_kind is OrganisationKind.PARTNER
    books = [LIST, book_of(person.tier)] if is_partner else [LIST]
    return queries.book_prices(db(), product_id, books=books, currency=person.currency, on=today)
