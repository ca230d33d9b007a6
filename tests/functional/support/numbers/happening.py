"""A support desk on which anything happens: what people and the worker do, chosen at random."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.dates import business_date
from portal.errors import PortalError
from portal.files.stores import store_of
from portal.policy import SYSTEM
from portal.support.matching import solving
from portal.support.matching.models import Deflection
from portal.support.numbers import keeping
from portal.support.phone.models import Call
from portal.support.tickets import joining, rating, sweeps, working
from portal.support.tickets.desk import QueueWords, keep_queue
from portal.support.tickets.models import Message, Ticket
from portal.support.tickets.replying import Said, reply
from tests.factories.support import Desk

ZONE = "America/New_York"
AGENT, LEAD, CUSTOMER, PARTNER = (
    "supplier.support_agent", "supplier.support_lead", "hospital.customer", "north.sales",
)  # fmt: skip
STEPS = {
    "open": 6, "answer": 5, "ask": 2, "solve": 6, "say": 4, "close": 1, "reopen": 2, "rate": 4, "merge": 1, "split": 1,
    "hand_over": 2, "change": 2, "call": 2, "deflect": 3, "take_back": 1, "worker": 2, "count": 4,
}  # fmt: skip


@dataclass
class Happening:
    """The desk, and what chance does on it; what a state does not allow is not done."""

    desk: Desk
    chance: random.Random
    zone: str = ZONE
    queues: list[str] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        lead = self.desk.actors[LEAD]
        for name in ("Cameras", "Rest"):
            words = QueueWords(name, name)
            row = self.desk.world.database.write(
                lead, lambda session, words=words: keep_queue(session, lead, None, words, version=0, now=self.desk.now)
            )
            self.queues.append(row.public_id)

    @property
    def today(self) -> date:
        return business_date(self.desk.now, self.zone)

    def go_on(self, steps: int) -> None:
        for _each in range(steps):
            self.desk.later(hours=self.chance.choice((0.2, 1, 5, 9, 24, 50)))
            self.count += 1
            step = self.chance.choices([*STEPS], [*STEPS.values()])[0]
            try:
                getattr(self, f"_{step}")()
            except PortalError:  # not in this state
                continue

    def of_each(self) -> None:
        """Let happen what chance may leave out: rated, came again, called and written down, split off."""
        self.desk.later(days=1)
        item = self.desk.items["hospital"]
        first = self.desk.open(CUSTOMER, "first of two", item=item).public_id
        self.desk.do(AGENT, reply, Said("Done", "done", then="solve"), ticket=first)
        self.desk.do(CUSTOMER, rating.rate, 5, "", ticket=first)
        self.desk.later(days=2)
        self.desk.open(CUSTOMER, "second of two", item=item)
        self._call(self.desk.world.organisations["hospital"])
        self.desk.open(AGENT, "written down", customer=self.desk.customers["hospital"], channel="phone")
        self._split()

    def _some(self) -> str:
        return self.chance.choice(self.desk.all(Ticket)[-6:]).public_id

    def _do(self, who: str, work: Any, *args: Any, **more: Any) -> Any:
        return self.desk.do(who, work, *args, ticket=self._some(), **more)

    def _said(self, then: str = "answer") -> Said:
        return Said("Words", f"s{self.count}", then=then)

    def _open(self) -> None:
        who = self.chance.choice((CUSTOMER, PARTNER, AGENT))
        said = {"item": self.desk.items["hospital"]} if self.chance.random() < 0.5 else {}
        if who != CUSTOMER and not said:
            said = {"customer": self.desk.customers["hospital" if who == AGENT else "north"]}
        channel = {"channel": self.chance.choice(("phone", "mail"))} if who == AGENT else {}
        impact = self.chance.choice(("all", "part", "question"))
        self.desk.open(who, f"o{self.count}", impact=impact, product_line="cameras", **said, **channel)

    def _answer(self) -> None:
        self._do(AGENT, reply, self._said())

    def _ask(self) -> None:
        self._do(AGENT, reply, self._said("ask"))

    def _solve(self) -> None:
        self._do(AGENT, reply, self._said("solve"))

    def _say(self) -> None:
        self._do(self.chance.choice((CUSTOMER, PARTNER)), reply, self._said())

    def _close(self) -> None:
        self._do(CUSTOMER, working.close)

    def _reopen(self) -> None:
        self._do(CUSTOMER, working.reopen)

    def _rate(self) -> None:
        self._do(CUSTOMER, rating.rate, self.chance.randint(1, 5), "")

    def _merge(self) -> None:
        self._do(AGENT, joining.merge, self.desk.now_is(self._some()))

    def _split(self) -> None:
        ticket = self._some()
        said = self.desk.all(Message, Message.ticket_id == self.desk.now_is(ticket).id)
        store = store_of(self.desk.world.settings)
        more = {"subject": "Another matter", "form_key": f"p{self.count}", "store": store}
        self.desk.do(AGENT, joining.split, [said[0].public_id], ticket=ticket, **more)

    def _hand_over(self) -> None:
        self._do(AGENT, working.hand_over, self.chance.choice(self.queues), "")

    def _change(self) -> None:
        ticket = self.desk.now_is(self._some())
        impact, version = self.chance.choice(("all", "part", "question")), ticket.version
        self.desk.do(AGENT, working.change, {"impact": impact}, ticket=ticket.public_id, version=version)

    def _call(self, party: int | None = None) -> None:
        whose = party or self.chance.choice((None, self.desk.world.organisations["hospital"]))
        key = f"{'sure' if party else 'c'}{self.count}"
        row = Call(call_key=key, source="page", number="1", number_key="1", party_id=whose, at=self.desk.now)
        self.desk.world.database.write(SYSTEM, lambda session: session.add(row))

    def _deflect(self) -> None:
        hospital = self.chance.random() < 0.7
        who = (CUSTOMER, "hospital") if hospital else (PARTNER, "north")
        kind = self.chance.choice(("article", "ticket"))
        row = Deflection(
            organisation_id=self.desk.world.organisations[who[1]], form_key=f"d{self.count}", fault="x",
            person_id=self.desk.world.people[who[0]], case_kind=kind, case_id=self.chance.randint(1, 3),
            product_line=self.chance.choice(("cameras", "ups")), at=self.desk.now, day=self.today,
            settle_on=self.today + timedelta(days=8),
        )  # fmt: skip
        self.desk.world.database.write(SYSTEM, lambda session: session.add(row))

    def _take_back(self) -> None:
        def work(session: Any) -> None:
            row = session.scalars(select(Deflection).order_by(Deflection.id.desc()).limit(1)).first()
            if row is not None and row.state == "waiting":
                row.state, row.settled_at = "contacted", self.desk.now

        self.desk.world.database.write(SYSTEM, work)

    def _worker(self) -> None:
        self.desk.sweep(sweeps.breach)
        self.desk.sweep(sweeps.close_solved)
        settle = lambda session: solving.settle(session, now=self.desk.now, today=self.today)  # noqa: E731
        self.desk.world.database.write(SYSTEM, settle)

    def _count(self) -> None:
        self.counted(keeping.keep)

    def counted(self, work: Any = keeping.keep_all) -> None:
        """Let the worker count."""
        moment = {"zone": self.zone, "now": self.desk.now, "today": self.today}
        self.desk.world.database.write(SYSTEM, lambda session: work(session, **moment))
