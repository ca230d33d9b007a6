"""Leads: made, routed, called back, made customers of, dropped, opened again. Whoever is unknown gets one at once."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.calendars.nudging import counted_hours
from portal.db import as_actor
from portal.deals.operations import next_number
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.limits import bounded
from portal.notify.operations import tell
from portal.parameters.queries import values
from portal.parties.comparing import ask_to_compare
from portal.parties.identity.matching import identities, index
from portal.parties.identity.phones import normal_phone
from portal.parties.models import Organisation, Party
from portal.parties.operations import Details, new_party, new_relation
from portal.parties.words import TABLES
from portal.policy import SYSTEM, Actor, OrganisationKind, Permission, Reach
from portal.support.phone import lifecycle
from portal.support.phone.area_codes import region_of
from portal.support.phone.lifecycle import WAITING, LeadAction
from portal.support.phone.models import LONGEST_NAME, LONGEST_NOTE, LONGEST_NUMBER, Lead, answers_calls
from portal.support.phone.people import assignee_for, workers
from portal.words import N_

CHANGED: Final = N_("Somebody else changed this lead while your page was open. Look at it again.")
LONGEST: Final = {"name": LONGEST_NAME, "contact": LONGEST_NAME, "phone": LONGEST_NUMBER, "wish": LONGEST_NOTE}


@dataclass(frozen=True, slots=True)
class Known:
    """What somebody learned of a lead."""

    name: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    industry: str = ""
    region: str = ""
    wish: str = ""


def lead_of_number(session: Session, number: str, number_key: str, *, now: datetime, today: date) -> Lead:
    """Return the open lead of a number, or a new one, routed by where the number is from."""
    found = _waiting(session, number_key)
    return found or _make(session, Known(phone=number, region=region_of(number_key)), now=now, today=today)[0]


def add_lead(session: Session, actor: Actor, known: Known, *, now: datetime, today: date) -> Lead:
    """Note somebody who may become a customer; an open lead of the same number is that one, filled in."""
    if not _may_write(actor):
        raise NotAllowed
    _check(known)
    if not (known.name or known.contact) or not (known.phone or known.email):
        field = "phone" if known.name or known.contact else "name"
        raise Invalid(N_("A name, and a phone number or mail address to answer to, are needed."), field=field)
    key = normal_phone(known.phone)
    found, is_new = _waiting(session, key), False
    if found is None:
        found, is_new = _make(session, known, now=now, today=today)
    if not is_new:
        learn(session, actor, found, known, version=found.version, now=now)
    return found


def learn(
    session: Session, actor: Actor, lead: Lead, known: Known, *, version: int, now: datetime, whole: bool = False
) -> None:
    """Write down what was learned; a lead whose industry or region changed, and that nobody has begun, goes anew.

    What is empty in `known` stays as it is, unless this is the `whole` of what is known.
    """
    if not _may_write(actor):
        raise NotAllowed
    _expect(lead, version)
    _check(known)
    said = {key: value for key, value in asdict(known).items() if (value or whole) and value != getattr(lead, key)}
    if not said:
        return
    before = {key: getattr(lead, key) for key in said}
    for key, value in said.items():
        setattr(lead, key, value)
    lead.phone_key = normal_phone(lead.phone)
    lead.updated_at = now
    record(session, lead, "learn of lead", now=now, before=before, after=said)
    if lead.state == "new" and {"industry", "region"} & said.keys():
        _hand(session, lead, assignee_for(session, lead.industry, lead.region), now=now)


def _waiting(session: Session, number_key: str) -> Lead | None:
    if not number_key:
        return None
    states = [state.value for state in WAITING]
    return session.scalar(select(Lead).where(Lead.phone_key == number_key, Lead.state.in_(states)))


def _make(session: Session, known: Known, *, now: datetime, today: date) -> tuple[Lead, bool]:
    """Write a lead down and hand it to whom its route names; False with one that somebody else just wrote down.

    Drawing the number locks its counter, so that two calls of one number at one moment are one lead.
    """
    number, key = next_number(session, "L", today.year), normal_phone(known.phone)
    there = _waiting(session, key)
    if there is not None:
        return there, False
    actor = getattr(session, "actor", None)
    lead = Lead(
        number=number, created_at=now, updated_at=now, created_by_id=actor.person_id if actor else None,
        phone_key=key, **asdict(known),
    )  # fmt: skip
    _start_clock(session, lead, now=now)
    session.add(lead)
    session.flush()
    record(session, lead, "add lead", now=now, after={key: value for key, value in asdict(known).items() if value})
    _hand(session, lead, assignee_for(session, lead.industry, lead.region), now=now, first=True)
    return lead, True


def _hand(session: Session, lead: Lead, person_id: int | None, *, now: datetime, first: bool = False) -> None:
    """Give a lead to a person; without one everybody who works on leads hears of it."""
    if lead.assignee_id == person_id and not first:
        return
    lead.assignee_id = person_id
    session.flush()
    for told in [person_id] if person_id is not None else workers(session):
        tell(session, told, "lead_new", about(lead), path_of(lead), now)


def assign(session: Session, actor: Actor, lead: Lead, person: str, *, version: int, now: datetime) -> None:
    """Hand a lead to somebody who works on leads, by his public id."""
    _may_work(actor)
    _expect(lead, version)
    _waits(lead)
    to = next((key for key, (public_id, _name) in workers(session).items() if public_id == person), None)
    if to is None:
        raise Invalid(N_("Choose somebody of the list."), field="person")
    before = lead.assignee_id
    if before != to:
        _hand(session, lead, to, now=now)
        lead.updated_at = now
        record(session, lead, "assign lead", now=now, before={"person": before}, after={"person": to})


def contacted(session: Session, actor: Actor, lead: Lead, text: str, *, version: int, now: datetime) -> None:
    """Note that somebody talked to the lead; whoever did it first keeps it, if nobody had it."""
    _move(session, actor, lead, LeadAction.CONTACT, version=version, now=now, said=text)
    lead.assignee_id = lead.assignee_id or actor.person_id


def drop(session: Session, actor: Actor, lead: Lead, reason: str, *, version: int, now: datetime) -> None:
    """Give a lead up, with a reason."""
    if not reason.strip():
        raise Invalid(N_("Say why, in a few words."), field="reason")
    bounded(reason, 400, field="reason")
    _move(session, actor, lead, LeadAction.DROP, version=version, now=now, said=reason.strip())
    lead.reason = reason.strip()


def reopen(session: Session, actor: Actor, lead: Lead, *, version: int, now: datetime) -> None:
    """Open a dropped lead again; its clock begins anew."""
    if lead.phone_key and _waiting(session, lead.phone_key) is not None:
        raise Conflict(N_("There is an open lead of the same number."))
    _move(session, actor, lead, LeadAction.REOPEN, version=version, now=now)
    lead.reason, lead.escalated_at = "", None
    _start_clock(session, lead, now=now)


def _start_clock(session: Session, lead: Lead, *, now: datetime) -> None:
    """Let the time to call somebody back begin."""
    lead.waits_from, lead.answer_hours = now, values(session)["lead.answer_hours"]
    lead.due_at, lead.calendar_version = counted_hours(session, now, lead.answer_hours)


def convert(session: Session, actor: Actor, lead: Lead, *, version: int, now: datetime) -> Party:
    """Make a customer of a lead: one the house knows by exactly this name or number, else a new one."""
    _may_work(actor)
    if not lead.name:
        raise Invalid(N_("What is the organisation called? Fill in its name first."), field="name")
    _expect(lead, version)
    lifecycle.after(lead.state, LeadAction.CONVERT)
    with as_actor(session, SYSTEM):
        party = _known(session, lead) or _new_customer(session, lead, now=now)
    lead.party_id = party.id
    _move(session, actor, lead, LeadAction.CONVERT, version=version, now=now)
    return party


def _known(session: Session, lead: Lead) -> Party | None:
    for text in (lead.name, f"+{lead.phone_key}" if lead.phone_key else ""):
        for party_id in identities(session, text) if text else ():
            party = session.get_one(Party, party_id)
            if party.kind == "organisation":
                return party
    return None


def _new_customer(session: Session, lead: Lead, *, now: datetime) -> Party:
    """Note a customer that the supplier itself knows."""
    details = Details(lead.name, "", lead.phone, lead.email, "", lead.industry, lead.region)
    party = new_party(details, now=now)
    session.add(party)
    session.flush()
    suppliers = select(Organisation.id).where(Organisation.kind == OrganisationKind.SUPPLIER.value)
    supplier = session.scalars(suppliers.order_by(Organisation.id).limit(1)).one()
    session.add(new_relation(supplier, party, details, now=now))
    session.flush()
    record(session, party, "add customer", now=now, after={"name": lead.name, "lead": lead.number})
    index(session, party)
    ask_to_compare(session, [party.id], now=now)
    return party


def _move(
    session: Session, actor: Actor, lead: Lead, action: LeadAction, *, version: int, now: datetime, said: str = ""
) -> None:
    _may_work(actor)
    _expect(lead, version)
    before, after = lead.state, lifecycle.after(lead.state, action)
    lead.state, lead.updated_at = after.value, now
    session.flush()
    told = {"state": after.value, **({"note": bounded(said, LONGEST_NOTE, field="note")} if said else {})}
    record(session, lead, f"{action.value} lead", now=now, before={"state": before}, after=told)


def _may_write(actor: Actor) -> bool:
    return answers_calls(actor) or actor.reach(Permission.LEAD_WORK) is Reach.ALL


def _may_work(actor: Actor) -> None:
    if actor.reach(Permission.LEAD_WORK) is not Reach.ALL:
        raise NotAllowed


def _expect(lead: Lead, version: int) -> None:
    if lead.version != version:
        raise Conflict(CHANGED)


def _waits(lead: Lead) -> None:
    if lead.state not in {state.value for state in WAITING}:
        raise Conflict(lifecycle.REFUSALS[lifecycle.LeadState(lead.state)])


def _check(known: Known) -> None:
    for field, longest in LONGEST.items():
        bounded(getattr(known, field), longest, field=field)
    bounded(known.email, 254, field="email")
    for table in ("industry", "region"):
        if getattr(known, table) and getattr(known, table) not in TABLES[table]:
            raise Invalid(N_("Choose one of the list."), field=table)


def lead_of(session: Session, public_id: str) -> Lead:
    """Return one lead; raises NotFound."""
    found = session.scalar(select(Lead).where(Lead.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def about(lead: Lead) -> dict[str, str]:
    """Return what notices say of a lead."""
    return {"number": lead.number, "name": lead.name or lead.contact or lead.phone}


def path_of(lead: Lead) -> str:
    """Return where a lead is shown, relative to the portal's address."""
    return f"/leads/{lead.public_id}"
