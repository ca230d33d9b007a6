"""Opening a ticket: by a customer, by a partner for his customer, by the house for anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.db import as_actor
from portal.errors import Invalid, NotAllowed, NotFound
from portal.formats import translations
from portal.limits import bounded
from portal.parties import staying
from portal.parties.models import Party
from portal.policy import SYSTEM, Actor, Permission
from portal.support.knowledge import faults
from portal.support.tickets.beginning import begin
from portal.support.tickets.equipment import Equipment, equipment
from portal.support.tickets.models import LONGEST_BODY, LONGEST_SUBJECT, Message, Ticket, TicketLink, works
from portal.support.tickets.owning import Matter, whose
from portal.support.tickets.terms import terms_of
from portal.support.tickets.triage import CHANNELS, IMPACTS, KINDS, priority
from portal.words import N_

WRONG = N_("Choose one of these.")
NOTHING = N_("Say in a few words what it is about, or add a photo.")
SHORT = 80  # letters of what was written, as the subject of a ticket that nobody named


@dataclass(frozen=True, slots=True)
class Opening:
    """What somebody says when he opens a ticket; ids are public ones, and nothing but the form's key must be there."""

    form_key: str  # a double click is one ticket
    kind: str = "fault"
    impact: str = "part"
    subject: str = ""
    body: str = ""
    locale: str = "zh"
    customer: str = ""  # for whom a partner or the house opens it
    item: str = ""
    site: str = ""
    product: str = ""
    product_line: str = ""
    serial: str = ""
    fault: str = ""
    error_code: str = ""
    firmware: str = ""
    contact: str = ""
    requester: str = ""  # for whom the house opens it: somebody of the organisation
    channel: str = "web"
    link_to: str = ""  # a ticket that it belongs to
    has_files: bool = False


def open_ticket(session: Session, actor: Actor, said: Opening, *, now: datetime, today: date) -> Ticket:
    """Open a ticket with its first message; the same form again gives the same ticket.

    Raises NotFound for customers, equipment and tickets that the actor does not see, Invalid for what cannot be read.
    """
    if not actor.can(Permission.TICKET_OPEN):
        raise NotAllowed
    things = equipment(session, item=said.item, site=said.site, product=said.product, serial=said.serial)
    matter = whose(session, actor, customer=said.customer, things=things, kind=said.kind)
    staying.lock(session, {matter.organisation_id, matter.partner_organisation_id}, matter.customer_id)
    things = equipment(session, item=said.item, site=said.site, product=said.product, serial=said.serial)
    matter = whose(session, actor, customer=said.customer, things=things, kind=said.kind)  # as it is for certain
    if (there := _there(session, matter, said)) is not None:
        return there
    linked = _linked(session, said.link_to)
    calendar, contract = terms_of(session, matter.customer_id, things.item_id, today)
    ticket = _ticket(session, actor, said, matter, things, contract, now=now)
    try:
        with session.begin_nested():
            begin(session, ticket, calendar=calendar, year=today.year, now=now)
    except IntegrityError:  # the same form at the same moment
        if (there := _there(session, matter, said)) is None:
            raise
        return there
    _say_first(session, actor, ticket, said, now=now)
    if linked is not None:
        link = TicketLink(ticket_id=ticket.id, other_id=linked.id, organisation_id=ticket.organisation_id,
                          kind="related", created_by_id=actor.person_id, created_at=now)  # fmt: skip
        session.add(link)
    session.flush()
    return ticket


def _there(session: Session, matter: Matter, said: Opening) -> Ticket | None:
    if not said.form_key or len(said.form_key) > 40:
        raise Invalid(WRONG, field="form_key")
    its = (Ticket.organisation_id == matter.organisation_id, Ticket.form_key == said.form_key)
    return session.scalar(select(Ticket).where(*its))


def _linked(session: Session, public_id: str) -> Ticket | None:
    """Return the ticket to link to; one of others is missing."""
    if not public_id:
        return None
    found = session.scalar(select(Ticket).where(Ticket.public_id == public_id))
    if found is None:
        raise NotFound
    return found


def _ticket(
    session: Session,
    actor: Actor,
    said: Opening,
    matter: Matter,
    things: Equipment,
    contract: str,
    *,
    now: datetime,
) -> Ticket:
    for field, value, known in (
        ("kind", said.kind, KINDS), ("impact", said.impact, IMPACTS), ("channel", said.channel, CHANNELS),
    ):  # fmt: skip
        if value not in known:
            raise Invalid(WRONG, field=field)
    tree = faults.types(session)
    if said.fault and tree.get(said.fault) is None:
        raise Invalid(WRONG, field="fault")
    with as_actor(session, SYSTEM):
        region = session.scalar(select(Party.region).where(Party.id == matter.customer_id)) or ""
    line = tree.line_of(said.fault) or things.product_line or _line(tree, said.product_line)
    subject = said.subject.strip() or " · ".join(_called(tree, said, things, line)) or _beginning(said)
    return Ticket(
        organisation_id=matter.organisation_id,
        partner_organisation_id=matter.partner_organisation_id,
        customer_id=matter.customer_id,
        requester_id=_requester(session, actor, said, matter),
        created_by_id=actor.person_id,
        form_key=said.form_key,
        kind=said.kind,
        impact=said.impact,
        contract=contract,
        priority=priority(said.kind, said.impact, contract),
        channel=said.channel,
        subject=_one_line(bounded(subject, LONGEST_SUBJECT, field="subject")),
        site_id=things.site_id,
        installed_item_id=things.item_id,
        product_id=things.product_id,
        product_line=line,
        serial=bounded(things.serial or said.serial.strip(), 80, field="serial"),
        firmware=bounded(said.firmware.strip(), 60, field="firmware"),
        fault=said.fault,
        error_code=bounded(said.error_code.strip(), 60, field="error_code"),
        contact=bounded(said.contact.strip(), 200, field="contact"),
        region=region,
        locale=said.locale,
        created_at=now,
        updated_at=now,
        last_message_at=now,
    )


def _requester(session: Session, actor: Actor, said: Opening, matter: Matter) -> int | None:
    """Return who is answered to: whoever opens it, or whom the house opens it for."""
    if not works(actor):
        return actor.person_id
    if not said.requester:
        return None
    with as_actor(session, SYSTEM):
        its = (Person.public_id == said.requester, Person.organisation_id == matter.organisation_id)
        found = session.scalar(select(Person.id).where(*its))
    if found is None:
        raise NotFound
    return found


def _line(tree: faults.Tree, wanted: str) -> str:
    return wanted if (found := tree.get(wanted)) is not None and found.is_line else ""


def _called(tree: faults.Tree, said: Opening, things: Equipment, line: str) -> Iterator[str]:
    """Say what it is about in the language of whoever opens it, so that nobody has to type it."""
    if name := things.product_name(said.locale) or (tree.named(line, said.locale) if line else ""):
        yield name
    if said.fault:
        yield tree.named(said.fault, said.locale)
    if said.error_code.strip():
        yield said.error_code.strip()


def _beginning(said: Opening) -> str:
    """Return the first line of what was written, for a list.

    Whoever has a fault needs not say a word, he is called; raises Invalid for anything else of which nothing is said.
    """
    first = next((line.strip() for line in said.body.splitlines() if line.strip()), "")
    if not first and not said.has_files and said.kind != "fault":
        raise Invalid(NOTHING, field="body")
    shortened = f"{first[:SHORT]}…" if len(first) > SHORT else first
    return shortened or translations(said.locale).gettext(KINDS[said.kind])


def _one_line(text: str) -> str:
    return " ".join(text.replace("\x00", "").split())


def _say_first(session: Session, actor: Actor, ticket: Ticket, said: Opening, *, now: datetime) -> None:
    body = bounded(said.body.strip().replace("\x00", ""), LONGEST_BODY, field="body")
    partner = ticket.partner_organisation_id == actor.organisation_id or (
        ticket.customer_id != ticket.organisation_id and ticket.organisation_id == actor.organisation_id
    )
    session.add(
        Message(
            ticket_id=ticket.id,
            organisation_id=ticket.organisation_id,
            form_key=said.form_key,
            author_id=actor.person_id,
            side="house" if works(actor) else "partner" if partner else "customer",
            channel=said.channel,
            body=body if body or said.has_files else ticket.subject,
            created_at=now,
        )
    )
