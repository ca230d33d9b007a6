"""Special prices on a draft quote: within a limit at once, above it by approval; lines that change reset it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.approvals import operations as approvals
from portal.approvals.queries import of_thing
from portal.deals.lifecycle import QuoteAction, after
from portal.deals.models import Quote, QuoteLine
from portal.deals.special_price_models import LIVE, LONGEST_REASON, SpecialPrice
from portal.deals.special_pricing import fits, net_of, noted, wish
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import record
from portal.limits import bounded
from portal.money import Money, Priced, total
from portal.parameters.queries import values
from portal.policy import Actor, Permission, allows
from portal.words import N_, Text

KIND = "special_price"
STALE = N_("Somebody else changed this quote while your page was open. Look at it again.")
Kept = Mapping[int, tuple[str, int, int, int, int]]  # position: sku, quantity, list, partner and special price


def ask_special_price(
    session: Session,
    actor: Actor,
    quote: Quote,
    *,
    percent_bps: int | None,
    own: Mapping[int, int],
    reason: str,
    version: int,
    now: datetime,
    today: date,
) -> SpecialPrice:
    """Ask for special prices on a draft: a percentage on all lines, prices of single lines, or both.

    The caller holds the quote locked. Up to the set limit they hold at once; above it somebody decides, and until then
    the quote cannot be issued.
    """
    _editable(actor, quote, version)
    if live_of(session, quote.id) is not None:
        raise Conflict(N_("A special price is being decided already; withdraw that request first."))
    reason = reason.strip()
    bounded(reason, LONGEST_REASON, field="reason")
    lines = _lines(session, quote)
    wanted = wish(lines, percent_bps, own)
    asks = wanted.discount_bps > values(session)["special_price.discount_bps"]
    if asks and not reason:
        raise Invalid(N_("Say why; whoever decides reads it."), field="reason")
    base = net_of(lines, {})
    row = SpecialPrice(
        organisation_id=quote.organisation_id,
        quote_id=quote.id,
        state="pending",
        discount_bps=wanted.discount_bps,
        prices=noted(lines, wanted.prices),
        currency=quote.currency,
        net_before_minor=base,
        net_after_minor=net_of(lines, wanted.prices),
        reason=reason,
        asked_by_id=actor.person_id,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    record(session, row, "ask", now=now, after={"quote": quote.public_id, "discount": row.discount_bps})
    if not asks:
        grant(session, quote, row, now=now)
        return row
    quote.version += 1
    session.flush()
    facts = {"value_minor": base, "currency": quote.currency, "discount_bps": row.discount_bps}
    title = Text(f"{quote.title}: special price", f"{quote.title}：特价申请")
    approvals.ask(
        session, actor, kind=KIND, thing=quote, organisation_id=quote.organisation_id, facts=facts, title=title,
        now=now, today=today,
    )  # fmt: skip
    return row


def answer_special_price(
    session: Session, actor: Actor, quote: Quote, *, note: str, now: datetime, today: date
) -> SpecialPrice:
    """Answer the question with which a request was returned."""
    row = _asked(session, actor, quote)
    request = of_thing(session, quote.__tablename__, quote.id)
    assert request is not None
    approvals.answer(session, actor, request, note=note, now=now, today=today)
    row.state = "pending"
    session.flush()
    return row


def withdraw_special_price(session: Session, actor: Actor, quote: Quote, *, version: int, now: datetime) -> None:
    """Take a request back, or give granted special prices up; the partner prices hold again."""
    _editable(actor, quote, version)
    row = newest_of(session, quote.id)
    if row is None or row.state not in (*LIVE, "granted"):
        raise Conflict(N_("There is no special price to take back."))
    _end(session, actor, quote, row, "withdrawn", now=now)
    _price(session, quote, {}, now=now)
    record(session, row, "withdraw", now=now, after={"quote": quote.public_id})


def grant(session: Session, quote: Quote, row: SpecialPrice, *, now: datetime) -> None:
    """Put the special prices onto the lines; Conflict when the lines are no longer those that were meant."""
    after(quote.state, QuoteAction.EDIT)
    lines = _lines(session, quote)
    if not fits(lines, row.prices):
        raise Conflict(N_("The lines of this quote were changed after the request; it has to be asked anew."))
    row.state, row.decided_at = "granted", now
    _price(session, quote, {each["position"]: each["special_minor"] for each in row.prices}, now=now)
    record(session, quote, "special price", now=now, after={"discount": row.discount_bps, "net": quote.net_minor})


def check_settled(session: Session, quote: Quote) -> None:
    """Raise Conflict while a special price of this quote is being decided: then it cannot be issued."""
    if live_of(session, quote.id) is not None:
        raise Conflict(
            N_("A special price is being decided; the quote can be issued afterwards, or withdraw the request.")
        )


def reset(session: Session, actor: Actor, quote: Quote, *, now: datetime) -> None:
    """Drop what was asked or granted, because the deal it was for has changed; partner prices hold again."""
    row = newest_of(session, quote.id)
    lines = _lines(session, quote)
    if row is not None and row.state in (*LIVE, "granted"):
        _end(session, actor, quote, row, "reset", now=now)
        record(session, row, "reset", now=now, after={"quote": quote.public_id})
    if any(line.special_unit_minor is not None for line in lines):
        _price(session, quote, {}, now=now)


def kept(session: Session, quote: Quote) -> Kept:
    """Return the lines that bear special prices or are asked about, before a draft is filled anew."""
    return {
        line.position: (
            line.sku, line.quantity, line.list_unit_minor, line.unit_minor, line.special_unit_minor or line.unit_minor,
        )
        for line in _lines(session, quote)
    }  # fmt: skip


def settle(session: Session, actor: Actor, quote: Quote, before: Kept, *, now: datetime) -> None:
    """After a draft was filled anew: the same lines keep their special prices, others reset what was approved."""
    lines = _lines(session, quote)
    same = {line.position: (line.sku, line.quantity, line.list_unit_minor, line.unit_minor) for line in lines} == {
        position: line[:4] for position, line in before.items()
    }
    if not same:
        reset(session, actor, quote, now=now)
    elif specials := {position: line[4] for position, line in before.items() if line[4] != line[3]}:
        _price(session, quote, specials, now=now, touch=False)


def forget(session: Session, actor: Actor, quote: Quote, *, now: datetime) -> None:
    """Before a draft is thrown away: end what was asked about it, and remove it."""
    row = live_of(session, quote.id)
    if row is not None:
        _end(session, actor, quote, row, "withdrawn", now=now)
    session.flush()
    session.execute(delete(SpecialPrice).where(SpecialPrice.quote_id == quote.id))


def live_of(session: Session, quote_id: int) -> SpecialPrice | None:
    """Return the request about a quote that is being decided."""
    live = SpecialPrice.state.in_(LIVE)
    return session.scalar(select(SpecialPrice).where(SpecialPrice.quote_id == quote_id, live))


def newest_of(session: Session, quote_id: int) -> SpecialPrice | None:
    """Return the newest request about a quote."""
    query = select(SpecialPrice).where(SpecialPrice.quote_id == quote_id)
    return session.scalar(query.order_by(SpecialPrice.id.desc()).limit(1))


def _end(session: Session, actor: Actor, quote: Quote, row: SpecialPrice, state: str, *, now: datetime) -> None:
    if row.state in LIVE:
        request = of_thing(session, quote.__tablename__, quote.id)
        assert request is not None
        approvals.withdraw(session, actor, request, now=now)
    row.state = state
    session.flush()


def _price(session: Session, quote: Quote, specials: Mapping[int, int], *, now: datetime, touch: bool = True) -> None:
    """Write special prices and recompute every total; a line that is not named has its partner price."""
    money: list[Priced] = []
    for line in _lines(session, quote):
        line.special_unit_minor = specials.get(line.position)
        unit = line.unit_minor if line.special_unit_minor is None else line.special_unit_minor
        priced = Priced(line.quantity, Money(unit, quote.currency), line.tax_bps)
        line.net_minor, line.tax_minor = priced.net.minor, priced.tax.minor
        money.append(priced)
    sums = total(money, quote.currency)
    quote.net_minor, quote.tax_minor, quote.gross_minor = sums.net.minor, sums.tax.minor, sums.gross.minor
    if touch:
        quote.updated_at, quote.version = now, quote.version + 1
    session.flush()


def _editable(actor: Actor, quote: Quote, version: int) -> None:
    if not allows(actor, Permission.QUOTE_EDIT, quote):
        raise NotAllowed
    after(quote.state, QuoteAction.EDIT)
    if quote.version != version:
        raise Conflict(STALE)


def _asked(session: Session, actor: Actor, quote: Quote) -> SpecialPrice:
    if not allows(actor, Permission.QUOTE_EDIT, quote):
        raise NotAllowed
    row = live_of(session, quote.id)
    if row is None or row.state != "returned":
        raise Conflict(N_("There is no question to answer."))
    return row


def _lines(session: Session, quote: Quote) -> Sequence[Any]:
    return session.scalars(select(QuoteLine).where(QuoteLine.quote_id == quote.id).order_by(QuoteLine.position)).all()
