"""The same random histories on real databases: after every step the rows say what the model says.

`PORTAL_DATABASE_HISTORIES` says how many. They grow like a tree, so that beginnings are not done again: a step is done
behind a savepoint, and taken back before the next branch.
"""

import os
from copy import deepcopy
from random import Random
from typing import Any

from sqlalchemy import select

from portal.approvals import deciding as approvals
from portal.approvals.subjects import Verdict
from portal.db import ScopedSession, new_public_id
from portal.deals.registrations import operations, pool
from portal.deals.registrations.drafts import Draft, draft_of
from portal.deals.registrations.models import CustomerHolding, PoolEntry, Registration
from portal.deals.registrations.operations import Evidence
from portal.deals.transfers.models import CustomerTransfer, TransferredCustomer
from portal.deals.transfers.moving import transfer
from portal.deals.transfers.preview import Wish, plan
from portal.deals.transfers.undoing import undo
from portal.errors import NotFound, PortalError
from portal.policy import SYSTEM, Actor, OrganisationKind
from portal.wiring import SWEEPS, Moment
from tests.factories.registration_model import LINES, VALUE, Model, Refused, Step, apply, history
from tests.factories.registrations import FIRST_DAY, Registrations

HISTORIES = int(os.environ.get("PORTAL_DATABASE_HISTORIES", "300"))
BRANCHES = (1, 1, 1, 1, 2, 2, 3, 5)  # 60 histories of eight steps with 82 steps to do: they share their beginnings
PARTNERS = {1: "north", 2: "south", 3: "east"}
MANAGER = "supplier.channel_manager"


class Real:
    """Does the steps of one history with the real operations, in one unit of work that nobody keeps."""

    def __init__(self, registrations: Registrations, session: ScopedSession, customer: int) -> None:
        self.tools, self.session, self.customer = registrations, session, customer
        self.ids: list[int] = []
        self.owners: list[int] = []

    def act(self, who: str, work: Any) -> Any:
        """Do one piece of work on behalf of somebody; what is refused leaves nothing behind."""
        actor = self.tools.actor(who)
        with self.session.begin_nested():
            self.session.actor = actor
            try:
                return work(actor)
            finally:
                self.session.actor = self.tools.actor("house")
                self.session.flush()

    def apply(self, step: Step) -> object:  # noqa: PLR0911 - a table of steps
        name, who = step
        if name == "begin":
            return self.begin(who // 2, LINES[who % 2])
        if name == "pass":
            return self.pass_days(who)
        if name == "transfer":
            return self.act(MANAGER, lambda a: self.transfer(a, who // 4, who % 4))
        if name == "take_back":
            return self.act(MANAGER, self.take_back)
        if name in ("claim", "work", "release"):
            return self.pool(name, f"{PARTNERS[who]}.sales")
        owner = f"{PARTNERS[self.owners[who]]}.sales"
        if name in ("approve", "refuse", "give_back"):
            return self.decide(self.ids[who], name)
        row = self.session.get_one(Registration, self.ids[who])
        said: dict[str, Any] = {"version": row.version, **self.tools.at}
        match name:
            case "extend":
                evidence = Evidence("visit", self.tools.day, "met them")
                return self.act(owner, lambda a: operations.extend(self.session, a, row, evidence, **said))
            case "change_line" | "grow":
                return self.edit(owner, row, name, said)
            case "answer":
                return self.act(owner, lambda a: operations.answer(self.session, a, row, "Yes.", **said))
            case "lose":
                return self.act(owner, lambda a: operations.lost(self.session, a, row, reason="price", **said))
            case "reopen" | "override":
                operation = getattr(operations, name)
                return self.act(MANAGER, lambda a: operation(self.session, a, row, "Why", **said))
            case "undo":
                return self.act(owner, lambda a: operations.undo_withdraw(self.session, a, row, **self.tools.at))
        operation = getattr(operations, {"win": "won"}.get(name, name))
        return self.act(owner, lambda a: operation(self.session, a, row, **said))

    def transfer(self, actor: Actor, giver: int, receiver: int) -> None:
        """Give the customer to another organisation, as its preview shows it."""
        world = self.tools.world
        giver_id = world.organisations[PARTNERS[giver]]
        if giver == receiver:
            raise NotFound
        wish = Wish(giver_id, (self.customer,), world.people[f"{PARTNERS[receiver]}.sales"])
        digest = plan(self.session, actor, wish, today=self.tools.day).digest
        key = new_public_id()
        transfer(self.session, actor, wish, digest=digest, form_key=key, **self.tools.at)
        self._own()

    def take_back(self, actor: Actor) -> None:
        """Take back the newest transfer that stands."""
        standing = select(CustomerTransfer).join(
            TransferredCustomer, TransferredCustomer.transfer_id == CustomerTransfer.id
        )
        standing = standing.where(
            CustomerTransfer.undone_at.is_(None), TransferredCustomer.customer_id == self.customer
        )
        made = self.session.scalars(standing.order_by(CustomerTransfer.id.desc()).limit(1)).first()
        if made is None:
            raise NotFound
        undo(self.session, actor, made, now=self.tools.now)
        self._own()

    def _own(self) -> None:
        """Remember whose each registration is now."""
        numbers = {self.tools.world.organisations[name]: number for number, name in PARTNERS.items()}
        query = select(Registration.organisation_id).where(Registration.id.in_(self.ids)).order_by(Registration.id)
        self.owners = [numbers[each] for each in self.session.scalars(query)]

    def begin(self, organisation: int, line: str) -> object:
        who, number = f"{PARTNERS[organisation]}.sales", len(self.ids)
        draft = Draft(self.customer, line, self.tools.day, value_minor=VALUE)

        def begun(actor: Actor) -> Registration:
            return operations.begin(self.session, actor, draft, form_key=f"history {number}", **self.tools.at)

        row = self.act(who, begun)
        self.ids.append(row.id)
        self.owners.append(organisation)
        return self.act(who, lambda a: operations.submit(self.session, a, row, version=row.version, **self.tools.at))

    def edit(self, owner: str, row: Registration, name: str, said: dict[str, Any]) -> object:
        draft = draft_of(row)
        line = LINES[1 - LINES.index(row.product_line)] if name == "change_line" else row.product_line
        value = row.value_minor + (row.value_minor // 8 if name == "grow" else 0)
        changed = Draft(draft.customer_id, line, self.tools.day, value_minor=value, site=draft.site)
        return self.act(owner, lambda a: operations.edit(self.session, a, row, changed, **said))

    def decide(self, registration_id: int, name: str) -> None:
        verdict = {"approve": Verdict.APPROVED, "refuse": Verdict.REFUSED, "give_back": Verdict.RETURNED}[name]
        reason = {"reason": "too_early"} if verdict is Verdict.REFUSED else {}
        for who in ("supplier.approver", "supplier.channel_manager"):
            if self.session.get_one(Registration, registration_id).approval_request_id is None:
                raise NotFound
            request = self.tools.request(self.session, registration_id)
            facts = {"version": request.version, "note": "Which one?", **reason, **self.tools.at}
            self.act(who, lambda a: approvals.decide(self.session, a, request, verdict, **facts))  # noqa: B023
            if request.state != "in_review":
                return

    def pool(self, name: str, who: str) -> object:
        if name == "claim":
            waiting = (PoolEntry.customer_id == self.customer, PoolEntry.left_on.is_(None))
            entry = self.session.scalar(select(PoolEntry.public_id).where(*waiting)) or "nothing"
            return self.act(who, lambda a: pool.claim(self.session, a, entry, **self.tools.at))
        organisation = self.tools.world.organisations[who.partition(".")[0]]
        mine = (CustomerHolding.customer_id == self.customer, CustomerHolding.organisation_id == organisation)
        holding = self.session.scalar(select(CustomerHolding).where(*mine, CustomerHolding.ended_on.is_(None)))
        if holding is None:
            raise NotFound
        if name == "release":
            return self.act(who, lambda a: pool.release(self.session, a, holding, **self.tools.at))
        done = {"happened_on": self.tools.day, **self.tools.at}
        return self.act(who, lambda a: pool.note_activity(self.session, a, holding, "rang", **done))

    def pass_days(self, days: int) -> None:
        self.tools.pass_days(days)
        while sum(sweep(self.session, Moment(self.tools.now, self.tools.day)) for sweep in SWEEPS):
            pass

    def rows(self) -> list[tuple[Any, ...]]:
        """Return what the database says of every registration, in the order they were begun."""
        row = Registration
        query = select(
            row.organisation_id, row.state, row.product_line, row.protected_until, row.next_step_on, row.value_minor,
            row.asked_minor, row.extensions, row.resubmissions,
        ).where(row.id.in_(self.ids)).order_by(row.id)  # fmt: skip
        return [tuple(found) for found in self.session.execute(query)]

    def customer_is(self) -> tuple[bool, list[tuple[Any, ...]]]:
        """Return whether the customer is in the pool, and who works on it until when."""
        entries = select(PoolEntry.id).where(PoolEntry.customer_id == self.customer, PoolEntry.left_on.is_(None))
        of = (CustomerHolding.customer_id == self.customer, CustomerHolding.ended_on.is_(None))
        query = select(CustomerHolding.organisation_id, CustomerHolding.ends_on, CustomerHolding.worked_on).where(*of)
        held = sorted((tuple(row) for row in self.session.execute(query)), key=str)
        return self.session.scalar(entries) is not None, held


def compare(model: Model, real: Real) -> None:
    said = [
        (
            real.tools.world.organisations[PARTNERS[r.organisation]],
            r.state.value,
            r.line,
            r.until,
            r.step_on,
            r.value,
            r.asked,
            r.extensions,
            r.resubmissions,
        )
        for r in model.rows
    ]
    assert real.rows() == said
    organisations = real.tools.world.organisations
    held = [(organisations[PARTNERS[h.organisation]], h.ends, h.worked) for h in model.holdings]
    assert real.customer_is() == (model.pooled, sorted(held, key=str))


def _refusal(do: Any, what: object, step: Step) -> Exception | None:
    """Do a step; return why it was refused, if it was."""
    try:
        do(what, step)
    except (Refused, PortalError) as error:
        return error
    return None


def grow(model: Model, real: Real, random: Random, branches: tuple[int, ...]) -> int:
    """Do one more step in several ways, each from the same beginning, and so on; return how many histories ended."""
    if not branches:
        return 1
    ended, here = 0, (list(real.ids), list(real.owners), real.tools.day)
    for _ in range(branches[0]):
        branch, point = deepcopy(model), real.session.begin_nested()
        step = next(history(random, 1))(branch)
        expected, found = _refusal(apply, branch, step), _refusal(Real.apply, real, step)
        assert (expected is None) == (found is None), f"{step}: {found!r}"
        compare(branch, real)
        ended += grow(branch, real, random, branches[1:])
        point.rollback()
        real.session.expire_all()
        real.ids, real.owners, real.tools.day = list(here[0]), list(here[1]), here[2]
    return ended


def test_random_histories_say_what_the_model_says(registrations: Registrations) -> None:
    with registrations.world.database.writing(SYSTEM) as session:
        registrations.world.add_organisation(session, "east", "East", OrganisationKind.PARTNER, "")
    customer, histories, seed = registrations.customer("north", "south", "east"), 0, 0
    for who in ("north.sales", "south.sales", "east.sales", "supplier.approver", "supplier.channel_manager"):
        registrations.actor(who)  # signed in beforehand
    while histories < HISTORIES:
        seed, registrations.day = seed + 1, FIRST_DAY
        with ScopedSession(registrations.world.database.engine, expire_on_commit=False) as session:
            session.actor = SYSTEM
            try:
                histories += grow(Model(FIRST_DAY), Real(registrations, session, customer), Random(seed), BRANCHES)
            except AssertionError as error:
                raise AssertionError(f"tree {seed}") from error
            session.rollback()
