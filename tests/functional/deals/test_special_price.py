"""Special prices on quotes: within the limit at once, above it by approval, exact totals, and what resets them."""

import threading
from typing import Any

import pytest
from sqlalchemy import select

from portal.approvals import deciding
from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Verdict
from portal.configurator.queries import terms_of
from portal.dates import business_date
from portal.db import ScopedSession
from portal.deals import operations, special_price
from portal.deals.models import Quote, QuoteLine
from portal.deals.queries import quote as quote_of
from portal.deals.special_price_models import SpecialPrice
from portal.errors import Conflict, Invalid, NotAllowed, PortalError
from portal.money import Money, Priced, total
from portal.parameters import operations as parameters
from portal.policy import SYSTEM
from portal.wiring import install
from tests.factories.deals import Deals
from tests.factories.world import World

SALES, MANAGER = "north.sales", "supplier.channel_manager"


@pytest.fixture
def deals(world: World) -> Deals:
    """Catalogue, rules, and the real subjects."""
    install()
    return Deals.open(world)


def times(world: World) -> dict[str, Any]:
    return {"now": world.now, "today": business_date(world.now, "Asia/Shanghai")}


def ask(world: World, key: str, percent: int | None = None, reason: str = "Competitor", **own: int) -> None:
    actor = world.actor(SALES)
    with world.database.writing(actor) as session:
        row = quote_of(session, key, for_update=True)
        prices = {int(position[1:]): minor for position, minor in own.items()}
        special_price.ask_special_price(
            session, actor, row, percent_bps=percent, own=prices, reason=reason, version=row.version, **times(world)
        )


def decide(world: World, key: str, verdict: Verdict, who: str = MANAGER, **said: str) -> None:
    actor = world.actor(who)
    with world.database.writing(actor) as session:
        row = session.scalars(select(ApprovalRequest).where(ApprovalRequest.thing_public_id == key)
                              .order_by(ApprovalRequest.id.desc()).limit(1)).one()  # fmt: skip
        deciding.decide(session, actor, row, verdict, version=row.version, **said, **times(world))


def does(world: World, key: str, act: Any, who: str = SALES, **more: Any) -> None:
    actor = world.actor(who)
    with world.database.writing(actor) as session:
        row = quote_of(session, key, for_update=True)
        act(session, actor, row, version=row.version, **more)


def issue(world: World, key: str) -> None:
    actor = world.actor(SALES)
    with world.database.writing(actor) as session:
        row = quote_of(session, key, for_update=True)
        terms = terms_of(session, row.organisation_id)
        operations.issue_quote(session, actor, row, terms, version=row.version, **times(world))


def refresh(world: World, key: str) -> None:
    actor = world.actor(SALES)
    with world.database.writing(actor) as session:
        row = quote_of(session, key, for_update=True)
        terms = terms_of(session, row.organisation_id)
        operations.refresh_quote(session, actor, row, terms, version=row.version, **times(world))


def look(world: World, key: str) -> tuple[Quote, list[QuoteLine], str]:
    with world.database.reading(SYSTEM) as session:
        row = quote_of(session, key)
        newest = special_price.newest_of(session, row.id)
        return row, operations.lines_of(session, row), newest.state if newest else ""


def adds_up(row: Quote, lines: list[QuoteLine]) -> bool:
    """Whether every line and the totals are what the special prices, or else the partner prices, come to."""
    priced = [
        Priced(line.quantity, Money(line.special_unit_minor or line.unit_minor, row.currency), line.tax_bps)
        for line in lines
    ]
    sums = total(priced, row.currency)
    exact = all(
        line.net_minor == one.net.minor and line.tax_minor == one.tax.minor
        for line, one in zip(lines, priced, strict=True)
    )
    return exact and (row.net_minor, row.tax_minor, row.gross_minor) == (
        sums.net.minor,
        sums.tax.minor,
        sums.gross.minor,
    )


def test_a_revision_has_the_lines_that_were_issued(world: World, deals: Deals) -> None:
    key = deals.draft(SALES)
    ask(world, key, 1000, reason="")
    issue(world, key)
    row, lines, _state = look(world, key)
    actor = world.actor(SALES)
    with world.database.writing(actor) as session:
        made = operations.revise_quote(session, actor, quote_of(session, key), now=world.now).public_id
    copy, copies, _none = look(world, made)
    assert adds_up(copy, copies)
    assert (copy.state, copy.net_minor) == ("draft", row.net_minor)
    prices = [(line.unit_minor, line.special_unit_minor) for line in lines]
    assert [(line.unit_minor, line.special_unit_minor) for line in copies] == prices


def test_within_and_above_the_limit(world: World, deals: Deals) -> None:
    """Ten per cent hold at once; more waits, stops issuing, and then stands on the issued quote to the last fen."""
    key = deals.draft(SALES)
    before = look(world, key)[0].net_minor
    ask(world, key, 1000, reason="")
    row, lines, state = look(world, key)
    assert state == "granted"
    assert adds_up(row, lines)
    assert before * 89 < row.net_minor * 100 < before * 91
    with pytest.raises(Invalid):
        ask(world, key, 1001, reason=" ")
    ask(world, key, 2000)
    with pytest.raises(Conflict):
        issue(world, key)
    with pytest.raises(Conflict):
        ask(world, key, 500)
    assert look(world, key)[0].net_minor == row.net_minor  # nothing yet
    decide(world, key, Verdict.APPROVED)
    row, lines, state = look(world, key)
    assert state == "granted"
    assert adds_up(row, lines)
    assert all(line.special_unit_minor == (line.unit_minor * 8000 + 5000) // 10000 for line in lines)
    refresh(world, key)  # the same lines and prices: what was approved holds
    row, lines, state = look(world, key)
    assert state == "granted"
    assert lines[0].special_unit_minor is not None
    assert adds_up(row, lines)
    issue(world, key)
    row, lines, _state = look(world, key)
    assert row.state == "issued"
    assert lines[0].special_unit_minor is not None
    with pytest.raises(Conflict):
        ask(world, key, 500)


def test_lines_returns_refusals_and_resets(world: World, deals: Deals) -> None:
    """One line's price; a question and its answer; a refusal; another customer or other lines end what was granted."""
    key = deals.draft(SALES)
    _row, lines, _state = look(world, key)
    first = lines[0]
    for wrong in (first.unit_minor, first.unit_minor + 1, 1):
        with pytest.raises(Invalid):
            ask(world, key, None, **{f"p{first.position}": wrong})
    half = {f"p{first.position}": first.unit_minor // 2}
    ask(world, key, None, **half)
    decide(world, key, Verdict.RETURNED, note="Which competitor?")
    assert look(world, key)[2] == "returned"
    with pytest.raises(Conflict):
        issue(world, key)
    actor = world.actor(SALES)
    with world.database.writing(actor) as session:
        row = quote_of(session, key, for_update=True)
        special_price.answer_special_price(session, actor, row, note="That one.", **times(world))
    with pytest.raises(NotAllowed):
        does(world, key, special_price.withdraw_special_price, who=MANAGER, now=world.now)
    decide(world, key, Verdict.APPROVED)  # half off: a second person as well
    assert look(world, key)[2] == "pending"
    with pytest.raises(NotAllowed):
        decide(world, key, Verdict.APPROVED)
    decide(world, key, Verdict.APPROVED, who="supplier.approver")
    row, lines, state = look(world, key)
    assert state == "granted"
    assert [line.special_unit_minor for line in lines].count(None) == len(lines) - 1
    assert adds_up(row, lines)
    its = {"title": row.title, "note": "", "validity_days": 30, "now": world.now}
    does(world, key, operations.edit_quote, customer_id=row.customer_id, **its)
    assert look(world, key)[2] == "granted"
    does(world, key, operations.edit_quote, customer_id=None, **its)
    row, lines, state = look(world, key)
    assert state == "reset"
    assert all(line.special_unit_minor is None for line in lines)
    assert adds_up(row, lines)
    ask(world, key, 3000)
    decide(world, key, Verdict.REFUSED, reason="margin")
    assert look(world, key)[2] == "refused"
    ask(world, key, 2000)
    with world.database.writing(SYSTEM) as session:
        line = session.scalars(select(QuoteLine).limit(1)).one()
        line.quantity += 1
    with pytest.raises(Conflict):
        decide(world, key, Verdict.APPROVED)  # the lines are not those that were meant
    refresh(world, key)
    row, lines, state = look(world, key)
    assert state == "reset"
    assert adds_up(row, lines)
    with world.database.reading(SYSTEM) as session:
        newest = session.scalars(select(ApprovalRequest).order_by(ApprovalRequest.id.desc()).limit(1)).one()
        assert newest.state == "withdrawn"
    ask(world, key, 3000)
    does(world, key, operations.discard_quote, now=world.now)
    with world.database.reading(SYSTEM) as session:
        assert session.scalars(select(SpecialPrice)).all() == []
        assert {row.state for row in session.scalars(select(ApprovalRequest))} == {"approved", "refused", "withdrawn"}


def test_the_limit_is_a_setting(world: World, deals: Deals) -> None:
    """Set to nothing, every discount is decided."""
    administrator = world.actor("supplier.administrator")
    with world.database.writing(administrator) as session:
        parameters.change(session, administrator, "special_price.discount_bps", 0, now=world.now)
    key = deals.draft(SALES)
    ask(world, key, 1)
    assert look(world, key)[2] == "pending"
    does(world, key, special_price.withdraw_special_price, now=world.now)
    assert look(world, key)[2] == "withdrawn"
    issue(world, key)


def test_approval_and_issue_at_once(world: World, deals: Deals) -> None:
    """Whoever is first, the lines and totals fit the state: no quote is issued with prices half decided."""
    key = deals.draft(SALES)
    ask(world, key, 2000)
    seller, manager = world.actor(SALES), world.actor(MANAGER)
    stale = look(world, key)[0].version
    start, outcomes = threading.Barrier(3), []

    def run(who: Any, work: Any) -> None:
        start.wait()
        try:
            world.database.write(who, work)
            outcomes.append("done")
        except PortalError as error:
            outcomes.append(type(error).__name__)

    def approve(session: ScopedSession) -> None:
        row = session.scalars(select(ApprovalRequest)).one()
        deciding.decide(session, manager, row, Verdict.APPROVED, version=row.version, **times(world))

    def take(session: ScopedSession) -> None:
        row = quote_of(session, key, for_update=True)
        terms = terms_of(session, row.organisation_id)
        operations.issue_quote(session, seller, row, terms, version=stale, **times(world))

    def back(session: ScopedSession) -> None:
        row = quote_of(session, key, for_update=True)
        special_price.withdraw_special_price(session, seller, row, version=stale, now=world.now)

    threads = [threading.Thread(target=run, args=each) for each in ((manager, approve), (seller, take), (seller, back))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    row, lines, state = look(world, key)
    assert adds_up(row, lines)
    assert (state, row.state, all(line.special_unit_minor is not None for line in lines)) in {
        ("granted", "draft", True), ("withdrawn", "draft", False), ("withdrawn", "issued", False),
    }, outcomes  # fmt: skip
    assert outcomes.count("done") >= 1
