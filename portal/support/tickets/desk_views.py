"""Queues, macros, promised times and terms of customers, on screen."""

from typing import Any

from flask import Blueprint, Response, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from portal.calendars.queries import calendars
from portal.catalog.labels import KINDS as PRODUCT_KINDS
from portal.errors import Conflict, Invalid, NotFound
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import typed_version
from portal.parties import queries as parties
from portal.parties.words import REGIONS
from portal.policy import Permission
from portal.support.knowledge import faults
from portal.support.tickets import desk
from portal.support.tickets.desk_models import Macro, Queue
from portal.support.tickets.forms import MacroForm, QueueForm, TargetForm, TermsForm
from portal.support.tickets.terms import targets
from portal.support.tickets.triage import CONTRACTS, KINDS, PRIORITIES
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
MANAGE = Permission.TICKET_MANAGE
LANGUAGES = {"zh": "中文", "en": "English"}  # skills that have a name


@blueprint.get("")
@guard(MANAGE)
def overview() -> ResponseReturnValue:
    """Show queues, macros and promised times."""
    names = _lines() | {key: name.to(locale()) for key, name in REGIONS.items()}
    names |= {key: _(label) for key, label in KINDS.items()} | LANGUAGES
    return respond(
        "tickets/desk.html",
        queues=desk.queues(db()),
        names=names,
        macros=desk.macros(db()),
        targets=targets(db()),
        contracts={key: _(label) for key, label in CONTRACTS.items()},
        priorities={key: _(label) for key, label in PRIORITIES.items()},
    )


@blueprint.get("/queues/new")
@guard(MANAGE)
def new_queue() -> ResponseReturnValue:
    """Ask for a queue."""
    return _queue(None, QueueForm(formdata=None))


@blueprint.get("/queues/<public_id>")
@guard(MANAGE)
def queue(public_id: str) -> ResponseReturnValue:
    """Show a queue, to be changed."""
    row = desk.queue(db(), public_id)
    said: dict[str, Any] = {name: getattr(row, name) for name in ("name_en", "name_zh", "lines", "regions", "kinds")}
    more = {"skills": ", ".join(row.skills), "assigns": "1" if row.assigns else "", "position": row.position}
    return _queue(row, QueueForm(data={**said, **more, "members": desk.members_of(db(), row.id)}, formdata=None))


@blueprint.post("/queues/new")
@guard(MANAGE)
def add_queue() -> ResponseReturnValue:
    """Make a queue."""
    return _keep_queue(None)


@blueprint.post("/queues/<public_id>")
@guard(MANAGE)
def keep_queue(public_id: str) -> ResponseReturnValue:
    """Change a queue."""
    return _keep_queue(desk.queue(db(), public_id))


@blueprint.post("/queues/<public_id>/archive")
@guard(MANAGE)
def archive_queue(public_id: str) -> ResponseReturnValue:
    """Take a queue out of use."""
    desk.archive(db(), viewer().actor, desk.queue(db(), public_id), now=now())
    return go("desk.overview")


def _keep_queue(row: Queue | None) -> Response:
    form = QueueForm()
    if not form.validate():
        return _queue(row, form, status=422)
    skills = [each.strip() for each in form.skills.data.replace("，", ",").split(",") if each.strip()]
    lists = {name: form[name].data or [] for name in ("lines", "regions", "kinds", "members")}
    said = desk.QueueWords(form.name_en.data, form.name_zh.data, skills=skills, assigns=form.assigns.data == "1",
                           position=form.position.data or 0, **lists)  # fmt: skip
    try:
        desk.keep_queue(db(), viewer().actor, row, said, version=typed_version(), now=now())
    except Invalid as error:
        add_error(form, error)
        return _queue(row, form, status=422)
    except Conflict as error:
        return _queue(row, form, status=409, problem=message_of(error, locale()))
    return _saved()


def _queue(row: Queue | None, form: QueueForm, *, status: int = 200, problem: str = "") -> Response:
    form.lines.choices = list(_lines().items())
    form.regions.choices = [(key, name.to(locale())) for key, name in REGIONS.items()]
    form.members.choices = [(each.public_id, each.name) for each in desk.workers(db())]
    form.assigns.choices = [("", _("wait until somebody takes them")), ("1", _("are handed to its people by turns"))]
    return respond("tickets/queue.html", row=row, form=form, problem=problem, status=status)


def _lines() -> dict[str, str]:
    """Return the product lines, named as the reader reads."""
    tree = faults.types(db())
    named = {each.key: tree.named(each.key, locale()) for each in tree.lines()}
    return named or {key: _(label) for key, label in PRODUCT_KINDS.items()}


@blueprint.get("/macros/new")
@guard(MANAGE)
def new_macro() -> ResponseReturnValue:
    """Ask for a macro."""
    return _macro(None, MacroForm(formdata=None))


@blueprint.get("/macros/<public_id>")
@guard(MANAGE)
def macro(public_id: str) -> ResponseReturnValue:
    """Show a macro, to be changed."""
    row = _found(public_id)
    return _macro(row, MacroForm(obj=row, formdata=None))


@blueprint.post("/macros/new")
@guard(MANAGE)
def add_macro() -> ResponseReturnValue:
    """Make a macro."""
    return _keep_macro(None)


@blueprint.post("/macros/<public_id>")
@guard(MANAGE)
def keep_macro(public_id: str) -> ResponseReturnValue:
    """Change a macro."""
    return _keep_macro(_found(public_id))


@blueprint.post("/macros/<public_id>/archive")
@guard(MANAGE)
def archive_macro(public_id: str) -> ResponseReturnValue:
    """Take a macro out of use."""
    desk.archive(db(), viewer().actor, _found(public_id), now=now())
    return go("desk.overview")


def _found(public_id: str) -> Macro:
    row = desk.macro(db(), public_id)
    if row is None:
        raise NotFound
    return row


def _keep_macro(row: Macro | None) -> Response:
    form = MacroForm()
    if not form.validate():
        return _macro(row, form, status=422)
    names = ("name_en", "name_zh", "body_en", "body_zh", "action")
    said = desk.MacroWords(**{name: form[name].data for name in names})
    try:
        desk.keep_macro(db(), viewer().actor, row, said, version=typed_version(), now=now())
    except Conflict as error:
        return _macro(row, form, status=409, problem=message_of(error, locale()))
    return _saved()


def _macro(row: Macro | None, form: MacroForm, *, status: int = 200, problem: str = "") -> Response:
    return respond("tickets/macro.html", row=row, form=form, problem=problem, status=status)


@blueprint.get("/targets/<contract>/<priority>")
@guard(MANAGE)
def target(contract: str, priority: str) -> ResponseReturnValue:
    """Show the promised times of a contract and priority, to be changed."""
    first, update, solution, version = _target(contract, priority)
    data = {"first_response": first, "next_update": update, "solution": solution}
    return _times(contract, priority, TargetForm(data=data, formdata=None), version)


@blueprint.post("/targets/<contract>/<priority>")
@guard(MANAGE)
def keep_target(contract: str, priority: str) -> ResponseReturnValue:
    """Set promised times."""
    _target(contract, priority)
    form = TargetForm()
    if not form.validate():
        return _times(contract, priority, form, typed_version(), status=422)
    lengths = (form.first_response.data or 0, form.next_update.data or 0, form.solution.data or 0)
    try:
        desk.keep_target(db(), viewer().actor, contract, priority, lengths, version=typed_version(), now=now())
    except Conflict as error:
        problem = message_of(error, locale())
        return _times(contract, priority, form, typed_version(), status=409, problem=problem)
    return _saved()


def _target(contract: str, priority: str) -> tuple[int, int, int, int]:
    found = targets(db()).get((contract, priority))
    if found is None:
        raise NotFound
    return found


def _times(
    contract: str, priority: str, form: FlaskForm, version: int, *, status: int = 200, problem: str = ""
) -> Response:
    title = f"{_(CONTRACTS[contract])} · {_(PRIORITIES[priority])}"
    return respond("tickets/target.html", contract=contract, priority=priority, title=title, form=form,
                   version=version, problem=problem, status=status)  # fmt: skip


@blueprint.get("/terms/<public_id>")
@guard(MANAGE)
def terms(public_id: str) -> ResponseReturnValue:
    """Show what is agreed with a customer, to be changed."""
    party = parties.customer(db(), public_id)
    row = desk.terms(db(), party.id)
    form = TermsForm(data={"calendar": row.calendar, "contract": row.contract} if row else None, formdata=None)
    return _terms(party, form, row.version if row else 0)


@blueprint.post("/terms/<public_id>")
@guard(MANAGE)
def keep_terms(public_id: str) -> ResponseReturnValue:
    """Say what is agreed with a customer."""
    party, form = parties.customer(db(), public_id), TermsForm()
    try:
        desk.keep_terms(db(), viewer().actor, party, form.calendar.data or "", form.contract.data or "",
                        version=typed_version(), now=now())  # fmt: skip
    except Invalid as error:
        add_error(form, error)
        return _terms(party, form, typed_version(), status=422)
    except Conflict as error:
        return _terms(party, form, typed_version(), status=409, problem=message_of(error, locale()))
    return _saved()


def _terms(party: Any, form: TermsForm, version: int, *, status: int = 200, problem: str = "") -> Response:
    zh = locale() == "zh"
    form.calendar.choices = [(each.key, each.name_zh if zh else each.name_en) for each in calendars(db())]
    return respond("tickets/terms.html", party=party, form=form, version=version, problem=problem, status=status)


def _saved() -> Response:
    flash(_("Saved."), "success")
    return go("desk.overview")
