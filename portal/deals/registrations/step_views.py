"""What its owner does with a registration: edit, submit, withdraw and undo, answer, extend, won or lost."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select

from portal.configurator.models import Configuration
from portal.deals.models import Quote
from portal.deals.registrations import operations, queries
from portal.deals.registrations.asking import value_hint
from portal.deals.registrations.forms import AnswerForm, DraftForm, ExtensionForm, LostForm, month_key
from portal.deals.registrations.labels import band_shown, bands_shown, line_shown, lines_shown, month_shown
from portal.deals.registrations.models import Registration
from portal.deals.registrations.registering_views import configurations_of, draft_from, say
from portal.deals.registrations.showing import show
from portal.errors import Conflict, Invalid, NotFound
from portal.formats import message_of
from portal.forms import add_error, step
from portal.paging import typed_version
from portal.parties.models import Party
from portal.policy import Permission
from portal.web import db, fmt, go, guard, locale, now, respond, today, viewer
from portal.words import name_in

blueprint = Blueprint("registration_steps", __name__, url_prefix="/registrations")
EDIT = Permission.REGISTRATION_EDIT


def _done(public_id: str) -> Response:
    return go("registrations.registration", public_id=public_id)


def _step(
    public_id: str, work: Callable[[Registration], Any], form: FlaskForm | None = None, name: str = ""
) -> Response:
    """Do one step with a registration and say so; what is refused is said on its page with everything typed kept."""
    row = queries.registration(db(), public_id)

    def done(said: str) -> Response:
        if said:
            flash(said, "success")
        return _done(public_id)

    return step(lambda: work(row), shown=partial(show, row), done=done, form=form, name=name)


@blueprint.get("/<public_id>/edit")
@guard(EDIT)
def edit(public_id: str) -> ResponseReturnValue:
    """Show what a registration says, to be changed."""
    row = queries.registration(db(), public_id)
    configuration = db().get(Configuration, row.configuration_id) if row.configuration_id else None
    said = {name: getattr(row, name) for name in ("product_line", "value_band", "site", "competitors", "note")}
    month = month_key(row.closing_month) if row.closing_month else ""
    chosen = configuration.public_id if configuration else ""
    return _editor(row, DraftForm(data={**said, "closing_month": month, "configuration": chosen}, formdata=None))


def _editor(row: Registration, form: DraftForm, *, status: int = 200, keep: bool = False, **more: Any) -> Response:
    customer = db().get(Party, row.customer_id)
    form.offer(configurations_of(customer.public_id if customer else ""))
    form.closing_month.flags.required = row.submitted_at is not None  # what was handed in stays filled in
    theirs = [
        (_("Product line"), line_shown(row.product_line)),
        (_("Site"), row.site),
        (_("Closing month"), month_shown(fmt(), row.closing_month)),
        (_("Project value"), band_shown(fmt(), row.value_band, row.currency)),
        (_("Competitors"), row.competitors),
        (_("Note"), row.note),
    ]
    context = {"problem": "", "renews": False, **more}
    return respond(
        "registrations/edit.html",
        row=row,
        customer_name=name_in(locale(), *queries.customer_names(db(), row)),
        form=form,
        theirs=theirs,
        lines=lines_shown(),
        bands=[("", _("Not known yet")), *bands_shown(fmt(), row.currency)],
        asks_value=value_hint(db(), row.currency, locale()),
        status=status,
        keep=keep,
        **context,
    )


@blueprint.post("/<public_id>/edit")
@guard(EDIT)
def save(public_id: str) -> ResponseReturnValue:
    """Save what a registration says; a change that needs a new decision is asked about once."""
    row = queries.registration(db(), public_id)
    form = DraftForm()
    if not form.validate():
        return _editor(row, form, status=422)
    try:
        draft = draft_from(form, row.customer_id)
        if "sure" not in request.form and operations.needs_approval(db(), row, draft, today=today()):
            return _editor(row, form, status=422, renews=True)
        place = operations.edit(db(), viewer().actor, row, draft, version=typed_version(), now=now(), today=today())
    except Invalid as error:
        add_error(form, error)
        return _editor(row, form, status=422)
    except Conflict as error:
        return _editor(row, form, status=409, problem=message_of(error, locale()))
    if place is not None and place.kind == "claimed":  # nothing was changed; that it was asked stays counted
        problem = _("Claimed, protected until %(date)s.", date=fmt().date(place.until))
        return _editor(row, form, status=409, problem=problem, keep=True)
    if place is None:
        flash(_("Saved."), "success")
    else:
        say(place)
    return _done(public_id)


@blueprint.post("/<public_id>/submit")
@guard(EDIT)
def submit(public_id: str) -> ResponseReturnValue:
    """Hand a draft in."""

    def work(row: Registration) -> Any:
        say(operations.submit(db(), viewer().actor, row, version=typed_version(), now=now(), today=today()))
        return ""

    return _step(public_id, work)


@blueprint.post("/<public_id>/resubmit")
@guard(EDIT)
def resubmit(public_id: str) -> ResponseReturnValue:
    """Hand a refused or expired one in again."""

    def work(row: Registration) -> Any:
        place = operations.resubmit(db(), viewer().actor, row, version=typed_version(), now=now(), today=today())
        say(place, row.state)
        return ""

    return _step(public_id, work)


@blueprint.post("/<public_id>/withdraw")
@guard(EDIT)
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take it back; it can be undone for a while."""

    def work(row: Registration) -> Any:
        operations.withdraw(db(), viewer().actor, row, version=typed_version(), now=now(), today=today())
        return _("Withdrawn. You can undo this on this page for a while.")

    return _step(public_id, work)


@blueprint.post("/<public_id>/undo")
@guard(EDIT)
def undo_withdraw(public_id: str) -> ResponseReturnValue:
    """Take the withdrawal back."""

    def work(row: Registration) -> Any:
        place = operations.undo_withdraw(db(), viewer().actor, row, now=now(), today=today())
        if place.kind == "draft":
            return _("The withdrawal is undone.")
        say(place, row.state)
        return ""

    return _step(public_id, work)


@blueprint.post("/<public_id>/answer")
@guard(EDIT)
def answer(public_id: str) -> ResponseReturnValue:
    """Answer the question of the approver."""
    form = AnswerForm()

    def work(row: Registration) -> Any:
        said = form.answer.data
        say(operations.answer(db(), viewer().actor, row, said, version=typed_version(), now=now(), today=today()))
        return ""

    return _step(public_id, work, form, "answer_form")


@blueprint.post("/<public_id>/extend")
@guard(EDIT)
def extend(public_id: str) -> ResponseReturnValue:
    """Lengthen the protection by something that happened."""
    form = ExtensionForm()

    def work(row: Registration) -> Any:
        quote = _quote_id(form.quote_id.data) if form.kind.data == "quote" else None
        evidence = operations.Evidence(form.kind.data, form.day, form.note.data or "", quote)
        operations.extend(db(), viewer().actor, row, evidence, version=typed_version(), now=now(), today=today())
        return _("Extended: protected until %(date)s.", date=fmt().date(row.protected_until))

    return _step(public_id, work, form, "extension_form")


def _quote_id(public_id: str | None) -> int:
    if not public_id:
        raise Invalid(_("Choose the quote."), field="quote_id")
    found = db().scalar(select(Quote.id).where(Quote.public_id == public_id))
    if found is None:
        raise NotFound
    return found


@blueprint.post("/<public_id>/convert")
@guard(EDIT)
def convert(public_id: str) -> ResponseReturnValue:
    """Say that a quote or an order came of it."""

    def work(row: Registration) -> Any:
        operations.convert(db(), viewer().actor, row, version=typed_version(), now=now(), today=today())
        return _("Noted.")

    return _step(public_id, work)


@blueprint.post("/<public_id>/won")
@guard(EDIT)
def won(public_id: str) -> ResponseReturnValue:
    """Say that the order came."""

    def work(row: Registration) -> Any:
        operations.won(db(), viewer().actor, row, version=typed_version(), now=now(), today=today())
        return _("Congratulations. It is closed as won.")

    return _step(public_id, work)


@blueprint.post("/<public_id>/lost")
@guard(EDIT)
def lost(public_id: str) -> ResponseReturnValue:
    """Say that the project is lost, and why."""
    form = LostForm()

    def work(row: Registration) -> Any:
        why = {"reason": form.reason.data, "text": form.note.data or ""}
        operations.lost(db(), viewer().actor, row, **why, version=typed_version(), now=now(), today=today())
        return _("Closed as lost.")

    return _step(public_id, work, form, "lost_form")
