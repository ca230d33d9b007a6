"""Rows of conversations, of the desk and of the telephone."""

from io import BytesIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.catalog.models import InstalledItem, Product, Site
from portal.files.operations import archive
from portal.files.storing import LocalStore
from portal.parties.models import Party
from portal.policy import SYSTEM
from portal.support.mailing.models import MailIn
from portal.support.phone.calling import arrive
from portal.support.phone.models import Lead, LeadRoute
from portal.support.tickets.desk_models import Macro, Queue
from tests.factories.registrations import today_of
from tests.factories.service import serve
from tests.factories.talks import converse
from tests.factories.world import World


def talk(world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Let people of every organisation talk with the house, and let a stranger write."""
    found = {
        ("talk", who.split(".")[0]): converse(world, who) for who in ("north.sales", "south.sales", "hospital.owner")
    }
    for (_kind, key), names in list(found.items()):
        found["draft_file", key] = names | {"file_id": names["draft_file_id"]}
        found |= {(kind, key): its for kind, its in serve(world, names["public_id"]).items()}
    with world.database.writing(SYSTEM) as session:
        mail = MailIn(key="strange", received_at=world.now, sender="x@example.com", size=1, outcome="unknown")
        session.add(mail)
        session.flush()
        house, store = world.organisations["supplier"], LocalStore(world.settings.files_folder)
        archive(session, mail, BytesIO(b"x"), "m.eml", "message/rfc822", owner=house, store=store, now=world.now)
        found["mail", ""] = {"public_id": mail.public_id}
    return found


def keep_desk(session: Session, world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Keep a queue and a macro, and let equipment stand at every organisation."""
    lists: dict[str, list[str]] = {name: [] for name in ("lines", "regions", "kinds", "skills")}
    queue = Queue(key="all", name_en="All", name_zh="全部", **lists, archived_at=None, changed_at=world.now)
    words = {"name_en": "Hello", "name_zh": "您好", "body_en": "Hello", "body_zh": "您好"}
    macro = Macro(**words, archived_at=None, changed_at=world.now)
    session.add_all([queue, macro])
    session.flush()
    customer = session.get_one(Party, world.customers["north"])
    found = {
        ("ticket_queue", ""): {"public_id": queue.public_id},
        ("ticket_macro", ""): {"public_id": macro.public_id},
        ("ticket_target", ""): {"contract": "standard", "priority": "low"},
        ("ticket_terms", ""): {"public_id": customer.public_id},
    }
    product = session.scalars(select(Product.id).limit(1)).one()
    for key in ("north", "south", "hospital"):
        owner = world.organisations["supplier" if key == "hospital" else key]
        site = Site(organisation_id=owner, party_id=world.organisations[key], name=f"Site of {key}")
        session.add(site)
        session.flush()
        item = InstalledItem(
            organisation_id=owner, site_id=site.id, product_id=product, serial=f"SN-{key}", state="installed"
        )
        session.add(item)
        session.flush()
        found["item", key] = {"public_id": item.public_id}
    return found


def call(session: Session, world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Let somebody unknown call, and send the leads of one region to somebody."""
    taken = arrive(session, SYSTEM, "0871 6555 0199", now=world.now, today=today_of(world))
    route = LeadRoute(region="CN-SD", person_id=world.people["supplier.channel_manager"], changed_at=world.now)
    session.add(route)
    session.flush()
    lead = session.get_one(Lead, taken.lead_id)
    return {
        ("caller", ""): {"caller": "0871 6555 0199"},
        ("call", ""): {"public_id": taken.public_id},
        ("lead", ""): {"public_id": lead.public_id},
        ("lead_route", ""): {"public_id": route.public_id},
    }
