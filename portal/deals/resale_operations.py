"""What a partner does with its own offers: begin one from an issued quote, price it, issue, revise, discard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.configurator.queries import Terms
from portal.deals.customers import names_kept
from portal.deals.letterheads import letterhead_or_usual, on_paper, remember_markup
from portal.deals.lifecycle import QuoteAction, QuoteState, after
from portal.deals.models import Quote, QuoteLine
from portal.deals.operations import lines_of, next_number
from portal.deals.resale_documents import request_resale_documents
from portal.deals.resale_models import Resale, ResaleLine
from portal.deals.reselling import Offer, sell
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.parties.queries import Called, called
from portal.policy import Actor, Permission, allows
from portal.words import N_

VALIDITY_DAYS: Final = 30
SERIES: Final = "RS"  # of resale; registrations are R
OWNED_TEXTS: Final = ("title", "note", "payment_terms", "delivery_terms")
COPIED: Final = ("group_en", "group_zh", "sku", "maker", "name_en", "name_zh", "invented", "quantity", "position")
KEPT_BY_REVISIONS: Final = (
    "organisation_id", "customer_id", "customer_name", *OWNED_TEXTS, "currency", "tax_bps", "validity_days", "basis",
    "markup_bps", "fixed_net_minor", "number",
)  # fmt: skip
REFUSALS: Final[Mapping[QuoteState, str]] = {
    QuoteState.DRAFT: N_("This offer is still a draft; issue it first."),
    QuoteState.ISSUED: N_("This offer was issued and never changes; make a revision instead."),
    QuoteState.SUPERSEDED: N_("This offer was replaced by a newer revision; use that one."),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a draft is to say and how it is priced; `own` are prices of one piece by position."""

    customer_id: int | None
    texts: Mapping[str, str]  # OWNED_TEXTS
    validity_days: int
    tax_bps: int
    basis: str
    markup_bps: int
    fixed_net_minor: int | None
    own: Mapping[int, int]


def begin_resale(session: Session, actor: Actor, quote: Quote, terms: Terms, *, now: datetime, today: date) -> Resale:
    """Begin an offer of an issued quote with the markup of last time; an open draft of the quote is simply returned."""
    if not allows(actor, Permission.QUOTE_EDIT, quote):
        raise NotAllowed
    _is_sellable(quote, today=today)
    begun = select(Resale).where(Resale.quote_id == quote.id, Resale.state == "draft", Resale.predecessor_id.is_(None))
    draft = session.scalar(begun.order_by(Resale.id.desc()).limit(1))
    if draft is not None:
        return draft
    head = letterhead_or_usual(session, terms)
    assert quote.valid_until is not None
    draft = Resale(
        organisation_id=quote.organisation_id,
        quote_id=quote.id,
        customer_id=quote.customer_id,
        customer_name=quote.customer_name,
        title=quote.title,
        payment_terms=head.payment_terms,
        delivery_terms=head.delivery_terms,
        currency=quote.currency,
        tax_bps=quote.tax_bps,
        validity_days=max(1, min(VALIDITY_DAYS, (quote.valid_until - today).days)),
        basis=head.basis,
        markup_bps=head.markup_bps,
        **_new(actor, now),
    )
    session.add(draft)
    session.flush()
    _price(session, draft, quote, own={})
    record(session, draft, "draft", now=now, after={"quote": quote.number, "revision": quote.revision})
    return draft


def edit_resale(
    session: Session, actor: Actor, resale: Resale, terms: Terms, wish: Wish, *, version: int, now: datetime
) -> None:
    """Change what a draft says and costs; raises Invalid when the prices come out impossible."""
    _edit(actor, resale, version)
    customer = _customer(session, wish.customer_id)
    before = {"basis": resale.basis, "markup": resale.markup_bps, "net": resale.net_minor}
    for key in OWNED_TEXTS:
        setattr(resale, key, wish.texts[key])
    resale.customer_id, resale.customer_name = (customer.id, customer.name) if customer else (None, "")
    resale.validity_days, resale.tax_bps = wish.validity_days, wish.tax_bps
    resale.basis, resale.markup_bps, resale.fixed_net_minor = wish.basis, wish.markup_bps, wish.fixed_net_minor
    _price(session, resale, _quote(session, resale), own=wish.own)
    remember_markup(session, terms, basis=wish.basis, markup_bps=wish.markup_bps, now=now)
    _touch(resale, now=now)
    after_ = {"basis": resale.basis, "markup": resale.markup_bps, "net": resale.net_minor}
    record(session, resale, "edit", now=now, before=before, after=after_)


def issue_resale(
    session: Session, actor: Actor, resale: Resale, terms: Terms, *, version: int, now: datetime, today: date
) -> None:
    """Freeze a draft under the letterhead as it is, number it, and have its documents made."""
    if not allows(actor, Permission.QUOTE_EDIT, resale):
        raise NotAllowed
    state = _after(resale, QuoteAction.ISSUE)
    _is_fresh(resale, version)
    customer = _customer(session, resale.customer_id)
    if customer is None:
        raise Invalid(N_("Choose the customer first; an offer is made out to somebody."), field="customer")
    quote = _quote(session, resale)
    _is_sellable(quote, today=today)
    predecessor = session.get(Resale, resale.predecessor_id) if resale.predecessor_id else None
    if predecessor is not None:
        predecessor.state = _after(predecessor, QuoteAction.SUPERSEDE)
        _touch(predecessor, now=now)
    else:
        resale.number = next_number(session, SERIES, today.year, of=resale.organisation_id)
    head = letterhead_or_usual(session, terms)
    resale.logo_id = head.logo_id
    resale.snapshot = {
        "letterhead": on_paper(head),
        "customer": names_kept(customer),
        **_told(quote),
    }
    resale.state, resale.issued_at, resale.issued_by_id = state, now, actor.person_id
    resale.issued_on, resale.valid_until = today, today + timedelta(days=resale.validity_days)
    _touch(resale, now=now)
    session.flush()
    request_resale_documents(session, resale, now=now)
    record(session, resale, "issue", now=now, after={"number": resale.number, "revision": resale.revision})


def revise_resale(session: Session, actor: Actor, resale: Resale, *, now: datetime, today: date) -> Resale:
    """Begin the next revision of an issued offer, from the newest revision of its quote; an open one is returned."""
    if not allows(actor, Permission.QUOTE_EDIT, resale):
        raise NotAllowed
    _after(resale, QuoteAction.REVISE)
    begun = session.scalar(select(Resale).where(Resale.predecessor_id == resale.id))
    if begun is not None:
        return begun
    old = _quote(session, resale)
    newest = select(Quote).where(Quote.number == old.number, Quote.state == "issued").order_by(Quote.revision.desc())
    quote = session.scalar(newest.limit(1)) or old
    _is_sellable(quote, today=today)
    own = {line.sku: line.unit_minor for line in resale_lines(session, resale) if line.own_price}
    copy = Resale(
        **{column: getattr(resale, column) for column in KEPT_BY_REVISIONS},
        quote_id=quote.id,
        predecessor_id=resale.id,
        revision=resale.revision + 1,
        **_new(actor, now),
    )
    session.add(copy)
    session.flush()
    prices = {line.position: own[line.sku] for line in lines_of(session, quote) if line.sku in own}
    _price(session, copy, quote, own=prices)
    record(session, copy, "revise", now=now, after={"number": resale.number, "revision": copy.revision})
    return copy


def discard_resale(session: Session, actor: Actor, resale: Resale, *, version: int, now: datetime) -> None:
    """Throw a draft away, lines and all; the history keeps that it was there."""
    _edit(actor, resale, version)
    record(session, resale, "discard", now=now, before={"title": resale.title, "net": resale.net_minor})
    session.execute(delete(ResaleLine).where(ResaleLine.resale_id == resale.id))
    session.execute(delete(Resale).where(Resale.id == resale.id))


def resale_lines(session: Session, resale: Resale) -> list[ResaleLine]:
    """Return the lines of an offer in order."""
    query = select(ResaleLine).where(ResaleLine.resale_id == resale.id).order_by(ResaleLine.position)
    return list(session.scalars(query))


def _price(session: Session, resale: Resale, quote: Quote, *, own: Mapping[int, int]) -> None:
    """Write the lines anew from those of the quote."""
    bought = lines_of(session, quote)
    offer = Offer(resale.basis, resale.markup_bps, resale.tax_bps, own, resale.fixed_net_minor)
    sold = sell(bought, offer)
    session.execute(delete(ResaleLine).where(ResaleLine.resale_id == resale.id))
    session.add_all(_lines(resale, bought, sold))
    resale.net_minor = sum(line.net_minor for line in sold)
    resale.tax_minor = sum(line.tax_minor for line in sold)
    resale.gross_minor = resale.net_minor + resale.tax_minor
    session.flush()


def _lines(resale: Resale, bought: Sequence[QuoteLine], sold: Sequence[Any]) -> list[ResaleLine]:
    return [
        ResaleLine(
            organisation_id=resale.organisation_id,
            resale_id=resale.id,
            quote_line_id=line.id,
            tax_bps=resale.tax_bps,
            own_price=money.own_price,
            unit_minor=money.unit_minor,
            net_minor=money.net_minor,
            tax_minor=money.tax_minor,
            **{column: getattr(line, column) for column in COPIED},
        )
        for line, money in zip(bought, sold, strict=True)
    ]


def _told(quote: Quote) -> dict[str, Any]:
    """Return what an offer tells of its quote: the site and the assumptions, nothing about prices or terms."""
    return {key: quote.snapshot.get(key, []) for key in ("configuration", "assumptions", "members")}


def _is_sellable(quote: Quote, *, today: date) -> None:
    if quote.state == QuoteState.DRAFT:
        raise Conflict(N_("This quote is still a draft; issue it first."))
    if quote.state == QuoteState.SUPERSEDED:
        raise Conflict(N_("This quote was replaced by a newer revision; use that one."))
    if quote.valid_until is not None and quote.valid_until < today:
        raise Conflict(N_("The prices of this quote are no longer valid. Make a revision of the quote first."))


def _quote(session: Session, resale: Resale) -> Quote:
    found = session.scalar(select(Quote).where(Quote.id == resale.quote_id))
    if found is None:
        raise Conflict(N_("The quote of this offer went to another partner together with its customer."))
    return found


def _new(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"snapshot": {}, "created_by_id": actor.person_id, "created_at": now, "updated_at": now}


def _customer(session: Session, customer_id: int | None) -> Called | None:
    return called(session, customer_id) if customer_id is not None else None


def _after(resale: Resale, action: QuoteAction) -> QuoteState:
    try:
        return after(resale.state, action)
    except Conflict:
        raise Conflict(REFUSALS[QuoteState(resale.state)]) from None


def _edit(actor: Actor, resale: Resale, version: int) -> None:
    if not allows(actor, Permission.QUOTE_EDIT, resale):
        raise NotAllowed
    _after(resale, QuoteAction.EDIT)
    _is_fresh(resale, version)


def _is_fresh(resale: Resale, version: int) -> None:
    if resale.version != version:
        raise Conflict(N_("Somebody else changed this offer while your page was open. Look at it again."))


def _touch(resale: Resale, *, now: datetime) -> None:
    resale.updated_at = now
    resale.version += 1
