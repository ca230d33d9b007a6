"""The screen that pops up when the telephone rings: who, what is open, what was last; the call noted, a lead begun."""

from typing import Any

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error
from portal.parties.identity.phones import normal_phone
from portal.policy import Permission
from portal.support.phone import calling, leads, queries
from portal.support.phone.area_codes import region_of
from portal.support.phone.forms import CallNoteForm, LeadForm, NumberForm
from portal.support.phone.models import LONGEST_NUMBER, Call
from portal.support.tickets.lifecycle import LABELS
from portal.web import db, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("phone", __name__, url_prefix="/phone")
USE = Permission.PHONE_USE


@blueprint.get("")
@guard(USE)
def ask() -> ResponseReturnValue:
    """Ask for a number, or go to the one that a form of this page sent."""
    typed = calling.shown_as(request.args.get("number", ""))[:LONGEST_NUMBER].strip()
    if typed:
        return go("phone.pop", caller=typed)
    last = queries.last_calls(db())
    return respond("phone/ask.html", form=NumberForm(formdata=None), calls=last)


@blueprint.get("/<caller>")
@guard(USE)
def pop(caller: str) -> ResponseReturnValue:
    """Show who calls. Looking changes nothing; the page notes the call by a request of its own.

    `look` in the address is somebody who looks at an earlier call: nobody rings, nothing is counted.
    """
    return _show(caller, rings="look" not in request.args)


def _show(caller: str, *, call: Call | None = None, status: int = 200, rings: bool = False, **more: Any) -> Response:
    number = " ".join(caller.split())[:LONGEST_NUMBER]
    key = normal_phone(number)
    found = queries.callers(db(), key)
    ids = [each.id for each in found]
    form = LeadForm(formdata=None, data={"phone": number, "region": region_of(key)})
    form.offer()
    context: dict[str, Any] = {
        "form": form,
        "note": CallNoteForm(formdata=None, data={"note": call.note if call else ""}),
        "lead": queries.lead_of_number(db(), key),
        "problem": "",
        **more,
    }
    return respond(
        "phone/pop.html",
        "phone/_pop.html",
        number=number,
        whole=bool(key),
        states={state.value: _(label) for state, label in LABELS.items()},
        callers=found,
        call=call,
        rings=rings,
        tickets=queries.tickets_of(db(), ids) if ids else (),
        orders=queries.orders_of(db(), ids) if ids else (),
        sites=queries.sites_of(db(), ids) if ids else (),
        calls=queries.calls_of(db(), key, ids, but=call.id if call else None),
        status=status,
        **context,
    )


@blueprint.post("/<caller>")
@guard(USE)
def arrive(caller: str) -> ResponseReturnValue:
    """Note the call; an unknown caller becomes a lead."""
    try:
        call = calling.arrive(db(), viewer().actor, caller, now=now(), today=today())
    except Invalid as error:
        return _show(caller, status=422, problem=message_of(error, locale()))
    return _show(caller, call=call)


@blueprint.post("/calls/<public_id>")
@guard(USE)
def note(public_id: str) -> ResponseReturnValue:
    """Write down what a call was about."""
    call, form = calling.call_of(db(), public_id), CallNoteForm()
    if not form.validate():
        return _show(call.number, call=call, status=422, note=form)
    calling.note_call(db(), viewer().actor, call, form.note.data or "", now=now())
    flash(_("Noted."), "success")
    return go("phone.pop", caller=call.number)


@blueprint.post("/<caller>/lead")
@guard(USE)
def lead(caller: str) -> ResponseReturnValue:
    """Write down who an unknown caller is; his lead goes to whom industry and region name."""
    form = LeadForm()
    form.offer()
    if not form.validate():
        return _show(caller, status=422, form=form)
    try:
        made = leads.add_lead(db(), viewer().actor, form.known, now=now(), today=today())
    except Invalid as error:
        add_error(form, error)
        return _show(caller, status=422, form=form)
    except Conflict as error:
        return _show(caller, status=409, form=form, problem=message_of(error, locale()))
    name = queries.name_of(db(), made.assignee_id)
    said = _("Lead %(number)s went to %(person)s.", number=made.number, person=name) if name else ""
    flash(said or _("Lead %(number)s went to everybody who works on leads.", number=made.number), "success")
    return go("phone.pop", caller=caller)
