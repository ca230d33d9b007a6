"""Two partners with everything that an organisation can have, and a hand to give customers away."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from portal import wiring
from portal.db import ScopedSession
from portal.deals.transfers.models import CustomerTransfer
from portal.deals.transfers.moving import transfer
from portal.deals.transfers.preview import Plan, Wish, plan
from portal.deals.transfers.undoing import undo
from portal.policy import SYSTEM, Actor
from portal.support.tickets.models import Ticket
from tests.factories.registrations import today_of
from tests.factories.seeds import Seed
from tests.factories.world import World
from tests.functional.rights.secret_world import SecretWorld

MANAGER = "supplier.channel_manager"


@dataclass
class Hands:
    """Gives customers of one side to a person of the other, and takes them back."""

    world: World
    secrets: dict[str, Any]

    @property
    def now(self) -> datetime:
        """Return when it happens: a little later than everything of the world."""
        return self.world.now + timedelta(minutes=5)

    def do(self, who: str, work: Callable[[ScopedSession, Actor], Any]) -> Any:
        actor = self.world.actor(who)
        return self.world.database.write(actor, lambda session: work(session, actor))

    def wish(self, giver: str, receiver: str, *customers: int) -> Wish:
        mine = customers or (self.world.customers[giver],)
        return Wish(self.world.organisations[giver], tuple(mine), self.world.people[receiver])

    def plan(self, wish: Wish, who: str = MANAGER) -> Plan:
        return self.do(who, lambda session, actor: plan(session, actor, wish, today=today_of(self.world)))

    def give(self, wish: Wish, who: str = MANAGER, form_key: str = "form", digest: str = "", note: str = "") -> int:
        """Return the key of a transfer as the preview shows it."""
        digest = digest or self.plan(wish, who).digest
        said = {"digest": digest, "form_key": form_key, "note": note, "now": self.now, "today": today_of(self.world)}
        return self.do(who, lambda session, actor: transfer(session, actor, wish, **said).id)

    def undo(self, made: int, who: str = MANAGER, *, later: timedelta = timedelta(hours=1)) -> None:
        def work(session: ScopedSession, actor: Actor) -> None:
            undo(session, actor, session.get_one(CustomerTransfer, made), now=self.now + later)

        self.do(who, work)


@pytest.fixture
def seed() -> Seed:
    """Two partners, one of whom has one of everything with a customer."""
    return Seed("secret words", lambda world: SecretWorld.build(world, world.database).said())


@pytest.fixture
def hands(world: World, sown: Any) -> Hands:
    """Let what the partner asked the house about be a matter of his customer: a ticket with everything in it."""
    wiring.install()
    with world.database.writing(SYSTEM) as session:
        own = Ticket.organisation_id == world.organisations["north"]
        session.execute(update(Ticket).where(own).values(customer_id=world.customers["north"]))
    return Hands(world, sown.known())
