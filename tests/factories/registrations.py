"""Registrations for functional tests, made by the real operations on days that the test chooses."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import select

from portal import wiring
from portal.approvals import deciding as approvals
from portal.approvals.models import ApprovalRequest
from portal.approvals.subjects import Verdict
from portal.dates import business_date
from portal.db import ScopedSession
from portal.deals.registrations import operations
from portal.deals.registrations.drafts import Draft
from portal.deals.registrations.models import Registration
from portal.deals.registrations.operations import Place
from portal.parameters import operations as parameters
from portal.parties.models import Party, Relation, name_key
from portal.policy import SYSTEM, Actor
from tests.factories.world import World

T = TypeVar("T")
FIRST_DAY = date(2026, 3, 2)  # a Monday
APART = timedelta(days=210)  # whole weeks: what one test leaves behind is long over in the next
_forms, _starts = count(1), count()
_actors: dict[tuple[str, str], Actor] = {}


@dataclass
class Registrations:
    """Does things with registrations on behalf of people of a world; `day` moves on as the test says."""

    world: World
    day: date = field(default_factory=lambda: FIRST_DAY + next(_starts) * APART)

    @classmethod
    def open(cls, world: World) -> "Registrations":
        """Tell the approval engine who answers, as every process does."""
        wiring.install()
        return cls(world)

    @property
    def now(self) -> datetime:
        """Return noon of the day in the supplier's zone."""
        return datetime.combine(self.day, time(4), UTC)

    @property
    def at(self) -> dict[str, Any]:
        """Return when everything happens."""
        return {"now": self.now, "today": self.day}

    def actor(self, who: str) -> Actor:
        """Return the actor of a person, looked up once; `house` is the house."""
        if who == "house":
            return SYSTEM
        key = str(self.world.database.url), who
        if key not in _actors:
            _actors[key] = self.world.actor(who)
        return _actors[key]

    def do(self, who: str, work: Callable[[ScopedSession, Actor], T]) -> T:
        """Run `work` as the web would: in one unit of work, again after a serialisation error."""
        actor = self.actor(who)
        return self.world.database.write(actor, lambda session: work(session, actor))

    def customer(self, *organisations: str, name: str = "Harbour Clinic", address: str = "1 Harbour Road") -> int:
        """Return a customer that these organisations know."""

        def note(session: ScopedSession, _actor: Actor) -> int:
            party = Party(kind="organisation", name=name, name_key=name_key(name), address=address)
            party.created_at = self.now
            session.add(party)
            session.flush()
            for key in organisations:
                of = {"organisation_id": self.world.organisations[key], "party_id": party.id, "kind": "customer"}
                session.add(Relation(**of, created_at=self.now))
            return party.id

        return self.do("house", note)

    def begin(self, who: str, customer_id: int, **said: Any) -> int:
        """Return the key of a new draft; complete unless `said` says otherwise."""
        facts = {"product_line": "video", "closing_month": self.day, "value_band": "m", **said}
        draft, key = Draft(customer_id, **facts), f"form {next(_forms)}"
        return self.do(who, lambda session, actor: operations.begin(session, actor, draft, form_key=key, **self.at).id)

    def submit(self, who: str, registration_id: int) -> Place:
        """Hand a draft in."""
        return self.step(who, registration_id, operations.submit)

    def register(self, who: str, customer_id: int, **said: Any) -> int:
        """Return the key of a registration that was begun and handed in."""
        made = self.begin(who, customer_id, **said)
        self.submit(who, made)
        return made

    def approved(self, who: str, customer_id: int, **said: Any) -> int:
        """Return the key of an approved registration."""
        made = self.register(who, customer_id, **said)
        self.decide(made, Verdict.APPROVED)
        return made

    def step(self, who: str, registration_id: int, operation: Callable[..., T], *args: Any, **said: Any) -> T:
        """Do one operation with a registration as its reader sees it now."""

        def work(session: ScopedSession, actor: Actor) -> T:
            row = session.scalars(select(Registration).where(Registration.id == registration_id)).one()
            versioned = {} if operation is operations.undo_withdraw else {"version": row.version}
            return operation(session, actor, row, *args, **{**versioned, **self.at, **said})

        return self.do(who, work)

    def decide(self, registration_id: int, verdict: Verdict, who: str = "supplier.approver", **said: Any) -> None:
        """Decide on a registration, step by step until it is decided."""
        people = [who, "supplier.channel_manager"]
        while people:
            by = people.pop(0)

            def work(session: ScopedSession, actor: Actor) -> str:
                request = self.request(session, registration_id)
                approvals.decide(session, actor, request, verdict, version=request.version, **said, **self.at)
                return request.state

            if self.do(by, work) != "in_review":
                return

    def request(self, session: ScopedSession, registration_id: int) -> ApprovalRequest:
        """Return the newest request for a registration."""
        of = (ApprovalRequest.thing_kind == "registration", ApprovalRequest.thing_id == registration_id)
        query = select(ApprovalRequest).where(*of).order_by(ApprovalRequest.id.desc()).limit(1)
        return session.scalars(query).one()

    def get(self, registration_id: int) -> Registration:
        """Return a registration as it is."""
        return self.do("house", lambda session, _actor: session.get_one(Registration, registration_id))

    def set(self, key: str, value: int) -> None:
        """Set a parameter, as an administrator does."""
        change = lambda session, actor: parameters.change(session, actor, key, value, now=self.now)  # noqa: E731
        self.do("supplier.administrator", change)

    def state(self, registration_id: int) -> str:
        """Return the state of a registration."""
        return self.get(registration_id).state

    def sweep(self) -> int:
        """Do what is due on this day; return how many rows were moved."""
        moment = wiring.Moment(self.now, self.day)
        return sum(self.world.database.write(SYSTEM, lambda unit, do=do: do(unit, moment)) for do in wiring.SWEEPS)

    def pass_days(self, days: int) -> None:
        """Let days pass, without any sweep in between."""
        self.day += timedelta(days=days)


def today_of(world: World) -> date:
    """Return the supplier's day in a world."""
    return business_date(world.now, "Asia/Shanghai")
