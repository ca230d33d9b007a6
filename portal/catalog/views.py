"""Pages of products."""

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.catalog import listing, queries
from portal.catalog.chips import address_of, chips_of, field_names, offers
from portal.catalog.display import grouped, names
from portal.catalog.facets import facets_of, place_of
from portal.catalog.filters import OFFERS, read_filter
from portal.catalog.listing import MOST_COUNTED, Prices
from portal.catalog.pricing import LIST, REGISTERED, book_of
from portal.catalog.queries import BookPrice
from portal.policy import OrganisationKind, Permission
from portal.web import db, guard, locale, respond, today, viewer

blueprint = Blueprint("catalog", __name__, url_prefix="/products")


@blueprint.get("")
@guard(Permission.PRODUCT_VIEW)
def products() -> ResponseReturnValue:
    """List products as the address asks: what is for sale, what is only known, what is no longer sold."""
    person, known = viewer(), names(locale())
    there = listing.shelves(db(), OFFERS.get(request.args.get("offer", ""), "sold"))
    wanted = read_filter(request.args, kinds=there.kinds, makers=there.makers, currency=person.currency)
    prices = Prices(_own_book(), person.currency, today())
    found = listing.products_page(db(), wanted, prices, locale())
    return respond(
        "catalog/products.html",
        "catalog/_catalogue.html",
        found=found,
        wanted=wanted,
        there=there,
        kinds=sorted(there.kinds.items(), key=lambda item: place_of(item[0])),
        facets=facets_of(wanted.kind),
        chips=chips_of(wanted, known, person.currency),
        fields=field_names(locale()),
        offers=offers(locale()),
        elsewhere=address_of(wanted.params() | {"offer": "known"}) if not wanted.offer else None,
        names=known,
        own_price=prices.book != LIST,
        next_page=address_of(wanted.params() | {"after": found.next_after}) if found.next_after else None,
        first_page=address_of(wanted.params()),
        most_counted=MOST_COUNTED,
    )


@blueprint.get("/<public_id>")
@guard(Permission.PRODUCT_VIEW)
def product(public_id: str) -> ResponseReturnValue:
    """Show one product: what it can do, says who, what it costs, what it fits with."""
    found, known = queries.product(db(), public_id), names(locale())
    said = queries.capabilities(db(), found.id)
    return respond(
        "catalog/product.html",
        product=found,
        groups=grouped(found.kind, said, known),
        sources=list(dict.fromkeys(row.source for row in said)),
        sheets=queries.sheets(db(), found.id),
        fitting=queries.fitting(db(), found),
        prices=_prices(found.id),
        names=known,
        own_book=_own_book(),
    )


def _own_book() -> str:
    """Return the book whose price the reader pays."""
    person = viewer()
    buys = person.organisation_kind is OrganisationKind.PARTNER and person.actor.can(Permission.PRICE_PARTNER)
    return book_of(person.tier) if buys else LIST


def _prices(product_id: int) -> list[BookPrice]:
    """Return the list price; to a partner the price of his tier, to those of the house who may see them all."""
    person = viewer()
    books: dict[str, Any] = dict.fromkeys((LIST, _own_book()))
    if person.organisation_kind is OrganisationKind.SUPPLIER and person.actor.can(Permission.PRICE_PARTNER):
        books = dict.fromkeys((LIST, "silver", "gold", REGISTERED))
    return queries.book_prices(db(), product_id, books=list(books), currency=person.currency, on=today())
