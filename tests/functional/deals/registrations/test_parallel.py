"""Many at once: nobody is lost, nobody is there twice, and of fifty approvals one stays.

`PORTAL_PARALLEL=500` says how many take part; what it took is printed (`-s`).
"""

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from portal.approvals import deciding as approvals
from portal.approvals.subjects import Verdict
from portal.db import ScopedSession, new_public_id
from portal.deals.registrations import deciding, inquiries, operations, places
from portal.deals.registrations.models import DailyUse, Inquiry, Registration
from portal.errors import Conflict, TooMany
from portal.history import HistoryEntry
from portal.policy import SYSTEM, Actor
from tests.factories.parallel import at_once, patiently
from tests.factories.registrations import Registrations

PARALLEL = int(os.environ.get("PORTAL_PARALLEL", "16"))
APPROVALS = 50 if PARALLEL >= 50 else 12
THREADS = 16
SALES = "north.sales"


def numbered(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Do `work` for 0 to count - 1 on many threads; return what each gave or raised."""
    return at_once(*(partial(work, number) for number in range(count)), threads=THREADS)


def patient(registrations: Registrations, actor: Actor, work: Callable[[ScopedSession], Any]) -> Any:
    """Do work as the web does; whoever finds the database busy comes again, as people do."""
    return patiently(lambda: registrations.world.database.write(actor, work))


def in_review(registrations: Registrations, count: int, **said: Any) -> list[int]:
    """Return registrations of one customer, line and site in review, as they could only come by a hole elsewhere."""
    customer = registrations.customer("north")
    now, rows = registrations.now, []
    for number in range(count):
        rows.append(
            {
                "organisation_id": registrations.world.organisations["north"], "customer_id": customer,
                "identity_id": customer, "customer_name": "Clinic", "customer_key": "clinic", "product_line": "video",
                "site_key": "", "currency": "CNY", "state": "in_review", "standing": "review", "created_at": now,
                "updated_at": now, "submitted_at": now, "number": f"P-{customer}-{number}", "version": 1,
                "form_key": f"parallel {customer} {number}", "public_id": new_public_id(), **said,
            }
        )  # fmt: skip
    with registrations.world.database.writing(SYSTEM) as session:
        session.execute(insert(Registration), rows)
        mine = select(Registration.id).where(Registration.customer_id == customer).order_by(Registration.id)
        return list(session.scalars(mine))


def test_fifty_parallel_approvals_leave_exactly_one(registrations: Registrations) -> None:
    ids = in_review(registrations, APPROVALS)

    def approve(number: int) -> None:
        def work(session: ScopedSession) -> None:
            row = session.get_one(Registration, ids[number])
            assert row.identity_id is not None
            places.lock(session, [row.identity_id])
            places.refresh(session, row)
            deciding.approve(session, row, said={}, **registrations.at)

        patient(registrations, SYSTEM, work)

    kinds = Counter(type(each).__name__ for each in numbered(APPROVALS, approve))
    assert kinds == {"NoneType": 1, "Conflict": APPROVALS - 1}
    assert Counter(registrations.state(each) for each in ids)["approved"] == 1


def test_without_any_check_in_code_the_database_still_lets_one_through(registrations: Registrations) -> None:
    ids = in_review(registrations, APPROVALS)
    held = {"state": "approved", "standing": "protected", "protected_until": registrations.day}

    def approve(number: int) -> None:
        this = update(Registration).where(Registration.id == ids[number])
        patient(registrations, SYSTEM, lambda session: session.execute(this.values(held)) and None)

    answers = numbered(APPROVALS, approve)
    assert sum(each is None for each in answers) == 1
    assert all(isinstance(each, IntegrityError) for each in answers if each is not None)


def test_parallel_submissions_and_decisions(registrations: Registrations, capsys: pytest.CaptureFixture[str]) -> None:
    """Two partners register the same customers at once, then two approvers decide on each at once."""
    half = PARALLEL // 2
    customers = [registrations.customer("north", "south", name=f"Clinic {n}") for n in range(half)]
    _unlimited(registrations)
    begun = [(who, registrations.begin(who, customer)) for customer in customers for who in (SALES, "south.sales")]
    started = time.monotonic()
    places_ = numbered(len(begun), lambda number: _submit(registrations, *begun[number]))
    submitted = time.monotonic() - started
    kinds = Counter(getattr(place, "kind", repr(place)) for place in places_)
    assert kinds == {"review": half, "waiting": half}
    states = Counter((registrations.get(made).customer_id, registrations.state(made)) for _who, made in begun)
    assert set(states.values()) == {1}  # of every customer one in review and one in line
    numbers = [registrations.get(made).number for _who, made in begun]
    assert len(set(numbers)) == len(begun)

    waiting = [made for _who, made in begun if registrations.state(made) == "in_review"]
    started = time.monotonic()
    deciders = ("supplier.approver", "supplier.channel_manager")
    verdicts = numbered(2 * half, lambda number: _approve(registrations, waiting[number // 2], deciders[number % 2]))
    decided = time.monotonic() - started
    assert Counter(type(each).__name__ for each in verdicts) == {"NoneType": half, "AlreadyDecided": half}
    ended = Counter(registrations.state(made) for _who, made in begun)
    assert ended == {"approved": half, "rejected": half}
    entries = _history(registrations, [made for _who, made in begun])
    assert entries == {"begin": 2 * half, "submit": 2 * half, "take up": 2 * half, "approve": half, "refuse": half}
    with capsys.disabled():
        if PARALLEL >= 100:
            print(  # noqa: T201 - figures for the bench
                f"\n{len(begun)} submissions in {submitted:.1f} s ({len(begun) / submitted:.0f} a second), "
                f"{2 * half} decisions in {decided:.1f} s ({2 * half / decided:.0f} a second), lost 0, double 0"
            )


def _unlimited(registrations: Registrations) -> None:
    """Let two people register more customers in a day than they may ask about."""
    registrations.set("registration.probes_a_day", 1000)


def _submit(registrations: Registrations, who: str, made: int) -> Any:
    def work(session: ScopedSession) -> Any:
        row = session.get_one(Registration, made)
        return operations.submit(session, registrations.actor(who), row, version=row.version, **registrations.at)

    return patient(registrations, registrations.actor(who), work)


def _approve(registrations: Registrations, made: int, who: str) -> None:
    def work(session: ScopedSession) -> None:
        request = registrations.request(session, made)
        facts = {"version": 1, **registrations.at}
        approvals.decide(session, registrations.actor(who), request, Verdict.APPROVED, **facts)

    patient(registrations, registrations.actor(who), work)


def _history(registrations: Registrations, ids: list[int]) -> Counter[str]:
    entries = select(HistoryEntry.action, func.count()).where(
        HistoryEntry.thing_kind == "registration", HistoryEntry.thing_id.in_(ids)
    )
    query = entries.group_by(HistoryEntry.action)
    return Counter(dict(registrations.do("house", lambda session, _a: session.execute(query).all())))


def test_parallel_questions_do_not_pass_the_limit_together(registrations: Registrations) -> None:
    actor, limit = registrations.actor("south.owner"), 5
    now = datetime.now(UTC)

    def ask(number: int) -> None:
        facts: dict[str, Any] = {"limit": limit, "customer_id": None, "now": now, "today": registrations.day}
        patient(registrations, actor, lambda unit: inquiries.count(unit, actor, "probe", f"name {number}", **facts))

    answers = numbered(20, ask)
    assert Counter(type(each).__name__ for each in answers) == {"NoneType": limit, "TooMany": 20 - limit}
    assert all(each.retry_after > 0 for each in answers if isinstance(each, TooMany))
    mine = (DailyUse.person_id == actor.person_id, DailyUse.day == registrations.day)
    assert registrations.do("house", lambda session, _a: session.scalar(select(DailyUse.uses).where(*mine))) == limit
    kept = (Inquiry.person_id == actor.person_id, Inquiry.day == registrations.day)
    count = select(func.count(Inquiry.id)).where(*kept)
    assert registrations.do("house", lambda session, _a: session.scalar(count)) == limit


def test_a_sweep_by_several_workers_happens_once(registrations: Registrations) -> None:
    made = [registrations.approved(SALES, registrations.customer("north", name=f"Swept {n}")) for n in range(3)]
    registrations.pass_days(91)
    numbered(6, lambda _number: registrations.sweep())
    while registrations.sweep():  # a sweep does a bounded piece
        pass
    assert [registrations.state(each) for each in made] == ["expired"] * 3
    assert _history(registrations, made)["expire"] == 3


def test_whoever_comes_too_late_hears_a_conflict(registrations: Registrations) -> None:
    ids = in_review(registrations, 2)

    def work(session: ScopedSession, number: int) -> None:
        row = session.get_one(Registration, ids[number])
        deciding.approve(session, row, said={}, **registrations.at)

    registrations.do("house", lambda session, _a: work(session, 0))
    with pytest.raises(Conflict):
        registrations.do("house", lambda session, _a: work(session, 1))
