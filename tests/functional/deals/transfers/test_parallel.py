"""Two transfers of one customer at once, real threads: exactly one; the same form twice: one transfer."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import func, select

from portal.accounts.models import Person
from portal.approvals import deciding as approvals
from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Verdict
from portal.deals.registrations.models import Registration
from portal.deals.transfers.models import CustomerTransfer
from portal.deals.transfers.moving import transfer
from portal.errors import PortalError
from portal.policy import SYSTEM
from tests.factories.registrations import today_of
from tests.functional.deals.transfers.conftest import MANAGER, Hands

TIMES = 4


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do all of it on threads; return what each gave or raised. Whoever finds the database busy comes again."""

    def one(work: Callable[[], Any]) -> Any:
        for attempt in range(20):
            try:
                return work()
            except PortalError as error:
                return error
            except Exception as error:
                if "locked" not in str(error) and "deadlock" not in str(error):
                    raise
                time.sleep(0.05 * attempt)
        raise AssertionError("the database stays busy")

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


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
    kinds = Counter(type(each).__name__ for each in at_once(*works))
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
    assert Counter(type(each).__name__ for each in at_once(*works)) == {"int": 1, "Conflict": TIMES - 1}


def test_the_same_form_many_times_is_one_transfer(hands: Hands) -> None:
    works = [giving(hands, "west.sales", "one form")] * TIMES
    assert len(set(at_once(*works))) == 1
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

    answers = at_once(decide, giving(hands, "west.sales", "form"))
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
