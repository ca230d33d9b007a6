"""Asking and deciding: steps, groups, four eyes, absences, and every action in every state."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import NoResultFound

from portal.accounts import operations as accounts
from portal.accounts.models import Person
from portal.approvals import absences, deciding, operations
from portal.approvals.clock import number_for
from portal.approvals.lifecycle import Action, State, can
from portal.approvals.models import ApprovalEvent
from portal.approvals.people import deciders
from portal.approvals.queries import happened, median_seconds, waiting
from portal.approvals.rounds import AlreadyDecided, holders, seats_of
from portal.approvals.standing import standing
from portal.approvals.subjects import Verdict, subject_of
from portal.approvals.sweeps import escalate
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.formats import translations
from portal.home.notices import sentence
from portal.notify.models import Notice
from portal.parameters.models import ParameterValue
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor, Role
from portal.words import LOCALES, Text
from tests.factories.approvals import TITLE, Desk, found, step
from tests.factories.world import World

APPROVER, MANAGER = "supplier.approver", "supplier.channel_manager"
REFUSED, RETURNED = Verdict.REFUSED, Verdict.RETURNED


def waits_for(desk: Desk, who: str) -> list[str]:
    with desk.world.database.reading(desk.world.actor(who)) as session:
        return [row.public_id for row in waiting(session, **desk.at).rows]


def notices(desk: Desk, who: str) -> list[str]:
    with desk.world.database.reading(SYSTEM) as session:
        query = select(Notice.kind).where(Notice.person_id == desk.world.people[who]).order_by(Notice.id)
        return list(session.scalars(query))


def test_a_request_goes_through_its_steps(world: World) -> None:
    """Two steps, the second only for much money; each is told, the subject hears of it once, the history is whole."""
    large = step("large", ask=["approver"], when={"value": {"from": {"CNY": 1000}}})
    desk = Desk.open(world, step("first", ask=["channel_manager"]), large)
    key = desk.ask(value_minor=1000, currency="CNY")
    assert waits_for(desk, MANAGER) == [key]
    assert waits_for(desk, APPROVER) == []
    with pytest.raises(NotAllowed):
        desk.decide(APPROVER, key)
    desk.now += timedelta(hours=2)
    desk.decide(MANAGER, key, note="fine")
    assert (desk.row(key).state, desk.row(key).step, desk.papers.told) == ("in_review", 1, [])
    assert waits_for(desk, APPROVER) == [key]
    desk.decide(APPROVER, key)
    row = desk.row(key)
    assert (row.state, row.took_seconds, row.due_at) == ("approved", 7200, None)
    assert [(thing, outcome.verdict) for thing, outcome in desk.papers.told] == [(1, Verdict.APPROVED)]
    assert notices(desk, MANAGER) == ["approval_asked"]
    assert notices(desk, "north.sales") == ["approval_approved"]
    with world.database.reading(world.actor("north.sales")) as session:
        assert [(line.person, line.action) for line in happened(session, found(session, key))] == [
            ("sales of north", "ask"), ("channel_manager of supplier", "endorse"), ("approver of supplier", "approve"),
        ]  # fmt: skip
    small = desk.ask(2, value_minor=999, currency="CNY")
    desk.decide(MANAGER, small)
    assert desk.row(small).state == "approved"
    unknown = desk.ask(3, value_minor=1, currency="USD")  # a limit nobody set for dollars asks for more, not for less
    assert len(desk.row(unknown).route) == 2


def test_automatic_approval_and_changed_definitions(world: World) -> None:
    """Below the limit nobody is asked; a changed definition holds for new requests only."""
    below = [{"when": {"value": {"below": {"CNY": 500}}}, "because": {"en": "Small.", "zh": "小额。"}}]
    desk = Desk.open(world, step(), automatic=below)
    key = desk.ask(value_minor=499, currency="CNY")
    row = desk.row(key)
    assert (row.state, row.automatic, row.decided_by_id, row.note) == ("approved", True, None, "Small.")
    assert [outcome.verdict for _thing, outcome in desk.papers.told] == [Verdict.APPROVED]
    for facts in ({"value_minor": 500, "currency": "CNY"}, {"value_minor": 1, "currency": "EUR"}, {}):
        open_one = desk.ask(10 + len(facts) + facts.get("value_minor", 0), **facts)
        assert desk.row(open_one).state == "in_review", facts
    desk.define(step("other", ask=["channel_manager"]))
    desk.decide(APPROVER, open_one)  # as it was when it was asked
    later = desk.ask(99, value_minor=1, currency="CNY")
    assert desk.row(later).route[0]["key"] == "other"
    with pytest.raises(NotAllowed):
        desk.decide(APPROVER, later)


def test_all_of_a_group(world: World) -> None:
    """Everybody approves once; one refusal is enough; a person holds one place only."""
    with world.database.writing(SYSTEM) as session:
        world.add_person(session, "supplier", Role.APPROVER, ".two")
    second = world.emails["supplier.approver.two"]
    desk = Desk.open(world, step(mode="all", ask=["channel_manager", second]))
    key = desk.ask()
    desk.decide(MANAGER, key)
    assert desk.row(key).state == "in_review"
    assert waits_for(desk, MANAGER) == []
    with pytest.raises(NotAllowed):
        desk.decide(MANAGER, key)
    with pytest.raises(NotAllowed):
        desk.decide(APPROVER, key)
    desk.decide("supplier.approver.two", key)
    assert desk.row(key).state == "approved"
    other = desk.ask(2)
    with pytest.raises(Invalid):
        desk.decide(MANAGER, other, REFUSED)
    desk.decide(MANAGER, other, REFUSED, reason="duplicate", note="See B")
    assert (desk.row(other).state, desk.row(other).reason) == ("refused", "duplicate")
    with world.database.reading(SYSTEM) as session:
        told = session.scalars(select(Notice).where(Notice.kind == "approval_refused")).one()
        reason = subject_of(desk.row(other).kind).reasons["duplicate"]
        for locale in LOCALES:
            said = sentence(told.kind, told.params, locale)
            assert said.endswith(f"{translations(locale).gettext(reason)}: See B")


def test_second_eyes_are_other_eyes(world: World) -> None:
    """Who approved a step takes no part in the next one, and with two roles fills one place only."""
    both = ["approver", "channel_manager"]
    desk = Desk.open(world, step("one", ask=both), step("two", ask=both, mode="all"))
    with world.database.writing(SYSTEM) as session:
        accounts.set_roles(
            session, session.get_one(Person, world.people[MANAGER]), [Role.CHANNEL_MANAGER, Role.APPROVER]
        )
    key = desk.ask()
    desk.decide(APPROVER, key)
    assert waits_for(desk, APPROVER) == []
    with pytest.raises(NotAllowed, match="already"):
        desk.decide(APPROVER, key)
    desk.decide(MANAGER, key)
    assert desk.row(key).state == "in_review"
    with pytest.raises(NotAllowed, match="already"):
        desk.decide(MANAGER, key)


def test_nobody_decides_for_himself(world: World) -> None:
    """Not a partner, not the maker after he moved over, not a second account, not a contact, not who edited it."""
    desk = Desk.open(world, step(ask=["approver", "channel_manager"]))
    key = desk.ask()
    for who in ("north.owner", "north.sales", "supplier.executive", "supplier.administrator"):
        with pytest.raises(NotAllowed):
            desk.decide(who, key)
    with pytest.raises(NoResultFound):
        desk.decide("south.owner", key)
    owner, grants = world.actor("north.owner"), world.actor(APPROVER).grants
    with pytest.raises(NotAllowed, match="own organisation"):  # whatever rights he might have
        desk.decide(Actor(owner.person_id, owner.organisation_id, grants), key)
    with world.database.writing(SYSTEM) as session:
        person = session.get_one(Person, world.people[APPROVER])
        person.email = "somebody+deals@example.com"
        asker = session.get_one(Person, world.people["north.sales"])
        before, asker.email = asker.email, "Somebody@example.com".lower()
    with pytest.raises(NotAllowed, match="made or changed"):
        desk.decide(APPROVER, key)
    assert waits_for(desk, APPROVER) == []
    with world.database.writing(SYSTEM) as session:
        session.get_one(Person, world.people["north.sales"]).email = before
        its = {"employer_id": world.organisations["north"], "email": "somebody@example.com", "created_at": world.now}
        session.add(Party(kind="contact", name="Some Body", name_key="some body", **its))
    with pytest.raises(NotAllowed, match="contact"):
        desk.decide(APPROVER, key)
    with world.database.writing(SYSTEM) as session:  # the asker himself moves to the supplier and becomes an approver
        session.execute(update(Person).where(Person.id == world.people["north.sales"]).values(
            organisation_id=world.organisations["supplier"]))  # fmt: skip
        world.people["moved"] = world.people["north.sales"]
    moved = world.actor("moved")
    with pytest.raises(NotAllowed, match="made or changed"):
        desk.decide(Actor(moved.person_id, world.organisations["supplier"], grants), key)
    assert desk.row(key).state == "in_review"
    assert desk.papers.told == []
    desk.decide(MANAGER, key)


def test_editing_resets(world: World) -> None:
    """What was decided before an edit does not count, and a decision on what it said before comes too late."""
    desk = Desk.open(world, step("one", ask=["channel_manager"]), step("two", ask=["approver"]))
    key = desk.ask(value_minor=5, currency="CNY")
    desk.decide(MANAGER, key)
    looked_at = desk.row(key).version
    desk.does("north.owner", key, operations.amend, facts={"value_minor": 9}, title=Text("More", "更多"), **desk.at)
    with pytest.raises(Conflict):
        desk.decide(APPROVER, key, version=looked_at)
    row = desk.row(key)
    assert (row.step, row.round, row.facts) == (0, 2, {"value_minor": 9})
    with pytest.raises(NotAllowed):
        desk.decide(APPROVER, key)
    desk.decide(MANAGER, key)  # he may again: it is another request now
    desk.decide(APPROVER, key)
    assert desk.row(key).state == "approved"


def test_return_and_answer(world: World) -> None:
    """A question goes back; the answer brings it back with a new clock, to the same step."""
    desk = Desk.open(world, step("one", ask=["channel_manager"]), step("two", ask=["approver"]))
    key = desk.ask()
    desk.decide(MANAGER, key)
    with pytest.raises(Invalid):
        desk.decide(APPROVER, key, RETURNED)
    desk.decide(APPROVER, key, RETURNED, note="Which site?")
    assert (desk.row(key).state, desk.row(key).due_at) == ("returned", None)
    assert notices(desk, "north.sales")[-1] == "approval_returned"
    desk.does(APPROVER, key, operations.nudge, **desk.at)
    assert notices(desk, "north.sales")[-1] == "approval_nudged"
    with pytest.raises(NotAllowed):
        desk.does("north.sales", key, operations.nudge, **desk.at)
    with pytest.raises(NotAllowed):
        desk.does(APPROVER, key, operations.answer, note="This one", **desk.at)
    with pytest.raises(Invalid):
        desk.does("north.sales", key, operations.answer, note=" ", **desk.at)
    desk.now += timedelta(days=1)
    desk.does("north.owner", key, operations.answer, note="Block B", **desk.at)
    row = desk.row(key)
    assert (row.state, row.step, row.due_at) == ("in_review", 1, desk.now + timedelta(hours=8))
    desk.decide(APPROVER, key)
    assert desk.row(key).state == "approved"
    assert [outcome.verdict.value for _thing, outcome in desk.papers.told] == ["returned", "approved"]


def _every_action(desk: Desk) -> dict[Action, Callable[[str], None]]:
    at, now = desk.at, {"now": desk.now}

    def look(session: Any, actor: Any, row: Any, **more: Any) -> None:
        deciding.research(session, actor, row, note="", version=row.version, **more)

    def hand(session: Any, actor: Any, row: Any, **more: Any) -> None:
        colleague = session.get_one(Person, desk.world.people[MANAGER]).public_id
        deciding.reassign(session, actor, row, colleague, version=row.version, **more)

    return {
        Action.APPROVE: lambda key: desk.decide(APPROVER, key),
        Action.REFUSE: lambda key: desk.decide(APPROVER, key, REFUSED, reason="duplicate"),
        Action.RETURN: lambda key: desk.decide(APPROVER, key, RETURNED, note="What?"),
        Action.RESEARCH: lambda key: desk.does(APPROVER, key, look, **at),
        Action.REASSIGN: lambda key: desk.does("supplier.administrator", key, hand, **at),
        Action.AMEND: lambda key: desk.does("north.sales", key, operations.amend, facts={}, title=TITLE, **at),
        Action.ANSWER: lambda key: desk.does("north.sales", key, operations.answer, note="That.", **at),
        Action.NUDGE: lambda key: desk.does(
            APPROVER if desk.row(key).state == "returned" else "north.sales", key, operations.nudge, **at
        ),
        Action.WITHDRAW: lambda key: desk.does("north.sales", key, operations.withdraw, **now),
    }


def test_every_action_in_every_state(world: World) -> None:
    """What the table does not name is a conflict that changes nothing."""
    desk = Desk.open(world, step(ask=["approver", "channel_manager"]))
    acts = _every_action(desk)
    reach: dict[State, Callable[[str], None]] = {
        State.IN_REVIEW: lambda _key: None,
        State.RETURNED: acts[Action.RETURN],
        State.APPROVED: acts[Action.APPROVE],
        State.REFUSED: acts[Action.REFUSE],
        State.WITHDRAWN: acts[Action.WITHDRAW],
    }
    paper = 100
    for state, come in reach.items():
        key = ""
        for action, act in acts.items():
            if not key or desk.row(key).state != state or can(state, action):
                paper += 1
                key = desk.ask(paper)
                come(key)
            before = desk.row(key).version
            if can(state, action):
                act(key)
            else:
                with pytest.raises(Conflict):
                    act(key)
                assert (desk.row(key).state, desk.row(key).version) == (state, before), (state, action)
    with pytest.raises(Conflict):
        desk.ask(desk.row(desk.ask(500)).thing_id)


def test_the_clock_escalates_and_research_moves_it(world: World) -> None:
    """At the end of the working hours others are asked too, once; research adds three working days, once."""
    desk = Desk.open(world, step(ask=["channel_manager"], escalate=["approver"]))
    key = desk.ask()
    assert waits_for(desk, APPROVER) == []
    begins = desk.now
    assert desk.row(key).due_at == begins + timedelta(hours=8)

    def sweep(at: Any) -> int:
        with world.database.writing(SYSTEM) as session:
            return escalate(session, now=at, today=desk.today)

    assert sweep(begins + timedelta(hours=7, minutes=59)) == 0
    assert sweep(begins + timedelta(hours=8)) == 1
    assert sweep(begins + timedelta(hours=9)) == 0
    assert waits_for(desk, APPROVER) == [key]
    assert notices(desk, "north.sales") == ["approval_late"]
    assert "approval_escalated" in notices(desk, APPROVER)
    desk.decide(APPROVER, key)
    slow = desk.ask(2)
    research = {"note": "Calling the customer.", "version": 1, **desk.at}
    desk.does(MANAGER, slow, deciding.research, **research)
    assert desk.row(slow).due_at == begins + timedelta(days=3, hours=8)
    with pytest.raises(Conflict):
        desk.does(MANAGER, slow, deciding.research, **research)
    assert sweep(begins + timedelta(days=3, hours=7)) == 0
    with world.database.reading(world.actor("north.sales")) as session:
        assert [line.action for line in happened(session, found(session, slow))] == ["ask"]  # the note stays inside
    with world.database.reading(world.actor(MANAGER)) as session:
        assert "Calling the customer." in [line.note for line in happened(session, found(session, slow))]


def test_a_kind_has_its_own_numbers_where_they_are_set(world: World) -> None:
    def number(kind: str) -> int:
        with world.database.reading(SYSTEM) as session:
            return number_for(session, kind, "nudge_hours")

    _set(world, "registration.nudge_hours", 6)
    assert [number(kind) for kind in ("registration", "special_price", "anything")] == [6, 6, 6]
    _set(world, "special_price.nudge_hours", 2)
    assert [number(kind) for kind in ("registration", "special_price", "anything")] == [6, 2, 6]


def _set(world: World, key: str, value: int) -> None:
    with world.database.writing(SYSTEM) as session:
        session.add(ParameterValue(key=key, value=value, changed_at=world.now))


def test_absence_delegates_and_people_who_left(world: World) -> None:
    """Seats go to the delegate, else to the group; a disabled approver's requests fall to everybody who decides."""
    with world.database.writing(SYSTEM) as session:
        world.add_person(session, "supplier", Role.APPROVER, ".two")
    email = world.emails[APPROVER]
    desk = Desk.open(world, step(ask=[email]))
    key = desk.ask()
    assert waits_for(desk, "supplier.approver.two") == []

    def away(delegate: str, days: int = 3) -> str:
        actor = world.actor(APPROVER)
        with world.database.writing(SYSTEM) as session:
            name = session.get_one(Person, world.people[delegate]).public_id if delegate else ""
        with world.database.writing(actor) as session:
            row = absences.be_absent(
                session,
                actor,
                delegate=name,
                starts_on=desk.today,
                ends_on=desk.today + timedelta(days=days),
                **desk.at,
            )
            return row.public_id

    def back(absence: str) -> None:
        actor = world.actor(APPROVER)
        with world.database.writing(actor) as session:
            absences.end_absence(session, actor, absence, now=desk.now)

    with pytest.raises(Invalid):
        away("supplier.finance")
    with pytest.raises(Invalid):
        away(APPROVER)
    absence = away("supplier.approver.two")
    with pytest.raises(Invalid):
        away("")
    assert waits_for(desk, "supplier.approver.two") == [key]
    assert waits_for(desk, APPROVER) == [key]  # he looks in
    with world.database.reading(world.actor("north.sales")) as session:
        shown = standing(session, found(session, key), **desk.at)
        assert [(h.name, h.on_behalf_of) for h in shown.holders] == [
            ("approver of supplier.two", "approver of supplier")
        ]
    desk.decide("supplier.approver.two", key)
    with world.database.reading(SYSTEM) as session:
        event = session.scalars(select(ApprovalEvent).where(ApprovalEvent.action == "approve")).one()
        assert event.for_person_id == world.people[APPROVER]
    back(absence)
    second = desk.ask(2)
    assert waits_for(desk, "supplier.approver.two") == []
    back(away(""))
    alone = away("")
    assert waits_for(desk, "supplier.approver.two") == [second]
    assert waits_for(desk, MANAGER) == [second]
    back(alone)
    with world.database.writing(SYSTEM) as session:
        session.get_one(Person, world.people[APPROVER]).disabled_at = desk.now
    assert waits_for(desk, MANAGER) == [second]
    with world.database.reading(SYSTEM) as session:
        row = found(session, second)
        held = holders(seats_of(session, row), deciders(session, desk.today), row)
        assert set(held) == {world.people[MANAGER], world.people["supplier.approver.two"]}
    desk.decide(MANAGER, second)


def test_handing_on_and_seeing(world: World) -> None:
    """A holder hands a request to somebody by name; who saw it, and the next nudge, are known to the asker."""
    with world.database.writing(SYSTEM) as session:
        world.add_person(session, "supplier", Role.APPROVER, ".two")
        public = {
            who: session.get_one(Person, world.people[who]).public_id for who in (MANAGER, "supplier.finance", APPROVER)
        }
    desk = Desk.open(world, step(ask=["approver"]))
    key = desk.ask()
    with pytest.raises(NotAllowed):
        desk.does(MANAGER, key, deciding.reassign, public_id=public[APPROVER], version=1, **desk.at)
    with pytest.raises(NotFound):
        desk.does(APPROVER, key, deciding.reassign, public_id=public["supplier.finance"], version=1, **desk.at)
    desk.does(APPROVER, key, deciding.reassign, public_id=public[MANAGER], version=1, **desk.at)
    assert waits_for(desk, MANAGER) == [key]
    desk.does(MANAGER, key, deciding.seen, now=desk.now)
    with pytest.raises(NotAllowed):
        desk.does("north.sales", key, deciding.seen, now=desk.now)

    def seen_by_asker() -> Any:
        with world.database.reading(world.actor("north.sales")) as session:
            return standing(session, found(session, key), **desk.at)

    shown = seen_by_asker()
    assert [(h.name, h.seen_at) for h in shown.holders] == [("channel_manager of supplier", desk.now)]
    assert (shown.may_nudge, shown.next_nudge_at) == (True, None)
    desk.does("north.sales", key, operations.nudge, **desk.at)
    assert notices(desk, MANAGER)[-1] == "approval_nudged"
    assert seen_by_asker().next_nudge_at == desk.now + timedelta(hours=4)
    desk.now += timedelta(hours=3, minutes=59)
    with pytest.raises(Conflict):
        desk.does("north.owner", key, operations.nudge, **desk.at)
    with pytest.raises(NoResultFound):  # another partner does not even find it
        desk.does("south.sales", key, operations.nudge, **desk.at)
    desk.now += timedelta(minutes=1)
    desk.does("north.owner", key, operations.nudge, **desk.at)
    desk.decide(MANAGER, key)


def test_the_median_names_nobody(world: World) -> None:
    """Of the last decisions by people; nothing while there are too few."""
    desk = Desk.open(world)
    for paper, hours in enumerate((1, 2, 3, 4), 1):
        asked, key = desk.now, desk.ask(paper)
        desk.now += timedelta(hours=hours)
        desk.decide(APPROVER, key)
        desk.now = asked
    with world.database.reading(world.actor("south.sales")) as session:
        assert median_seconds(session, "paper") is None
    key = desk.ask(9)
    desk.now += timedelta(hours=8)
    desk.decide(APPROVER, key)
    with world.database.reading(world.actor("south.sales")) as session:
        assert median_seconds(session, "paper") == 3 * 3600


def test_what_the_subject_refuses_is_not_decided(world: World) -> None:
    """The thing itself has the last word, and then nothing at all was decided."""
    desk = Desk.open(world)
    key = desk.ask()
    desk.papers.refuses = Conflict("another one is approved")
    with pytest.raises(Conflict):
        desk.decide(APPROVER, key)
    assert (desk.row(key).state, desk.row(key).version) == ("in_review", 1)
    desk.papers.refuses = None
    desk.decide(APPROVER, key)
    with pytest.raises(AlreadyDecided, match="approver of supplier was quicker"):
        desk.decide(MANAGER, key, version=1)
