"""Pages of sending an engineer: who goes on which day, in which free slot."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.db import new_public_id
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error, choices
from portal.policy import Permission
from portal.support.service import queries, visits
from portal.support.service.forms import PlanForm
from portal.support.service.places import MILLION, read_place
from portal.support.service.slots import LENGTHS, USUAL_LENGTH, Slot, free_slots
from portal.support.service.visits import Plan
from portal.support.tickets.models import Ticket
from portal.support.tickets.queries import ticket as ticket_named
from portal.web import db, fmt, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("dispatch", __name__, url_prefix="/tickets/<public_id>/visits/new")
SEND = Permission.DISPATCH_MANAGE
DAY = timedelta(days=1)


def day_in(text: str, usual: date) -> date:
    """Return the day that an address says, within ten years, or the usual one."""
    with suppress(ValueError):
        found = date.fromisoformat(text)
        if abs((found - usual).days) < 3660:
            return found
    return usual


@blueprint.get("")
@guard(SEND)
def new(public_id: str) -> ResponseReturnValue:
    """Choose who goes and when: the free slots of a day."""
    ticket = ticket_named(db(), public_id)
    data: dict[str, Any] = {"form_key": new_public_id()}
    place = queries.last_place(db(), ticket.site_id)
    if place is not None:
        data |= {"latitude": f"{place[0] / MILLION:.6f}", "longitude": f"{place[1] / MILLION:.6f}"}
    return _plan(ticket, PlanForm(data=data, formdata=None))


@blueprint.post("")
@guard(SEND)
def plan(public_id: str) -> ResponseReturnValue:
    """Send an engineer."""
    ticket, form = ticket_named(db(), public_id), PlanForm()
    form.slot.choices = choices([(chosen, "")] if (chosen := form.slot.data) else [])
    if not form.validate():
        return _plan(ticket, form, status=422)
    try:
        place = read_place(form.latitude.data or "", form.longitude.data or "")
        wanted = Plan(request.values.get("engineer", "")[:20], _slot(form.slot.data), form.task.data, place)
        key = form.form_key.data or new_public_id()
        row = visits.plan(db(), viewer().actor, ticket, wanted, form_key=key, now=now(), today=today())
    except Invalid as error:
        add_error(form, Invalid(error.message, field={"place": "latitude"}.get(error.field, error.field)))
        return _plan(ticket, form, status=422)
    except Conflict as error:
        return _plan(ticket, form, status=409, problem=message_of(error, locale()))
    flash(_("The visit %(number)s is planned.", number=row.number), "success")
    return go("visits.one", public_id=row.public_id)


def _slot(text: str) -> Slot:
    """Return the slot that an option names: its beginning and its end."""
    try:
        begins, ends = (datetime.fromisoformat(part) for part in text.split("/"))
    except ValueError as error:
        raise Invalid(visits.CLOSED, field="slot") from error
    if begins.tzinfo is None or ends.tzinfo is None:
        raise Invalid(visits.CLOSED, field="slot")
    return begins, ends


def _times(begins: datetime, ends: datetime, zone: str) -> str:
    """Say a slot of a day that the reader has chosen; one that ends on another day says both."""
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (begins, ends))
    if first.date() == last.date():
        return f"{first:%H:%M} – {last:%H:%M}"
    return f"{fmt().instant(begins, zone)} – {fmt().instant(ends, zone)}"


def _plan(ticket: Ticket, form: PlanForm, *, status: int = 200, problem: str = "") -> Response:
    unit = db()
    hours = visits.hours_of(unit, ticket, now=now())
    people = [(row[0], row[1]) for row in queries.engineers(unit)]
    engineer = request.values.get("engineer", "")
    engineer = engineer if engineer in dict(people) else (people[0][0] if people else "")
    usual = hours.opens_at(now() + DAY).date()
    wanted = day_in(request.values.get("day", ""), usual)
    length = request.values.get("length", "")
    minutes = int(length) if length in map(str, LENGTHS) else USUAL_LENGTH
    person = queries.engineer_id(unit, engineer)
    free: list[Slot] = []
    if person is not None:
        about = datetime.combine(wanted, datetime.min.time(), now().tzinfo)
        taken = visits.taken_slots(unit, person, about - DAY, about + 2 * DAY)
        free = free_slots(hours, wanted, taken, timedelta(minutes=minutes), now=now())
    form.slot.choices = choices(
        (f"{begins.isoformat()}/{ends.isoformat()}", _times(begins, ends, hours.zone)) for begins, ends in free
    )
    return respond(
        "service/plan.html",
        ticket=ticket,
        form=form,
        people=people,
        engineer=engineer,
        day=wanted,
        minutes=minutes,
        lengths=LENGTHS,
        zone=hours.zone,
        problem=problem,
        status=status,
    )
