"""Placing an order: an issued, valid quote becomes a frozen order, checked once more by python-constraint2."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.installing import Piece, expect_items, site_at
from portal.configurator.engines import engine
from portal.configurator.queries import Terms
from portal.deals.lifecycle import QuoteAction, after
from portal.deals.models import Quote, QuoteLine
from portal.deals.operations import lines_of, next_number
from portal.deals.order_documents import request_confirmation
from portal.deals.order_models import SalesOrder, SalesOrderLine
from portal.deals.registrations.following import order_placed, subject_of
from portal.deals.repricing import PricesChanged, check_prices
from portal.deals.verifying import check_configuration
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.money import Money
from portal.parties.models import name_key
from portal.policy import Actor, Permission, allows
from portal.words import N_

SERIES = "O"
COPIED = (
    "organisation_id", "configuration_id", "customer_id", "customer_name", "customer_key", "title", "currency",
    "tax_mode", "tax_bps", "list_minor", "net_minor", "tax_minor", "gross_minor",
)  # fmt: skip
LINE_COPIED = (
    "organisation_id", "position", "group_en", "group_zh", "product_id", "sku", "maker", "name_en", "name_zh",
    "invented", "quantity", "list_unit_minor", "unit_minor", "special_unit_minor", "tax_bps", "list_minor", "net_minor",
    "tax_minor",
)  # fmt: skip
PRINTED = ("supplier", "partner", "customer", "rules", "prices", "members")  # of the quote's snapshot
LAST_YEARS = 5  # a wanted date beyond is a typing error


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """What the buyer says; `form_key` is that of the form, so that a double click is one order."""

    purchase_number: str
    wanted_on: date
    delivery_address: str
    contact: str
    note: str
    form_key: str


class AlreadyOrdered(Conflict):
    """There is an order of this quote."""

    def __init__(self, order: SalesOrder) -> None:
        super().__init__(N_("This quote was ordered already, as %(number)s."), number=order.number)
        self.order = order


class QuoteExpired(Conflict):
    """The last day of the quote is over; `now` is what its lines cost today, None when one is not sold any more."""

    def __init__(self, before: Money, now: Money | None) -> None:
        super().__init__(
            N_("This quote is no longer valid, so its prices do not hold. Make a revision with today's prices.")
        )
        self.before, self.now = before, now


def place_order(
    session: Session, actor: Actor, quote: Quote, terms: Terms, details: OrderDetails, *, now: datetime, today: date
) -> SalesOrder:
    """Order what an issued quote says; the same form sent again gives the same order.

    The caller holds the quote locked. Raises AlreadyOrdered, QuoteExpired, NotVerified (the caller raises the alarm),
    Conflict, Invalid or NotAllowed.
    """
    if not allows(actor, Permission.ORDER_PLACE, quote):
        raise NotAllowed
    there = order_of(session, quote.id)
    if there is not None:
        if there.form_key == details.form_key:
            return there
        raise AlreadyOrdered(there)
    check_orderable(session, actor, quote, terms, today=today)
    _check_wanted(details.wanted_on, today)
    lines = lines_of(session, quote)
    check_configuration(quote, lines, engine(session, quote.rule_revision_id))
    assert quote.customer_id is not None  # no quote is issued without a customer
    site = site_at(
        session, quote.organisation_id, quote.customer_id, name=quote.customer_name, address=details.delivery_address
    )
    order = _order(session, actor, quote, details, site.id, len(lines), now=now, today=today)
    items = expect_items(session, site, _pieces(session, order, quote, lines), configuration_id=quote.configuration_id)
    request_confirmation(session, order, now=now)
    after_ = {"number": order.number, "quote": quote.public_id, "gross": order.gross_minor, "items": items}
    record(session, order, "place", now=now, after=after_)
    order_placed(session, **subject_of(quote), now=now, today=today)
    return order


def order_of(session: Session, quote_id: int) -> SalesOrder | None:
    """Return the order of a quote that the actor may see."""
    return session.scalar(select(SalesOrder).where(SalesOrder.quote_id == quote_id))


def check_orderable(session: Session, actor: Actor, quote: Quote, terms: Terms, *, today: date) -> None:
    """Raise Conflict or QuoteExpired unless a quote may be ordered today."""
    after(quote.state, QuoteAction.ORDER)
    if quote.valid_until is not None and today > quote.valid_until:
        raise QuoteExpired(Money(quote.net_minor, quote.currency), _net_today(session, actor, quote, terms, today))


def _net_today(session: Session, actor: Actor, quote: Quote, terms: Terms, today: date) -> Money | None:
    """Return what the lines of a quote cost today before tax."""
    try:
        check_prices(session, actor, quote, lines_of(session, quote), terms, today=today)
    except PricesChanged as changed:
        return changed.now
    return Money(quote.net_minor, quote.currency)


def _check_wanted(wanted: date, today: date) -> None:
    if wanted < today:
        raise Invalid(N_("This day is over; choose today or a later one."), field="wanted_on")
    if wanted.year > today.year + LAST_YEARS:
        raise Invalid(N_("At most %(years)d years from now."), field="wanted_on", years=LAST_YEARS)


def _order(
    session: Session,
    actor: Actor,
    quote: Quote,
    details: OrderDetails,
    site_id: int,
    line_count: int,
    *,
    now: datetime,
    today: date,
) -> SalesOrder:
    order = SalesOrder(
        **{column: getattr(quote, column) for column in COPIED},
        number=next_number(session, SERIES, today.year),
        form_key=details.form_key,
        quote_id=quote.id,
        quote_number=quote.number,
        quote_revision=quote.revision,
        site_id=site_id,
        purchase_number=details.purchase_number,
        purchase_key=name_key(details.purchase_number),
        wanted_on=details.wanted_on,
        delivery_address=details.delivery_address,
        contact=details.contact,
        note=details.note,
        line_count=line_count,
        snapshot={key: quote.snapshot[key] for key in PRINTED if key in quote.snapshot},
        placed_on=today,
        placed_at=now,
        placed_by_id=actor.person_id,
    )
    session.add(order)
    session.flush()
    return order


def _pieces(session: Session, order: SalesOrder, quote: Quote, lines: list[QuoteLine]) -> list[Piece]:
    """Copy the lines into the order; return the pieces they bring with the line of the configuration behind them."""
    copies = [SalesOrderLine(order_id=order.id, **{key: getattr(line, key) for key in LINE_COPIED}) for line in lines]
    session.add_all(copies)
    session.flush()
    rules = [
        str(part["rule"])[:60] for part in quote.snapshot["bill"]
    ]  # the verified bill is in the order of the lines
    return [Piece(copy.product_id, copy.quantity, copy.id, rule) for copy, rule in zip(copies, rules, strict=True)]
