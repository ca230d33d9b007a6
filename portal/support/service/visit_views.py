"""Pages of visits: an engineer's day, one visit with arrival, work, parts, signature, leaving and report."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.db import new_public_id
from portal.downloads import Papers
from portal.errors import Conflict, Invalid
from portal.files.recognising import MOST_SENT
from portal.files.refusing import TooMuch
from portal.files.sending import attachment
from portal.files.stores import store_of
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import typed_version
from portal.policy import Permission
from portal.support.service import queries, visits
from portal.support.service.dispatch_views import DAY, day_in
from portal.support.service.forms import PartForm, PlaceForm, SignForm, WorkForm
from portal.support.service.lifecycle import VISITS, VisitAction
from portal.support.service.models import Visit
from portal.support.service.places import NEAR_METRES, Place, is_near, read_position
from portal.support.service.report import request_report
from portal.support.service.showing import words
from portal.support.tickets.queries import names
from portal.web import db, go, guard, locale, now, portal, respond, today, viewer

blueprint = Blueprint("visits", __name__)
VIEW, SEND, WORK = Permission.TICKET_VIEW, Permission.DISPATCH_MANAGE, Permission.VISIT_WORK


@blueprint.url_value_preprocessor
def _accept_drawings(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read larger requests where a signature comes with the form; before anything looks at it."""
    if endpoint == "visits.sign":
        request.max_content_length = MOST_SENT


@blueprint.get("/visits")
@guard(WORK)
def day() -> ResponseReturnValue:
    """Show the engineer's way of a day, in its order."""
    wanted = day_in(request.args.get("day", ""), today())
    me, zone = viewer().actor.person_id or 0, viewer().time_zone
    rows = queries.day_of(db(), me, wanted, zone)
    following = queries.coming(db(), me, wanted, zone) if not rows else []
    return respond(
        "service/day.html",
        following=following,
        rows=rows,
        day=wanted,
        before=wanted - DAY,
        after=wanted + DAY,
        today=today(),
        words=words(),
    )


@blueprint.get("/visits/<public_id>")
@guard(VIEW)
def one(public_id: str) -> ResponseReturnValue:
    """Show one visit; its engineer works on it here."""
    return _show(queries.visit_of(db(), public_id))


def _show(row: Visit, *, status: int = 200, problem: str = "", **forms: Any) -> Response:
    actor = viewer().actor
    mine = actor.can(WORK) and row.engineer_id == actor.person_id
    known = names(db(), row.engineer_id)
    context: dict[str, Any] = {
        "work_form": WorkForm(formdata=None, data={"work_done": row.work_done}),
        "part_form": PartForm(formdata=None, data={"form_key": new_public_id(), "quantity": 1}),
        "sign_form": SignForm(formdata=None),
        "place_form": PlaceForm(formdata=None),
        **forms,
    }
    return respond(
        "service/visit.html",
        visit=row,
        ticket=queries.ticket_of(db(), row),
        engineer=known.get(row.engineer_id, ("", ""))[0],
        parts=queries.parts(db(), row.id),
        documents=queries.documents(db(), row.id),
        words=words(),
        mine=mine,
        can={action.value: VISITS.can(row.state, action) for action in VisitAction},
        far=not is_near(row.arrived_metres),
        near_metres=NEAR_METRES,
        problem=problem,
        status=status,
        **context,
    )


def _do(public_id: str, work: Callable[[Visit], Any], said: str, form: Any = None, name: str = "") -> Response:
    """Do one thing with a visit and say so; what is refused is said on its page with everything typed kept."""
    row = queries.visit_of(db(), public_id)
    forms: dict[str, Any] = {name: form} if name else {}
    if form is not None and not form.validate():
        return _show(row, status=422, **forms)
    try:
        work(row)
    except TooMuch as error:
        return _show(row, status=413, problem=message_of(error, locale()), **forms)
    except Invalid as error:
        if not name or error.field not in form:
            return _show(row, status=422, problem=message_of(error, locale()), **forms)
        add_error(form, error)
        return _show(row, status=422, **forms)
    except Conflict as error:
        return _show(row, status=409, problem=message_of(error, locale()), **forms)
    flash(said, "success")
    return go("visits.one", public_id=public_id)


@blueprint.post("/visits/<public_id>/cancel")
@guard(SEND)
def cancel(public_id: str) -> ResponseReturnValue:
    """Call a visit off."""
    actor, version = viewer().actor, typed_version()
    return _do(public_id, lambda row: visits.cancel(db(), actor, row, version=version, now=now()), _("Cancelled."))


@blueprint.post("/visits/<public_id>/arrive")
@guard(WORK)
def arrive(public_id: str) -> ResponseReturnValue:
    """Note the arrival, with the place when the device says it."""
    actor, version, form = viewer().actor, typed_version(), PlaceForm()

    def work(row: Visit) -> None:
        visits.arrive(db(), actor, row, _position(form), version=version, now=now())

    return _do(public_id, work, _("Arrival noted."))


@blueprint.post("/visits/<public_id>/leave")
@guard(WORK)
def leave(public_id: str) -> ResponseReturnValue:
    """Note the leaving and have the report drawn."""
    actor, version, form = viewer().actor, typed_version(), PlaceForm()

    def work(row: Visit) -> None:
        visits.leave(db(), actor, row, _position(form), version=version, now=now())

    return _do(public_id, work, _("The visit is over. The report is being made."))


def _position(form: PlaceForm) -> Place | None:
    said = (form[name].data or "" for name in ("latitude", "longitude", "taken_at"))
    latitude, longitude, taken_at = said
    return read_position(latitude[:30], longitude[:30], taken_at[:30], now=now())


@blueprint.post("/visits/<public_id>/work")
@guard(WORK)
def note_work(public_id: str) -> ResponseReturnValue:
    """Write down what was done."""
    actor, version, form = viewer().actor, typed_version(), WorkForm()

    def work(row: Visit) -> None:
        visits.note_work(db(), actor, row, form.work_done.data, version=version, now=now())

    return _do(public_id, work, _("Saved."), form, "work_form")


@blueprint.post("/visits/<public_id>/parts")
@guard(WORK)
def add_part(public_id: str) -> ResponseReturnValue:
    """Note a part that was used."""
    actor, form = viewer().actor, PartForm()

    def work(row: Visit) -> None:
        said = (form.name.data, form.serial.data or "", form.quantity.data or 0)
        visits.add_part(db(), actor, row, *said, form_key=form.form_key.data or new_public_id(), now=now())

    return _do(public_id, work, _("Added."), form, "part_form")


@blueprint.post("/visits/<public_id>/parts/<part_id>/remove")
@guard(WORK)
def remove_part(public_id: str, part_id: str) -> ResponseReturnValue:
    """Take a part out of the list."""
    actor = viewer().actor
    return _do(public_id, lambda row: visits.remove_part(db(), actor, row, part_id, now=now()), _("Removed."))


@blueprint.post("/visits/<public_id>/sign")
@guard(WORK)
def sign(public_id: str) -> ResponseReturnValue:
    """Take the customer's signature: drawn on the screen, or the typed name alone."""
    actor, version, form, sent = viewer().actor, typed_version(), SignForm(), request.files.get("drawn")
    drawn = sent.stream if sent is not None and sent.filename else None

    def work(row: Visit) -> None:
        store = store_of(portal().settings)
        visits.sign(db(), actor, row, form.signer.data, drawn, version=version, store=store, now=now())

    return _do(public_id, work, _("Signed. Thank you."), form, "sign_form")


@blueprint.get("/visits/<public_id>/signature")
@guard(VIEW)
def signature(public_id: str) -> ResponseReturnValue:
    """Hand out the drawn signature."""
    row = queries.visit_of(db(), public_id)
    return attachment(queries.signature(db(), row), store_of(portal().settings))


def _report_again(public_id: str) -> None:
    row = queries.visit_of(db(), public_id)
    if row.left_at is not None:
        request_report(db(), row, now=now())


PAPERS = Papers(
    "visit", "service", "visits.one", queries.visit_of, queries.documents, queries.document_content, _report_again,
    name=lambda row: str(row.number),
)  # fmt: skip
PAPERS.install(blueprint, "/visits/<public_id>", see=VIEW, make=WORK)
