"""What the index lets a reader find is what the database shows him, for every kind of document.

Pages ask the database again before they show a hit, so a document of others would never be read there; but it would be
counted, ranked, and take the place of one's own.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select, update

from portal import wiring
from portal.configurator.models import Configuration
from portal.parties.models import Organisation
from portal.policy import SYSTEM
from portal.search import audience
from portal.search.documents import Document
from portal.search.sources import installed
from portal.sharing.models import Share
from portal.support.tickets.models import Ticket
from tests.factories.seeds import Seed, Sown
from tests.factories.world import World
from tests.functional.rights.secret_world import SecretWorld

READERS = (
    "north.sales", "north.engineer", "north.finance", "west.owner", "south.sales", "hospital.customer", "clinic.owner",
    "supplier.channel_manager", "supplier.support_agent", "supplier.product_manager", "supplier.finance",
)  # fmt: skip
LOOKERS = {"north", "hospital"}  # the others see some words of each other: they send and take over
FOR_EVERYBODY = {"product", "article"}  # articles of every level: `support/knowledge/test_articles`


@pytest.fixture
def seed() -> Seed:
    return Seed("secret words", lambda world: SecretWorld.build(world, world.database).said())


@pytest.fixture
def secrets(world: World, sown: Sown) -> SecretWorld:
    wiring.install()
    return SecretWorld(world, **sown.known())


def solve(world: World) -> None:
    """Let the tickets of all organisations be cases."""
    with world.database.writing(SYSTEM) as session:
        over = {"state": "solved", "solution": "Another switch", "closes_at": world.now}
        session.execute(update(Ticket).values(**over))


def documents(world: World) -> dict[str, Sequence[Document]]:
    with world.database.reading(SYSTEM) as session:
        return {kind: source.rows(session, 0, 10_000) for kind, source in installed().items()}


def text_of(document: Document) -> str:
    return " ".join((document.title, document.title_zh, document.body, *document.wordings, str(document.facts)))


def test_every_kind_is_found_by_those_who_see_its_rows(secrets: SecretWorld) -> None:
    world = secrets.world
    solve(world)
    found = documents(world)
    by_some: dict[str, set[bool]] = {kind: set() for kind in found}
    for who in READERS:
        if who not in world.people:
            continue
        actor = world.actor(who)
        with world.database.reading(SYSTEM) as session:
            mine = audience.tokens(actor, session.get_one(Organisation, actor.organisation_id))
        key = who.partition(".")[0]
        foreign = secrets.foreign_words(key) if key in LOOKERS else {}
        for kind, all_of_kind in found.items():
            readable = [document for document in all_of_kind if document.audience & mine]
            model: Any = installed()[kind].model
            with world.database.reading(actor) as session:
                seen = set(session.scalars(select(model.id).where(model.id.in_([each.id for each in all_of_kind]))))
            known = {document.id for document in readable}
            assert known <= seen, (who, kind)
            assert not seen - known - ({actor.organisation_id} if kind == "customer" else set()), (who, kind)
            leaked = [word for document in readable for word in foreign if word in text_of(document)]
            assert not leaked, (who, kind, leaked)
            by_some[kind] |= {document in readable for document in all_of_kind}
    assert {kind for kind, said in by_some.items() if said != {True, False}} <= FOR_EVERYBODY, "make some of these"


def test_a_revoked_share_and_a_merged_ticket_are_found_no_more(secrets: SecretWorld) -> None:
    world = secrets.world
    actor = world.actor("west.owner")
    with world.database.writing(SYSTEM) as session:
        mine = audience.tokens(actor, session.get_one(Organisation, actor.organisation_id))
        session.execute(update(Share).values(revoked_at=world.now))
        one, other = session.scalars(select(Ticket.id).order_by(Ticket.id).limit(2))
        over = {"state": "merged", "merged_into_id": other}
        session.execute(update(Ticket).where(Ticket.id == one).values(**over))
    found = documents(world)
    assert one not in {document.id for document in found["matter"]}
    with world.database.reading(actor) as session:
        seen = set(session.scalars(select(Configuration.id)))
    assert {document.id for document in found["configuration"] if document.audience & mine} == seen
