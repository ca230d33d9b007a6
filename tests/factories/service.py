"""Service in tests: a visit with a part, a report and a signature, and a return, for a ticket that exists."""

from datetime import timedelta
from io import BytesIO

from sqlalchemy import select

from portal.catalog.models import Product
from portal.files.operations import archive
from portal.files.storing import LocalStore
from portal.policy import SYSTEM
from portal.support.service.models import Return, SparePart, Visit, VisitDocument
from portal.support.tickets.models import Ticket
from tests.factories.world import World
from tests.unit.files.samples import picture


def serve(world: World, ticket_public_id: str, word: str = "") -> dict[str, dict[str, str]]:
    """Write a visit and a return with everything about them; return their addresses by kind."""
    at = world.now
    with world.database.writing(SYSTEM) as session:
        ticket = session.scalars(select(Ticket).where(Ticket.public_id == ticket_public_id)).one()
        its = {"ticket_id": ticket.id, "organisation_id": ticket.organisation_id}
        engineer = world.people["supplier.field_engineer"]
        visit = Visit(
            **its, number=f"V-{ticket.id}", form_key="seeded", state="under_way", engineer_id=engineer,
            place=f"Site {word}", starts_at=at, ends_at=at + timedelta(hours=2), task=f"Look {word}", arrived_at=at,
            work_done=f"Looked {word}", signer=f"Signer {word}", signed_at=at, planned_at=at,
        )  # fmt: skip
        product = session.scalars(select(Product.id).order_by(Product.id).limit(1)).one()
        row = Return(
            **its, number=f"R-{ticket.id}", form_key="seeded", product_id=product, serial=f"RMA-{ticket.id}{word}",
            reason=f"Broken {word}", answer=f"Send it {word}", requested_at=at,
        )  # fmt: skip
        session.add_all([visit, row])
        session.flush()
        part = SparePart(**its, visit_id=visit.id, form_key="seeded", name=f"Fan {word}", quantity=1, added_at=at)
        document = VisitDocument(
            organisation_id=ticket.organisation_id, visit_id=visit.id, locale="en", state="ready",
            content=f"%PDF {word}".encode(), size=9, requested_at=at, ready_at=at,
        )  # fmt: skip
        store = LocalStore(world.settings.files_folder)
        drawn = archive(
            session, visit, BytesIO(picture()), f"{word}.png", "image/png", owner=ticket.organisation_id, store=store,
            now=at,
        )  # fmt: skip
        session.add_all([part, document])
        session.flush()
        visit.signature_id = drawn.id
        visit.version += 1
        names = {"public_id": visit.public_id}
        return {
            "visit": names,
            "visit_part": names | {"part_id": part.public_id},
            "visit_paper": names | {"wanted": "en"},
            "rma": {"public_id": row.public_id},
        }
