"""Two transfers of one customer at once, real threads: exactly one; the same form twice: one transfer."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.approvals import deciding as approvals
from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Verdict
from portal.configurator.models import Configuration
from portal.configurator.queries import terms_of
from portal.db import Base, ScopedSession
from portal.deals.operations import draft_quote
from portal.deals.registrations import operations as registering
from portal.deals.registrations.drafts import Draft
from portal.deals.registrations.models import Registration
from portal.deals.transfers.models import CustomerTransfer
from portal.deals.transfers.moving import transfer
from portal.errors import Conflict, NotFound, PortalError
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor
from portal.support.tickets.opening import Opening, open_ticket
from tests.factories.parallel import at_once, patiently
from tests.factories.registrations import today_of
from tests.functional.deals.transfers.conftest import MANAGER, Hands

TIMES = 4
WHILE = 0.4  # seconds that somebody takes to save; who may not wait for him is through by then


def patient_ones(*works: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment; whoever finds the database busy comes again."""
    return at_once(*(partial(patiently, work) for work in works))


def giving(hands: Hands, receiver: str, form_key: str) -> Callable[[], Any]:
    """Return the handing over of a customer whose preview was looked at before."""
    wish, actor = hands.wish("north", receiver), hands.world.actor(MANAGER)
    said = {"digest": hands.plan(wish).digest, "form_key": form_key, "now": hands.now, "today": today_of(hands.world)}
    return lambda: hands.world.database.write(actor, lambda session: transfer(session, actor, wish, **said).id)


def test_of_two_transfers_of_one_customer_one_happens(hands: Hands) -> None:
    works = [
        giving(hands, receiver, f"form {receiver} {number}")
        for receiver in ("west.sales", "south.sales")
        for number in range(TIMES)
    ]
    kinds = Counter(type(each).__name__ for each in patient_ones(*works))
    assert kinds == {"int": 1, "Conflict": 2 * TIMES - 1}
    with hands.world.database.reading(SYSTEM) as session:
        made = session.scalars(
            select(CustomerTransfer).where(CustomerTransfer.made_by_id == hands.world.people[MANAGER])
        ).one()
        mine = Registration.customer_id == hands.world.customers["north"]
        owners = session.scalars(select(Registration.organisation_id).where(mine).distinct()).all()
        assert owners == [made.to_organisation_id]


def test_of_two_transfers_inside_an_organisation_one_happens(hands: Hands) -> None:
    works = [giving(hands, "north.owner", f"form {number}") for number in range(TIMES)]
    assert Counter(type(each).__name__ for each in patient_ones(*works)) == {"int": 1, "Conflict": TIMES - 1}


def test_the_same_form_many_times_is_one_transfer(hands: Hands) -> None:
    works = [giving(hands, "west.sales", "one form")] * TIMES
    assert len(set(patient_ones(*works))) == 1
    with hands.world.database.reading(SYSTEM) as session:
        mine = CustomerTransfer.made_by_id == hands.world.people[MANAGER]
        assert session.scalar(select(func.count(CustomerTransfer.id)).where(mine)) == 1


def test_a_decision_and_a_transfer_at_once_leave_both_done_or_the_later_refused(hands: Hands) -> None:
    world = hands.world
    with world.database.reading(SYSTEM) as session:
        mine = (Registration.customer_id == world.customers["north"], Registration.state == "in_review")
        row = session.scalars(select(Registration).where(*mine)).one()
        request_id = row.approval_request_id
    actor = world.actor("supplier.approver")

    def decide() -> str:
        def work(session: Any) -> str:
            request = session.get_one(ApprovalRequest, request_id)
            at = {"now": hands.now, "today": today_of(world)}
            approvals.decide(session, actor, request, Verdict.REFUSED, version=1, reason="too_early", **at)
            return "decided"

        return str(world.database.write(actor, work))

    answers = patient_ones(decide, giving(hands, "west.sales", "form"))
    assert any(not isinstance(each, PortalError) for each in answers)
    with world.database.reading(SYSTEM) as session:
        state = session.get_one(Registration, row.id).state
        request = session.get_one(ApprovalRequest, request_id)
        assert (state, request.state) in {("rejected", "refused"), ("in_review", "in_review")}
        assert (state == "rejected") == (answers[0] == "decided")
        moved = request.organisation_id == world.organisations["west"]
        assert moved == (not isinstance(answers[1], PortalError)) or state == "rejected"
        if moved and state == "in_review":
            assert session.get_one(Person, request.asked_by_id or 0).id == world.people["west.sales"]


def _registration(hands: Hands, session: ScopedSession, actor: Actor) -> Any:
    draft = Draft(hands.world.customers["north"], "cabling")
    return registering.begin(session, actor, draft, form_key="late", now=hands.now, today=today_of(hands.world))


def _quote(hands: Hands, session: ScopedSession, actor: Actor) -> Any:
    its = Configuration.customer_id == hands.world.customers["north"]
    found = session.scalars(select(Configuration).where(its).order_by(Configuration.id)).first()
    if found is None:
        raise NotFound
    assert actor.organisation_id is not None
    terms = terms_of(session, actor.organisation_id)
    return draft_quote(session, actor, found, terms, now=hands.now, today=today_of(hands.world))


def _ticket(hands: Hands, session: ScopedSession, actor: Actor) -> Any:
    party = session.get(Party, hands.world.customers["north"])
    if party is None:
        raise NotFound
    said = Opening(form_key="late", body="It does not work", customer=party.public_id)
    return open_ticket(session, actor, said, now=hands.now, today=today_of(hands.world))


@pytest.mark.parametrize("begins", [_registration, _quote, _ticket])
@pytest.mark.parametrize("first", ["begun", "given"])
def test_what_begins_at_the_moment_of_a_transfer_never_stays_with_the_giver(
    hands: Hands, begins: Callable[..., Any], first: str
) -> None:
    """The second one starts while the first has not committed yet: it has to wait, and then sees what happened."""
    world, wish = hands.world, hands.wish("north", "west.sales")
    said = {"digest": hands.plan(wish).digest, "form_key": "form", "now": hands.now, "today": today_of(world)}
    works = {
        "begun": (world.actor("north.sales"), lambda session, actor: begins(hands, session, actor)),
        "given": (world.actor(MANAGER), lambda session, actor: transfer(session, actor, wish, **said)),
    }
    done, over = threading.Event(), threading.Event()

    def run(name: str, before_commit: Callable[[], Any]) -> Any:
        actor, work = works[name]

        def unit(session: ScopedSession) -> tuple[str, int]:
            made = work(session, actor)
            session.flush()
            before_commit()
            return made.__tablename__, made.id

        return world.database.write(actor, unit)

    second = next(name for name in works if name != first)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(run, first, lambda: (done.set(), over.wait(WHILE)))
        assert done.wait(10)
        two = pool.submit(run, second, lambda: None)
        two.add_done_callback(lambda _future: over.set())
        table, row_id = one.result()
        with pytest.raises((Conflict, NotFound)):
            two.result()
    if first == "begun":
        with world.database.reading(SYSTEM) as session:
            its = Base.metadata.tables[table].c
            owner = session.execute(select(its.organisation_id).where(its.id == row_id)).scalar_one()
        assert owner == world.organisations["north"]
        assert hands.plan(wish).digest != said["digest"]  # it is seen now
