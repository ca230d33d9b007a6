"""Four eyes are those of two people, whatever accounts they have; who stands in for whoever stands in; which rules."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts.models import Person
from portal.approvals import absences, deciding, operations
from portal.approvals.queries import waiting
from portal.approvals.subjects import Verdict
from portal.errors import NotAllowed
from portal.policy import SYSTEM, Role
from portal.words import Text
from tests.factories.approvals import Desk, step
from tests.factories.world import World

APPROVER, MANAGER, SECOND = "supplier.approver", "supplier.channel_manager", "supplier.approver.two"


@pytest.fixture
def second(world: World) -> str:
    """Another approver."""
    with world.database.writing(SYSTEM) as session:
        world.add_person(session, "supplier", Role.APPROVER, ".two")
    return SECOND


def mail(world: World, who: str, address: str) -> None:
    with world.database.writing(SYSTEM) as session:
        session.get_one(Person, world.people[who]).email = address


def waits_for(desk: Desk, who: str) -> list[str]:
    with desk.world.database.reading(desk.world.actor(who)) as session:
        return [row.public_id for row in waiting(session, **desk.at).rows]


def test_two_accounts_of_one_mailbox_approve_once(world: World, second: str) -> None:
    desk = Desk.open(world, step("one"), step("two"))
    mail(world, APPROVER, "one@example.com")
    mail(world, second, "one+deals@example.com")
    key = desk.ask()
    desk.decide(APPROVER, key)
    assert waits_for(desk, second) == []
    with pytest.raises(NotAllowed, match="already"):
        desk.decide(second, key)
    mail(world, second, "another@example.com")
    desk.decide(second, key)
    assert desk.row(key).state == "approved"


def _amend(desk: Desk, key: str) -> None:
    said: dict[str, Any] = {"facts": {"value_minor": 9}, "title": Text("More", "更多")}
    desk.does("north.owner", key, operations.amend, **said, **desk.at)


def _answer(desk: Desk, key: str) -> None:
    desk.decide(MANAGER, key, Verdict.RETURNED, note="Which site?")
    desk.does("north.owner", key, operations.answer, note="Block B", **desk.at)


@pytest.mark.parametrize("make", [_amend, _answer])
def test_who_changed_or_answered_with_another_account_does_not_decide(world: World, make: Any) -> None:
    desk = Desk.open(world, step(ask=["approver", "channel_manager"]))
    mail(world, APPROVER, "one+deals@example.com")
    key = desk.ask()
    before, owner = waits_for(desk, APPROVER), world.emails["north.owner"]
    make(desk, key)
    mail(world, "north.owner", "one@example.com")
    assert (before, waits_for(desk, APPROVER)) == ([key], [])
    with pytest.raises(NotAllowed, match="made or changed"):
        desk.decide(APPROVER, key)
    mail(world, "north.owner", owner)
    desk.decide(APPROVER, key)


def test_what_is_changed_is_judged_by_the_rules_it_was_asked_under(world: World) -> None:
    desk = Desk.open(world, step("as_it_was"))
    key = desk.ask()
    desk.define(step("harder", ask=["channel_manager"]), step("still_harder"))
    _amend(desk, key)
    assert [each["key"] for each in desk.row(key).route] == ["as_it_was"]
    desk.decide(APPROVER, key)


def test_nothing_is_handed_to_whom_it_may_not_be_judged_by(world: World, second: str) -> None:
    desk = Desk.open(world, step("one"), step("two", ask=["channel_manager", "approver"]))
    with world.database.reading(SYSTEM) as session:
        people = {who: session.get_one(Person, world.people[who]).public_id for who in (APPROVER, second)}
    mail(world, second, world.emails["north.sales"].replace("@", "+me@"))
    key = desk.ask()

    def hand(who: str, to: str) -> None:
        its = {"public_id": people[to], "version": desk.row(key).version}
        desk.does(who, key, deciding.reassign, **its, **desk.at)

    with pytest.raises(NotAllowed, match="made or changed"):
        hand(APPROVER, second)
    desk.decide(APPROVER, key)
    with pytest.raises(NotAllowed, match="already"):
        hand(MANAGER, APPROVER)
    assert desk.row(key).assigned_to_id is None


@pytest.mark.parametrize("gone", ["away", "disabled"])
def test_a_delegate_who_is_gone_leaves_it_to_everybody(world: World, second: str, gone: str) -> None:
    desk = Desk.open(world, step(ask=[world.emails[APPROVER]]))
    key = desk.ask()
    assert waits_for(desk, MANAGER) == []

    def leave(who: str, delegate: str = "") -> None:
        actor, days = world.actor(who), {"starts_on": desk.today, "ends_on": desk.today + timedelta(days=3)}
        with world.database.reading(SYSTEM) as session:
            name = session.scalar(select(Person.public_id).where(Person.id == world.people.get(delegate, 0))) or ""
        with world.database.writing(actor) as session:
            absences.be_absent(session, actor, delegate=name, **days, **desk.at)

    leave(APPROVER, second)
    assert (waits_for(desk, second), waits_for(desk, MANAGER)) == ([key], [])
    if gone == "away":
        leave(second)
    else:
        with world.database.writing(SYSTEM) as session:
            session.get_one(Person, world.people[second]).disabled_at = desk.now
    assert waits_for(desk, MANAGER) == [key]
    desk.decide(MANAGER, key)
