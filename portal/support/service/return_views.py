"""Pages of returns: asking for one, the list, one of them with its steps; and the warranty of a piece of equipment."""

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.db import new_public_id
from portal.errors import Conflict, Invalid, NotFound
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import before_id, typed_version
from portal.policy import Permission
from portal.support.service import queries, returns
from portal.support.service.forms import ReturnForm, StepForm, WarrantyForm
from portal.support.service.lifecycle import RETURNS, ReturnAction, ReturnState
from portal.support.service.models import Return
from portal.support.service.returns import Said
from portal.support.service.showing import warranty_shown, words
from portal.support.service.warranty import of_serial, set_warranty, warranty_of
from portal.support.tickets import installed
from portal.support.tickets.models import Ticket
from portal.support.tickets.queries import ticket as ticket_named
from portal.support.tickets.triage import CONTRACTS
from portal.web import db, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("returns", __name__)
VIEW, OPEN, MANAGE = Permission.TICKET_VIEW, Permission.TICKET_OPEN, Permission.RETURN_MANAGE


@blueprint.get("/returns")
@guard(MANAGE)
def listing() -> ResponseReturnValue:
    """List returns, newest first: all, or of one state."""
    state = request.args.get("state", "")
    state = state if state in list(ReturnState) else ""
    rows = queries.returns(db(), state=state, before_id=before_id())
    page = rows[: queries.PAGE]
    return respond(
        "service/returns.html",
        rows=page,
        older=page[-1].id if len(rows) > queries.PAGE else None,
        later=before_id() is not None,
        state=state,
        words=words(),
        prefix=url_for("returns.listing") + "/",
    )


@blueprint.get("/tickets/<public_id>/returns/new")
@guard(OPEN)
def new(public_id: str) -> ResponseReturnValue:
    """Ask what is wrong with the device."""
    return _ask(ticket_named(db(), public_id), ReturnForm(data={"form_key": new_public_id()}, formdata=None))


@blueprint.post("/tickets/<public_id>/returns/new")
@guard(OPEN)
def ask(public_id: str) -> ResponseReturnValue:
    """Ask for a return."""
    ticket, form = ticket_named(db(), public_id), ReturnForm()
    if not form.validate():
        return _ask(ticket, form, status=422)
    key, reason = form.form_key.data or new_public_id(), form.reason.data
    try:
        row = returns.ask(db(), viewer().actor, ticket, reason, form_key=key, now=now(), today=today())
    except Invalid as error:
        add_error(form, error)
        return _ask(ticket, form, status=422)
    except Conflict as error:
        return _ask(ticket, form, status=409, problem=message_of(error, locale()))
    flash(_("The return %(number)s is asked for.", number=row.number), "success")
    return go("returns.one", public_id=row.public_id)


def _ask(ticket: Ticket, form: ReturnForm, *, status: int = 200, problem: str = "") -> Response:
    covered = warranty_shown(of_serial(db(), ticket.product_id, ticket.serial))
    return respond(
        "service/return_new.html", ticket=ticket, form=form, warranty=covered, problem=problem, status=status
    )


@blueprint.get("/returns/<public_id>")
@guard(VIEW)
def one(public_id: str) -> ResponseReturnValue:
    """Show one return."""
    return _show(queries.return_of(db(), public_id))


def _show(row: Return, *, status: int = 200, problem: str = "", form: StepForm | None = None) -> Response:
    can = {action.value.replace(" ", "_"): RETURNS.can(row.state, action) for action in ReturnAction}
    can["swap_at_once"] = can["swap_at_once"] and row.dead_on_arrival and row.installed_item_id is not None
    can["swap"] = can["swap"] and row.installed_item_id is not None
    return respond(
        "service/return.html",
        row=row,
        ticket=queries.ticket_of(db(), row),
        product=queries.product(db(), row),
        item=returns.device(db(), row),
        warranty=warranty_shown(of_serial(db(), row.product_id, row.new_serial or row.serial)),
        words=words(),
        can=can,
        form=form or StepForm(formdata=None),
        problem=problem,
        today=today(),
        status=status,
    )


@blueprint.post("/returns/<public_id>/step")
@guard(MANAGE)
def step(public_id: str) -> ResponseReturnValue:
    """Do one step with a return: authorise, refuse, receive, repair, swap, send back, close."""
    row, form = queries.return_of(db(), public_id), StepForm()
    try:
        action = ReturnAction(request.form.get("action", ""))
    except ValueError as error:
        raise NotFound from error
    if not form.validate():
        return _show(row, status=422, form=form)
    said = Said(form.answer.data or "", form.new_serial.data or "", form.tracking.data or "")
    at: dict[str, Any] = {"version": typed_version(), "now": now(), "today": today()}
    try:
        returns.advance(db(), viewer().actor, row, action, said, **at)
    except Invalid as error:
        add_error(form, error)
        return _show(row, status=422, form=form)
    except Conflict as error:
        return _show(row, status=409, form=form, problem=message_of(error, locale()))
    flash(_("Saved."), "success")
    return go("returns.one", public_id=public_id)


@blueprint.get("/equipment/<public_id>/warranty")
@guard(MANAGE)
def warranty(public_id: str) -> ResponseReturnValue:
    """Show the form of a warranty."""
    return _warranty(public_id, None)


@blueprint.post("/equipment/<public_id>/warranty")
@guard(MANAGE)
def keep_warranty(public_id: str) -> ResponseReturnValue:
    """Say what is agreed for a piece of equipment."""
    form = WarrantyForm()
    form.offer({key: _(label) for key, label in CONTRACTS.items()})
    if not form.validate():
        return _warranty(public_id, form, status=422)
    said = {name: form[name].data for name in ("starts_on", "ends_on", "contract")}
    try:
        set_warranty(db(), viewer().actor, public_id, **said, version=typed_version(), now=now())
    except Invalid as error:
        add_error(form, error)
        return _warranty(public_id, form, status=422)
    except Conflict as error:
        return _warranty(public_id, form, status=409, problem=message_of(error, locale()))
    flash(_("Saved."), "success")
    return go("equipment.piece", public_id=public_id)


def _warranty(public_id: str, form: WarrantyForm | None, *, status: int = 200, problem: str = "") -> Response:
    piece = installed.item(db(), public_id)
    row = warranty_of(db(), piece.id)
    shown = form or WarrantyForm(formdata=None, obj=row, data=None if row else {"starts_on": today()})
    shown.offer({key: _(label) for key, label in CONTRACTS.items()})
    version = row.version if row else 0
    return respond("service/warranty.html", piece=piece, form=shown, version=version, problem=problem, status=status)
