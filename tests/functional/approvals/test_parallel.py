"""Many people at once: of all decisions on a request exactly one stands, and everybody else hears whose."""

import os
from collections import Counter
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.approvals import deciding, operations
from portal.approvals.models import ApprovalEvent, ApprovalRequest
from portal.approvals.subjects import Verdict
from portal.approvals.sweeps import escalate
from portal.db import ScopedSession
from portal.errors import PortalError
from portal.policy import SYSTEM, Role
from tests.factories.approvals import KIND, TITLE, Desk, Paper, found, step
from tests.factories.parallel import at_once
from tests.factories.world import World

ROUNDS = int(os.environ.get("PORTAL_APPROVAL_ROUNDS", "4"))
PEOPLE = 6


def writing(world: World, works: list[tuple[Any, Any]]) -> list[str]:
    """Let everybody begin at the same moment; return what came of it."""
    return [_outcome(each) for each in at_once(*(partial(world.database.write, who, work) for who, work in works))]


def _outcome(made: Any) -> str:
    name = type(made).__name__
    if isinstance(made, PortalError):
        return name
    return f"fault {name}" if isinstance(made, Exception) else "done"  # a fault is what a person would see as ours


@pytest.fixture
def people(world: World) -> list[str]:
    """Some approvers more."""
    with world.database.writing(SYSTEM) as session:
        for number in range(PEOPLE - 1):
            world.add_person(session, "supplier", Role.APPROVER, f".{number}")
    return ["supplier.approver", *(f"supplier.approver.{number}" for number in range(PEOPLE - 1))]


def test_exactly_one_decision_stands(world: World, people: list[str]) -> None:
    """Approve, refuse, return, edit and withdraw at the same moment: one of them happened, and the history is whole."""
    desk = Desk.open(world)
    actors, asker = [world.actor(who) for who in people], world.actor("north.sales")
    for paper in range(ROUNDS):
        key = desk.ask(paper)
        sides = [(Verdict.APPROVED, ""), (Verdict.REFUSED, "duplicate")]

        def decide(actor: Any, side: tuple[Verdict, str], key: str = key) -> Any:
            def work(session: ScopedSession) -> None:
                row = found(session, key)
                deciding.decide(session, actor, row, side[0], reason=side[1], version=1, **desk.at)

            return work

        def back(session: ScopedSession, key: str = key) -> None:
            operations.withdraw(session, asker, found(session, key), now=desk.now)

        works = [(actor, decide(actor, sides[number % 2])) for number, actor in enumerate(actors)]
        outcomes = writing(world, [*works, (asker, back)])
        assert outcomes.count("done") == 1, outcomes
        assert set(outcomes) <= {"done", "AlreadyDecided", "Conflict"}, outcomes
        row = desk.row(key)
        assert row.version == 2
        with world.database.reading(SYSTEM) as session:
            acts = session.scalars(select(ApprovalEvent.action).where(ApprovalEvent.request_id == row.id)).all()
        assert Counter(acts) == {
            "ask": 1,
            {"approved": "approve", "refused": "refuse", "withdrawn": "withdraw"}[row.state]: 1,
        }
        heard = [outcome for outcome in outcomes if outcome == "AlreadyDecided"]
        assert len(heard) == (PEOPLE - 1 if row.state != "withdrawn" else 0)
    told = [thing for thing, _outcome in desk.papers.told]
    assert len(told) == len(set(told))  # the subject heard once of each


def test_steps_nudges_and_questions_at_once(world: World, people: list[str]) -> None:
    """Everybody of a group approves at once: all count once. Of nudges, of questions and of requests one passes."""
    desk = Desk.open(world, step(mode="all", ask=[world.emails[who] for who in people]))
    key, actors = desk.ask(), [world.actor(who) for who in people]
    left = list(actors)
    while left:  # a version moves with every approval: whoever was late looks again
        version = desk.row(key).version

        def approve(actor: Any, version: int = version) -> Any:
            def work(session: ScopedSession) -> None:
                deciding.decide(session, actor, found(session, key), Verdict.APPROVED, version=version, **desk.at)

            return work

        outcomes = writing(world, [(actor, approve(actor)) for actor in left])
        assert outcomes.count("done") == 1, outcomes
        with world.database.reading(SYSTEM) as session:
            query = select(ApprovalEvent.person_id).where(ApprovalEvent.action.in_(("endorse", "approve")))
            done = set(session.scalars(query))
        left = [actor for actor in left if actor.person_id not in done]
    assert desk.row(key).state == "approved"
    assert len(desk.papers.told) == 1

    other = desk.ask(2)
    askers = [world.actor("north.sales"), world.actor("north.owner")] * 3

    def nudge(actor: Any) -> Any:
        return lambda session: operations.nudge(session, actor, found(session, other), **desk.at)

    assert Counter(writing(world, [(actor, nudge(actor)) for actor in askers])) == {"done": 1, "Conflict": 5}

    def ask(actor: Any) -> Any:
        its = {"kind": KIND, "thing": Paper(3, "paper3"), "facts": {}, "title": TITLE}
        return lambda session: operations.ask(
            session, actor, organisation_id=world.organisations["north"], **its, **desk.at
        )

    outcomes = writing(world, [(actor, ask(actor)) for actor in askers])
    assert outcomes.count("done") == 1, outcomes
    with world.database.reading(SYSTEM) as session:
        query = select(func.count()).select_from(ApprovalRequest).where(ApprovalRequest.thing_id == 3)
        assert session.scalar(query) == 1


def test_two_workers_escalate_once(world: World) -> None:
    """Each request is taken by one of them, also while it is being decided."""
    desk = Desk.open(world, step(ask=["channel_manager"], escalate=["approver"]))
    keys = [desk.ask(paper) for paper in range(6)]
    due = desk.row(keys[0]).due_at
    sweeps = [(SYSTEM, lambda session: escalate(session, now=due, today=desk.today))] * 4
    assert writing(world, sweeps) == ["done"] * 4
    with world.database.reading(SYSTEM) as session:
        query = select(ApprovalEvent.request_id).where(ApprovalEvent.action == "escalate")
        assert sorted(session.scalars(query)) == sorted(desk.row(key).id for key in keys)
