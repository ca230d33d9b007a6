"""By when a place is decided, when that moves: whoever asks or stands in line hears the new day."""

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy import select

from portal.approvals import deciding, retiming
from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Verdict
from portal.dates import business_date
from portal.db import ScopedSession
from portal.deals.registrations import places
from portal.deals.registrations.operations import Place
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor
from tests.factories.calendars import close_days
from tests.factories.registrations import Registrations

ZONE = "Asia/Shanghai"


def sweep(here: Registrations) -> None:
    here.do("house", lambda session, _actor: retiming.retime(session, now=here.now))


def test_those_in_line_and_those_who_ask_hear_the_new_day(registrations: Registrations) -> None:
    here = registrations
    customer = here.customer("north", "south")
    first, second = here.register("north.sales", customer), here.begin("south.sales", customer)
    before = here.get(first).due_on
    assert before is not None
    assert here.submit("south.sales", second) == Place("waiting", before)
    other = here.register("south.sales", customer, product_line="network")  # another place: it moves by itself
    close_days(here.world.database, [here.day + timedelta(days=1)], now=here.now)
    sweep(here)
    day = before + timedelta(days=1)
    assert [here.get(each).due_on for each in (first, second, other)] == [day] * 3

    def asked(session: ScopedSession, _actor: object) -> places.Situation:
        key = places.Key.of(here.get(second))
        return places.situation(session, here.world.organisations["hospital"], key, here.day)

    assert here.do("house", asked) == places.Situation("deciding", day)


def test_it_waits_for_nobody_who_works_on_the_customer(registrations: Registrations) -> None:
    """On SQLite one writes at a time anyway."""
    here, database = registrations, registrations.world.database
    key = here.register("north.sales", here.customer("north"))
    before = here.get(key).due_on
    assert before is not None
    close_days(database, [here.day + timedelta(days=1)], now=here.now)
    if not database.is_sqlite:
        with database.writing(SYSTEM) as session:
            held = select(Party.id).where(Party.id == here.get(key).identity_id)
            session.execute(held.with_for_update(key_share=True)).all()
            sweep(here)
            assert here.get(key).due_on == before
    sweep(here)
    assert here.get(key).due_on == before + timedelta(days=1)


def test_the_next_step_and_time_for_research_move_the_day(registrations: Registrations) -> None:
    here = registrations
    key = here.register("north.sales", here.customer("north"), value_minor=600_000_000)
    begun = here.get(key).due_on
    here.pass_days(3)

    def by(who: str, act: Callable[..., ApprovalRequest], *said: object, **more: object) -> None:
        def work(session: ScopedSession, actor: Actor) -> None:
            request = here.request(session, key)
            act(session, actor, request, *said, version=request.version, **more, **here.at)

        here.do(who, work)

    def end() -> date:
        due_at = here.do("house", lambda session, _actor: here.request(session, key).due_at)
        return business_date(due_at, ZONE)

    by("supplier.approver", deciding.decide, Verdict.APPROVED)
    second = here.get(key).due_on
    assert begun is not None
    assert second is not None
    assert second == end() > begun
    by("supplier.channel_manager", deciding.research, note="")
    assert here.get(key).due_on == end() > second
