"""Transfers for functional tests, made by the real operations."""

from datetime import datetime

from portal.db import ScopedSession
from portal.deals.transfers.models import CustomerTransfer
from portal.deals.transfers.moving import transfer
from portal.deals.transfers.preview import Wish, plan
from portal.parties.models import Party, Relation, name_key
from portal.policy import SYSTEM
from tests.factories.registrations import today_of
from tests.factories.world import World


def bare_customer(world: World, organisation: str, name: str) -> int:
    """Return a customer of whom an organisation knows nothing but the name."""
    with world.database.writing(SYSTEM) as session:
        party = Party(kind="organisation", name=name, name_key=name_key(name), created_at=world.now)
        session.add(party)
        session.flush()
        knows = {"organisation_id": world.organisations[organisation], "party_id": party.id, "kind": "customer"}
        session.add(Relation(**knows, created_at=world.now))
        return party.id


def hand_over(
    world: World, who: str, giver: str, receiver: str, *customers: int, now: datetime | None = None, note: str = ""
) -> CustomerTransfer:
    """Return the transfer of customers of an organisation to a person, as the preview shows it."""
    actor, today = world.actor(who), today_of(world)
    wish = Wish(world.organisations[giver], customers, world.people[receiver])

    def work(session: ScopedSession) -> CustomerTransfer:
        digest = plan(session, actor, wish, today=today).digest
        key = f"{giver} {receiver} {customers}"[:40]
        return transfer(session, actor, wish, digest=digest, form_key=key, note=note, now=now or world.now, today=today)

    return world.database.write(actor, work)
