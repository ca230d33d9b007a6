"""Rows of every kind that an address may name."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Invitation
from portal.api.models import ApiToken
from portal.approvals.models import Absence
from portal.calendars.models import Calendar, CalendarDay
from portal.catalog.models import Product
from portal.configurator.engineering_models import EngineerQuestion
from portal.configurator.models import Configuration
from portal.configurator.template_models import SavedTemplate
from portal.db import utc_now
from portal.deals.registrations.simulating_models import SimulationRun
from portal.notify.models import Notice
from portal.outbox import OutboxJob
from portal.parties.import_models import PartyImport
from portal.parties.merging import merge
from portal.parties.merging_models import PartyPair
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyAddress
from portal.policy import ROLES_OF, SYSTEM, OrganisationKind
from portal.sharing.models import Comment, CommentThread, Share
from tests.factories.deals import Deals
from tests.factories.knowledge import write_for_matrix
from tests.factories.world import World
from tests.functional.rights.things_registrations import register_things
from tests.functional.rights.things_support import call, keep_desk, talk


def write_things(world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Write rows that exist; return address values by (kind, organisation key)."""
    database = world.database
    deals = Deals.open(world)
    found: dict[tuple[str, str], dict[str, str]] = {}
    for who in ("north.sales", "south.sales", "hospital.customer"):
        found["configuration", who.split(".")[0]] = {"public_id": deals.configure(who)}
    for who in ("north.sales", "south.sales"):
        found["quote", who.split(".")[0]] = {"public_id": deals.issue(who), "wanted": "en"}
        found["resale", who.split(".")[0]] = deals.resell(who) | {"wanted": "en"}
        found["approval", who.split(".")[0]] = {"public_id": deals.ask_special_price(who)}
        found["order", who.split(".")[0]] = {"public_id": deals.order(who), "wanted": "en"}
    with database.writing(SYSTEM) as session:
        job = OutboxJob(kind="mail", payload={}, state="dead", created_at=utc_now(), available_at=utc_now())
        session.add(job)
        for key in ("north", "south", "hospital"):
            organisation = world.organisations[key]
            person = world.add_person(session, key, next(iter(_roles(key))), suffix=".other")
            invited = Invitation(
                organisation_id=organisation, email=f"new@{key}.example", name="New", roles=["owner"], locale="en",
                created_at=world.now, expires_at=world.now.replace(year=world.now.year + 1),
            )  # fmt: skip
            session.add(invited)
            session.flush()
            found["person", key] = {"public_id": person.public_id}
            found["invitation", key] = {"public_id": invited.public_id}
            saved = SavedTemplate(
                organisation_id=organisation, rule_key="video-site", name=f"Template of {key}", choices={},
                created_at=world.now,
            )  # fmt: skip
            session.add(saved)
            session.flush()
            found |= _said(session, world, key, found["configuration", key]["public_id"])
            found["template", key] = {"public_id": saved.public_id}
            public_id = found["configuration", key]["public_id"]
            about = session.scalars(select(Configuration).where(Configuration.public_id == public_id)).one()
            asked = EngineerQuestion(
                organisation_id=organisation, configuration_id=about.id, rule_revision_id=about.rule_revision_id,
                columns=[], filled=[], text=f"Question of {key}", asked_at=world.now, due_at=world.now,
            )  # fmt: skip
            session.add(asked)
            session.flush()
            found["engineer_question", key] = {"public_id": asked.public_id}
            if key != "hospital":
                found["token", key] = {"public_id": _token(session, world, organisation)}
            customer = session.get_one(Party, world.customers[key])
            found["customer", key] = {"public_id": customer.public_id}
            if key != "hospital":
                found |= _noted(session, world, key, customer)
        for key, person_id in world.people.items():
            notice = Notice(person_id=person_id, kind="welcome", params={}, path="/", created_at=world.now)
            session.add(notice)
            session.flush()
            found["notice", key] = {"public_id": notice.public_id}
            absence = Absence(person_id=person_id, starts_on=date(2030, 1, 1), ends_on=date(2030, 1, 2))
            absence.created_at = world.now
            session.add(absence)
            session.flush()
            found["absence", key] = {"public_id": absence.public_id}
        found["product", ""] = {"public_id": session.scalars(select(Product.public_id).limit(1)).one()}
        found["revision", ""] = {"key": "video-site", "number": "1"}
        found["job", ""] = {"public_id": job.public_id}
        found |= _duplicates(session, world)
        calendar = session.scalars(select(Calendar)).one()
        holiday = CalendarDay(calendar_id=calendar.id, day=date(2030, 1, 1), slots=[], name="New Year")
        session.add(holiday)
        found["calendar", ""] = {"public_id": calendar.public_id, "day": holiday.day.isoformat()}
        found["approval_rule", ""] = {"key": "special_price"}
        day = date(2030, 1, 1)
        facts = {"source": "list", "begins": day, "ends": day, "numbers": {}, "in_force": {}, "totals": {}}
        run = SimulationRun(**facts, state="checked", created_at=world.now)
        session.add(run)
        session.flush()
        found["simulation", ""] = {"public_id": run.public_id}
        found["parameter", ""] = {"key": "registration.protection_days"}
        found |= call(session, world) | keep_desk(session, world)
    return found | register_things(world) | talk(world) | write_for_matrix(world)


def _token(session: Session, world: World, organisation: int) -> str:
    token = ApiToken(
        organisation_id=organisation, name="ERP", prefix=f"portal_{organisation}", token_hash=str(organisation),
        scopes=[], created_at=world.now, expires_at=world.now,
    )  # fmt: skip
    session.add(token)
    session.flush()
    return token.public_id


def _roles(key: str) -> list:  # type: ignore[type-arg]
    kind = OrganisationKind.CUSTOMER if key == "hospital" else OrganisationKind.PARTNER
    return list(ROLES_OF[kind])


def _said(session: Session, world: World, key: str, public_id: str) -> dict[tuple[str, str], dict[str, str]]:
    """Share a configuration with somebody of the supplier, and comment on it."""
    row = session.scalars(select(Configuration).where(Configuration.public_id == public_id)).one()
    its = {"organisation_id": row.organisation_id, "kind": "configuration", "thing_id": row.id}
    receiver = {
        "with_person_id": world.people["supplier.approver"],
        "person_organisation_id": world.organisations["supplier"],
    }
    shared = Share(**its, **receiver, access="view", created_at=world.now)
    thread = CommentThread(**its, line_key="", created_at=world.now)
    session.add_all([shared, thread])
    session.flush()
    author = next(world.people[name] for name in world.people if name.endswith(".owner") and name.startswith(key))
    said = Comment(**its, thread_id=thread.id, body="Why?", author_id=author, created_at=world.now)
    session.add(said)
    session.flush()
    return {
        ("share", key): {"public_id": public_id, "share_id": shared.public_id},
        ("comment", key): {"public_id": public_id, "comment_id": said.public_id},
    }


def _noted(session: Session, world: World, key: str, customer: Party) -> dict[tuple[str, str], dict[str, str]]:
    """Note contacts and addresses of a customer, and check a list of customers."""
    its = {"organisation_id": world.organisations[key], "created_at": world.now}
    people = [
        Party(kind="contact", name=name, name_key=name, employer_id=customer.id, created_at=world.now)
        for name in ("ada", "bea")
    ]
    addresses = [PartyAddress(**its, party_id=customer.id, address=text) for text in ("Road 1", "Road 2")]
    counts = dict.fromkeys(("row_count", "new_count", "known_count", "wrong_count"), 0)
    checked = PartyImport(**its, **counts, name="list.csv", recognised=["name"], ignored=[])
    session.add_all([*people, *addresses, checked])
    session.flush()
    session.add_all([Relation(**its, party_id=person.id, kind="customer") for person in people])
    mine = (Relation.organisation_id == world.organisations[key], Relation.party_id == customer.id)
    session.scalars(select(Relation).where(*mine)).one().address = "Road 0"
    session.flush()
    at = {"public_id": customer.public_id}
    return {
        ("contact", key): at | {"contact_id": people[0].public_id},
        ("removed_contact", key): at | {"contact_id": people[1].public_id},
        ("party_note", key): at | {"note_id": addresses[0].public_id},
        ("removed_note", key): at | {"note_id": addresses[1].public_id},
        ("party_import", key): {"import_id": checked.public_id},
    }


def _duplicates(session: Session, world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Put two customers into the steward's queue, and two others into one."""
    left, right = sorted((world.customers["north"], world.customers["south"]))
    pair = PartyPair(left_id=left, right_id=right, score=90, reason="name", found_at=world.now)
    session.add(pair)
    session.flush()
    both = [Party(kind="organisation", name=name, name_key=name, created_at=world.now) for name in ("one", "other")]
    session.add_all(both)
    session.flush()
    made = merge(session, SYSTEM, *both, now=world.now)
    return {("party_pair", ""): {"pair_id": pair.public_id}, ("party_merge", ""): {"merge_id": made.public_id}}
