"""One registration through its life: submitted, decided, protected, extended, over."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.approvals.subjects import Verdict
from portal.deals.registrations import operations
from portal.deals.registrations.drafts import Draft, draft_of
from portal.deals.registrations.models import Registration
from portal.deals.registrations.operations import Evidence
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.notify.models import Notice
from tests.factories.registrations import Registrations

SALES, OTHER, MANAGER = "north.sales", "south.sales", "supplier.channel_manager"


def notices(registrations: Registrations, who: str, made: int) -> list[str]:
    """Return the kinds of notices that a person got about a registration, oldest first."""
    person, number = registrations.world.people[who], registrations.get(made).number
    query = select(Notice.kind, Notice.params).where(Notice.person_id == person, Notice.kind.like("registration%"))
    found = registrations.do("house", lambda session, _a: session.execute(query.order_by(Notice.id)).all())
    return [kind for kind, params in found if params["number"] == number]


def test_the_first_complete_submission_is_decided_and_protected(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    made = registrations.begin(SALES, customer)
    place = registrations.submit(SALES, made)
    row = registrations.get(made)
    assert (place.kind, row.state, row.standing, row.number) == (
        "review",
        "in_review",
        "review",
        f"R-{registrations.day.year}-000001",
    )
    assert row.site == "1 Harbour Road"  # the customer's address
    assert place.until == row.due_on
    registrations.decide(made, Verdict.APPROVED)
    row = registrations.get(made)
    assert (row.state, row.standing) == ("approved", "protected")
    assert row.protected_until == registrations.day + timedelta(days=90)
    assert notices(registrations, SALES, made) == []  # the approval itself tells him


def test_a_second_one_waits_in_line_and_is_refused_or_taken_up(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    first, second = registrations.register(SALES, customer), registrations.begin(OTHER, customer)
    place = registrations.submit(OTHER, second)
    assert (place.kind, place.until) == ("waiting", registrations.get(first).due_on)
    assert registrations.state(second) == "submitted"
    registrations.decide(first, Verdict.APPROVED)
    row = registrations.get(second)
    assert (row.state, row.reason) == ("rejected", "duplicate")
    elsewhere = registrations.register(SALES, customer, product_line="network")
    third = registrations.register(OTHER, customer, product_line="network")
    registrations.decide(elsewhere, Verdict.REFUSED, reason="too_early")
    assert registrations.state(elsewhere) == "rejected"
    assert registrations.state(third) == "in_review"  # it stood next
    assert notices(registrations, OTHER, third)[-1] == "registration_taken_up"


def test_a_claimed_place_is_an_answer_that_changes_nothing(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    first = registrations.approved(SALES, customer)
    second = registrations.begin(OTHER, customer)
    place = registrations.submit(OTHER, second)
    assert (place.kind, place.until) == ("claimed", registrations.get(first).protected_until)
    assert registrations.get(second).number is None
    assert registrations.state(second) == "draft"
    other_site = registrations.begin(OTHER, customer, site="2 Hill Street")
    assert registrations.submit(OTHER, other_site).kind == "review"
    own = registrations.begin(SALES, customer)
    with pytest.raises(Conflict):
        registrations.submit(SALES, own)


def test_return_answer_and_refusal(registrations: Registrations) -> None:
    made = registrations.register(SALES, registrations.customer("north"))
    registrations.decide(made, Verdict.RETURNED, note="Which building?")
    row = registrations.get(made)
    assert (row.state, row.standing, row.reason_note) == ("returned", "your_turn", "Which building?")
    place = registrations.step(SALES, made, operations.answer, "Building B.")
    assert (place.kind, registrations.state(made)) == ("review", "in_review")
    registrations.decide(made, Verdict.REFUSED, reason="tender", note="It is a tender.")
    row = registrations.get(made)
    assert (row.state, row.standing, row.reason, row.reason_note) == ("rejected", "closed", "tender", "It is a tender.")


def test_what_was_refused_may_be_handed_in_three_times_more(registrations: Registrations) -> None:
    made = registrations.register(SALES, registrations.customer("north"))
    for _ in range(3):
        registrations.decide(made, Verdict.REFUSED, reason="too_early")
        assert registrations.step(SALES, made, operations.resubmit).kind == "review"
    registrations.decide(made, Verdict.REFUSED, reason="too_early")
    with pytest.raises(Conflict):
        registrations.step(SALES, made, operations.resubmit)


def test_an_answer_that_never_comes_gives_the_place_to_the_next(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    first, second = registrations.register(SALES, customer), registrations.register(OTHER, customer)
    registrations.decide(first, Verdict.RETURNED, note="Which building?")
    registrations.pass_days(13)
    registrations.sweep()
    assert registrations.state(second) == "submitted"
    registrations.pass_days(1)
    registrations.sweep()
    assert (registrations.state(first), registrations.state(second)) == ("withdrawn", "in_review")


EDITS: list[tuple[dict[str, Any], bool]] = [
    ({"product_line": "network"}, True),
    ({"site": "2 Hill Street"}, True),
    ({"value_minor": 120_000_00}, False),
    ({"value_minor": 120_000_01}, True),
    ({"value_minor": 1}, False),
    ({"competitors": "Somebody", "note": "More to say"}, False),
    ({"site": "1 harbour road."}, False),
]


def test_an_edit_resets_the_approval_only_for_what_was_decided(registrations: Registrations) -> None:
    usual = {"product_line": "video", "closing_month": registrations.day, "value_minor": 100_000_00}
    for change, anew in EDITS:
        customer = registrations.customer("north")
        made = registrations.approved(SALES, customer, value_minor=100_000_00, site="1 Harbour Road")
        before = registrations.get(made)
        draft = Draft(customer, **{"site": "1 Harbour Road", **usual, **change})
        place = registrations.step(SALES, made, operations.edit, draft)
        row = registrations.get(made)
        assert (place is not None) is anew, change
        assert row.state == ("in_review" if anew else "approved"), change
        assert (row.protected_until is None) is anew
        assert row.version > before.version


def test_editing_while_it_is_decided(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    made, behind = registrations.register(SALES, customer), registrations.register(OTHER, customer)
    row = registrations.get(made)
    with registrations.world.database.reading(registrations.actor("house")) as session:
        seen = registrations.request(session, made).version
    registrations.step(SALES, made, operations.edit, Draft(customer, "video", registrations.day, value_minor=10**9))
    with registrations.world.database.reading(registrations.actor("house")) as session:
        request = registrations.request(session, made)
        assert request.version > seen  # whoever decides has to look again
        assert request.facts["value_minor"] == 10**9
    registrations.step(SALES, made, operations.edit, Draft(customer, "network", registrations.day))
    assert registrations.state(made) == "in_review"
    assert registrations.state(behind) == "in_review"  # the place it left
    assert registrations.get(made).submitted_at >= row.submitted_at  # type: ignore[operator]


def test_withdrawing_is_undone_for_a_day(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    first, second = registrations.register(SALES, customer), registrations.register(OTHER, customer)
    registrations.step(SALES, first, operations.withdraw)
    assert (registrations.state(first), registrations.state(second)) == ("withdrawn", "in_review")
    place = registrations.step(SALES, first, operations.undo_withdraw)
    assert (place.kind, registrations.state(first)) == ("waiting", "submitted")
    registrations.step(OTHER, second, operations.withdraw)
    assert registrations.state(first) == "in_review"
    registrations.pass_days(1)
    assert registrations.step(OTHER, second, operations.undo_withdraw).kind == "waiting"  # 24 hours to the second
    registrations.step(OTHER, second, operations.withdraw)
    registrations.pass_days(2)
    with pytest.raises(Conflict):
        registrations.step(OTHER, second, operations.undo_withdraw)
    registrations.decide(first, Verdict.APPROVED)
    with pytest.raises(Conflict):
        registrations.step(SALES, first, operations.withdraw)


def test_a_withdrawn_draft_comes_back_as_a_draft(registrations: Registrations) -> None:
    made = registrations.begin(SALES, registrations.customer("north"))
    registrations.step(SALES, made, operations.withdraw)
    assert registrations.step(SALES, made, operations.undo_withdraw).kind == "draft"
    assert registrations.state(made) == "draft"


def test_extension_with_evidence_at_most_twice(registrations: Registrations) -> None:
    made = registrations.approved(SALES, registrations.customer("north"))
    until, start = registrations.get(made).protected_until, registrations.day
    assert until is not None
    registrations.pass_days(30)
    too_early, too_late = start - timedelta(days=1), registrations.day + timedelta(days=1)
    for bad in (
        Evidence("visit", registrations.day),
        Evidence("visit", too_early, "met them"),
        Evidence("visit", too_late, "will meet"),
        Evidence("guess", start, "x"),
    ):
        with pytest.raises(Invalid):
            registrations.step(SALES, made, operations.extend, bad)
    for times in (1, 2):
        registrations.step(SALES, made, operations.extend, Evidence("visit", registrations.day, "met the director"))
        assert registrations.get(made).protected_until == until + timedelta(days=30 * times)
    with pytest.raises(Conflict):
        registrations.step(SALES, made, operations.extend, Evidence("visit", registrations.day, "met again"))


def test_reminders_come_once_and_the_end_at_the_end_of_the_last_day(registrations: Registrations) -> None:
    made = registrations.approved(SALES, registrations.customer("north"))
    before = len(notices(registrations, SALES, made))
    told = []
    for days in (75, 1, 1, 6, 1, 5, 1, 1, 1):  # on the 75th, 76th, 77th, 83rd, 84th, 89th, 90th, 91st, 92nd day
        registrations.pass_days(days)
        registrations.sweep()
        registrations.sweep()
        new = notices(registrations, SALES, made)[before:]
        told += [(kind, (registrations.day - start_of(registrations, made)).days) for kind in new]
        before += len(new)
    reminder = "registration_reminder"
    assert told == [(reminder, 76), (reminder, 83), (reminder, 89), ("registration_expired", 91)]
    assert registrations.state(made) == "expired"
    assert registrations.step(SALES, made, operations.resubmit).kind == "review"


def start_of(registrations: Registrations, made: int):
    return registrations.get(made).protected_from


def test_a_protection_that_is_over_does_not_wait_for_the_sweep(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    first = registrations.approved(SALES, customer)
    registrations.pass_days(91)
    second = registrations.begin(OTHER, customer)
    assert registrations.submit(OTHER, second).kind == "review"
    assert registrations.state(first) == "expired"


def test_a_manager_approves_a_later_one_over_an_earlier_with_a_reason(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    first, second = registrations.approved(SALES, customer), None
    second = registrations.begin(OTHER, customer)
    assert registrations.submit(OTHER, second).kind == "claimed"
    late = registrations.register(OTHER, customer, site="2 Hill Street")
    early = registrations.register(SALES, customer, site="3 Mill Lane")
    behind = registrations.register(OTHER, customer, site="3 Mill Lane")
    with pytest.raises(Invalid):
        registrations.step(MANAGER, behind, operations.override, " ")
    with pytest.raises(NotAllowed):
        registrations.step(SALES, early, operations.override, "because")
    registrations.step(MANAGER, behind, operations.override, "They asked us for a year.")
    assert (registrations.state(early), registrations.state(behind)) == ("rejected", "approved")
    registrations.step(MANAGER, early, operations.override, "We were wrong.")
    assert (registrations.state(early), registrations.get(behind).state) == ("approved", "lost")
    assert registrations.get(behind).reason == "overridden"
    assert registrations.state(late) == "in_review"
    assert registrations.state(first) == "approved"


def test_a_manager_reopens_with_a_reason(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    made = registrations.register(SALES, customer)
    registrations.decide(made, Verdict.REFUSED, reason="tender")
    assert (
        registrations.step("supplier.administrator", made, operations.reopen, "No tender after all.").kind == "review"
    )
    registrations.decide(made, Verdict.APPROVED)
    registrations.step(SALES, made, operations.lost, reason="price")
    taken = registrations.approved(OTHER, customer)
    with pytest.raises(Conflict):
        registrations.step(MANAGER, made, operations.reopen, "They came back.")
    assert registrations.state(taken) == "approved"


def test_won_and_lost_close_it_and_free_the_place(registrations: Registrations) -> None:
    customer = registrations.customer("north", "south")
    made = registrations.approved(SALES, customer)
    registrations.step(SALES, made, operations.convert)
    assert (registrations.state(made), registrations.get(made).standing) == ("converted", "protected")
    assert registrations.submit(OTHER, registrations.begin(OTHER, customer)).kind == "claimed"
    with pytest.raises(Invalid):
        registrations.step(SALES, made, operations.lost, reason="overridden")
    registrations.step(SALES, made, operations.won)
    assert registrations.state(made) == "won"
    assert registrations.register(OTHER, customer)


def test_what_is_foreign_stale_incomplete_or_wrong(registrations: Registrations) -> None:
    customer, foreign = registrations.customer("north"), registrations.customer("south", name="Foreign Clinic")
    with pytest.raises(NotFound):
        registrations.begin(SALES, foreign)
    with pytest.raises(NotAllowed):
        registrations.begin("north.engineer", customer)
    made = registrations.begin(SALES, customer, product_line="")
    with pytest.raises(Invalid, match="product line") as error:
        registrations.submit(SALES, made)
    assert error.value.field == "product_line"
    with pytest.raises(Conflict):
        registrations.step(SALES, made, operations.submit, version=99)
    for bad in ({"product_line": "rockets"}, {"value_minor": -1}, {"value_minor": 10**18}, {"value_band": "xxl"},
                {"closing_month": registrations.day - timedelta(days=40)}, {"site": "x" * 401}):  # fmt: skip
        with pytest.raises(Invalid):
            registrations.begin(SALES, customer, **bad)


def test_the_same_form_sent_twice_is_one_registration(registrations: Registrations) -> None:
    customer = registrations.customer("north")
    begin = lambda s, a: operations.begin(s, a, Draft(customer), form_key="once", **registrations.at).id  # noqa: E731
    assert registrations.do(SALES, begin) == registrations.do(SALES, begin)
    mine = select(func.count(Registration.id)).where(Registration.customer_id == customer)
    assert registrations.do("house", lambda session, _a: session.scalar(mine)) == 1


def test_a_draft_reads_back_as_it_was_said(registrations: Registrations) -> None:
    customer = registrations.customer("north")
    said = Draft(customer, "video", registrations.day.replace(day=1), "m", 123, "2 Hill Street", "Nobody", "A note")
    made = registrations.do(SALES, lambda s, a: operations.begin(s, a, said, form_key="back", **registrations.at))
    assert draft_of(made) == Draft(
        customer, "video", said.closing_month, "xs", 123, "2 Hill Street", "Nobody", "A note"
    )
