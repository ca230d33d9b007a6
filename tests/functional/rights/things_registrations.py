"""Rows of registrations, of the pool and of transfers."""

from functools import partial
from io import BytesIO

from portal import wiring
from portal.deals.registrations.models import CustomerHolding, PoolEntry
from portal.files.operations import keep
from portal.files.storing import LocalStore
from portal.policy import SYSTEM
from tests.factories.registrations import Registrations, today_of
from tests.factories.transfers import bare_customer, hand_over
from tests.factories.world import World


def register_things(world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Register something for both partners, attach a file, and put customers into the pool."""
    registering, found = Registrations(world, today_of(world)), dict[tuple[str, str], dict[str, str]]()
    wiring.install()
    store = LocalStore(world.settings.files_folder)
    for key in ("north", "south"):
        who = f"{key}.sales"
        row = registering.get(registering.begin(who, world.customers[key], site=f"Site of {key}"))
        stream = BytesIO(b"a visit")
        file = registering.step(who, row.id, partial(_attach, stream, store))
        found["registration", key] = {"public_id": row.public_id}
        found["upload", key] = {"public_id": row.public_id, "file_id": file}
        held = CustomerHolding(
            organisation_id=world.organisations[key], person_id=world.people[who], customer_id=world.customers[key],
            source="assigned", since=registering.day, worked_on=registering.day,
        )  # fmt: skip
        with world.database.writing(SYSTEM) as session:
            session.add(held)
            session.flush()
            found["holding", key] = {"public_id": held.public_id}
        given = bare_customer(world, key, f"Given by {key}")
        made = hand_over(world, f"{key}.owner", key, f"{key}.sales", given)
        found["transfer", key] = {"public_id": made.public_id, "document_id": "0" * 16}
    with world.database.writing(SYSTEM) as session:
        entry = PoolEntry(customer_id=world.customers["hospital"], reason="unworked", entered_on=registering.day)
        session.add(entry)
        session.flush()
        found["pool_entry", ""] = {"public_id": entry.public_id}
    return found


def _attach(stream, store, session, actor, row, *, now, **_at) -> str:  # type: ignore[no-untyped-def]
    return keep(session, actor, row, stream, "visit.txt", store=store, now=now).public_id
