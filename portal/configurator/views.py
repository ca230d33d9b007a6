"""Pages of the configurator: the list, the first screen, and the panel that answers every click."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator import operations, queries
from portal.configurator.engine.results import Impossible
from portal.configurator.engines import engine
from portal.configurator.forms import PRESETS, DetailsForm, StartForm
from portal.configurator.models import Configuration
from portal.configurator.offers import Offering, rule_sets_offering
from portal.configurator.panel import Panel, label_of
from portal.dates import business_date
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import before_id, typed_version
from portal.policy import Permission, allows
from portal.web import db, go, guard, is_htmx, locale, now, portal, respond, viewer
from portal.words import N_

blueprint = Blueprint("configurator", __name__, url_prefix="/configurations")
SITE = "video-site"  # the one rule set of this release
NOTHING_LOST: dict[str, Any] = {"changes": [], "key": ""}  # a stale step that chose no value
EDIT, VIEW = Permission.CONFIGURATION_EDIT, Permission.CONFIGURATION_VIEW


@blueprint.app_template_global("rule_sets_offering")
def offered_by(sku: str) -> list[Offering]:
    """Return the rule sets that offer a product, for the product's page, which lies below the configurator."""
    return rule_sets_offering(db(), sku, today=business_date(now(), portal().settings.supplier_zone))


@blueprint.get("")
@guard(VIEW)
def configurations() -> ResponseReturnValue:
    """List what is being configured, newest first."""
    archived = request.args.get("archived") == "1"
    rows = queries.configurations(db(), before_id=before_id(), archived=archived)
    page = rows[: queries.PAGE]
    more = page[-1].id if len(rows) > queries.PAGE else None
    return respond("configurator/configurations.html", rows=page, next_before=more, archived=archived)


@blueprint.route("/new", methods=["GET", "POST"])
@guard(EDIT)
def new() -> ResponseReturnValue:
    """Ask the few questions that size a site, and begin."""
    preset = next((p for p in PRESETS if p["key"] == request.args.get("preset")), None)
    given = {key: str(preset[key]) for key in ("cameras", "days", "location")} if preset else {}
    form = StartForm(data={**given, "customer": request.args.get("customer", "")} if request.method == "GET" else None)
    form.offer(queries.customers(db()))
    if form.validate_on_submit():
        try:
            return _begin(form)
        except Invalid as error:
            add_error(form, error)
        except operations.Refused as error:
            form.form_errors.append(message_of(error, locale()))
    status = 422 if form.is_submitted() else 200
    return respond("configurator/new.html", form=form, presets=PRESETS, preset=preset, status=status)


def _begin(form: StartForm) -> ResponseReturnValue:
    today = _today()
    revision = operations.newest_revision(db(), SITE, today=today)
    built = engine(db(), revision.id)
    asked = {key: str(form[key].data) for key in ("cameras", "location", "days")}
    choices = {key: operations.parse_value(operations.attribute_of(built, key), raw) for key, raw in asked.items()}
    made = operations.create_configuration(
        db(),
        viewer().actor,
        name=form.name.data,
        revision=revision,
        choices=choices,
        customer_id=form.customer_id,
        now=now(),
    )
    return go("configurator.configuration", public_id=made.public_id)


@blueprint.get("/<public_id>")
@guard(VIEW)
def configuration(public_id: str) -> ResponseReturnValue:
    """Show a configuration with everything that is still possible."""
    return _show(queries.configuration(db(), public_id))


def _show(row: Configuration, *, status: int = 200, **more: Any) -> ResponseReturnValue:
    """Render page or panel; `more` may hold refusal, errors, typed, stale."""
    today = _today()
    terms = queries.terms_of(db(), row.organisation_id)
    stale, form = more.pop("stale", None), more.pop("form", None)
    try:
        panel: Panel | None = replace(queries.panel_of(db(), viewer().actor, row, terms, today=today), **more)
        problem = ""
    except (Impossible, Conflict) as error:
        panel, problem = None, message_of(error, locale()) if isinstance(error, Conflict) else _contradiction()
    editable = allows(viewer().actor, EDIT, row)
    if form is None:
        form = DetailsForm(data={"name": row.name, "customer": str(row.customer_id or "")}, formdata=None)
        form.offer(queries.customers(db()))
    return respond(
        "configurator/configuration.html",
        "configurator/_panel.html",
        configuration=row,
        panel=panel,
        problem=problem,
        terms=terms,
        built=engine(db(), row.rule_revision_id),
        editable=editable,
        stale=stale,
        form=form,
        sees_partner_price=viewer().can("price.partner"),
        status=status,
    )


def _contradiction() -> str:
    return message_of(Conflict(N_("These choices contradict each other. Take one back.")), locale())


def _changed(row: Configuration) -> ResponseReturnValue:
    """Answer a successful step: the panel for htmx, the page again for everybody else."""
    db().flush()
    return _show(row) if is_htmx() else go("configurator.configuration", public_id=row.public_id)


@blueprint.post("/<public_id>/choices")
@guard(EDIT)
def choose(public_id: str) -> ResponseReturnValue:
    """Choose a value; an impossible one is refused with its reasons, a stale page is shown both versions."""
    row = queries.configuration(db(), public_id, for_update=True)
    key, raw = request.form.get("key", ""), request.form.get("value", "")
    built = engine(db(), row.rule_revision_id)
    try:
        attribute = operations.attribute_of(built, key)
        value = operations.parse_value(attribute, raw)
        if request.form.get("instead"):
            _choose_instead(row, key, value)
        else:
            operations.choose(db(), viewer().actor, row, key, value, version=typed_version(), now=now())
    except Invalid as error:
        sentence = message_of(error, locale())
        return _show(row, status=422, errors={error.field: sentence}, typed={error.field: raw[:200]})
    except operations.Refused as error:
        refusal = queries.refusal(db(), viewer().actor, row, error.key, error.value, today=_today())
        return _show(row, status=409, refusal=refusal)
    except operations.Stale:
        return _stale(row, key, value)
    return _changed(row)


def _choose_instead(row: Configuration, key: str, value: str | int) -> None:
    """Choose a value together with the changes that the person picked."""
    operations.choose_instead(
        db(),
        viewer().actor,
        row,
        key,
        value,
        costs=queries.costs(db(), viewer().actor, row, today=_today()),
        give_up=request.form.getlist("give_up"),
        version=typed_version(),
        now=now(),
    )


def _today() -> date:
    return business_date(now(), portal().settings.supplier_zone)


def _stale(row: Configuration, key: str, value: str | int) -> ResponseReturnValue:
    """Show what the page was made from, what stands now, and the choice that was not saved."""
    built = engine(db(), row.rule_revision_id)
    step = request.form.get("step", "")
    before = (
        queries.step_choices(db(), row.id, int(step)) if step.isascii() and step.isdigit() and len(step) < 10 else None
    )
    changes = []
    for name in sorted({*row.choices, *(before or {})}) if before is not None else []:
        attribute = built.ruleset.attribute(name)
        then, today = (before or {}).get(name), row.choices.get(name)
        if then != today:
            changes.append(
                (attribute.label, *(label_of(attribute, v) if v is not None else None for v in (then, today)))
            )
    attribute = built.ruleset.attribute(key)
    stale = {
        "changes": changes,
        "key": key,
        "value": value,
        "question": attribute.label,
        "label": label_of(attribute, value),
    }
    return _show(row, status=409, stale=stale)


@blueprint.post("/<public_id>/take-back")
@guard(EDIT)
def take_back(public_id: str) -> ResponseReturnValue:
    """Leave a question open again."""
    row = queries.configuration(db(), public_id, for_update=True)
    try:
        operations.take_back(db(), viewer().actor, row, request.form.get("key", ""), version=typed_version(), now=now())
    except operations.Stale:
        return _show(row, status=409, stale=NOTHING_LOST)
    return _changed(row)


@blueprint.post("/<public_id>/undo")
@guard(EDIT)
def undo(public_id: str) -> ResponseReturnValue:
    """Take the last step back."""
    return _move(public_id, -1)


@blueprint.post("/<public_id>/redo")
@guard(EDIT)
def redo(public_id: str) -> ResponseReturnValue:
    """Take the step again that was undone."""
    return _move(public_id, +1)


def _move(public_id: str, by: int) -> ResponseReturnValue:
    row = queries.configuration(db(), public_id, for_update=True)
    try:
        operations.move(db(), viewer().actor, row, by, version=typed_version(), now=now())
    except operations.Stale:
        return _show(row, status=409, stale=NOTHING_LOST)
    return _changed(row)


@blueprint.post("/<public_id>/details")
@guard(EDIT)
def details(public_id: str) -> ResponseReturnValue:
    """Rename the site or say whose it is."""
    row = queries.configuration(db(), public_id, for_update=True)
    form = DetailsForm()
    form.offer(queries.customers(db()))
    if not form.validate():
        return _show(row, status=422, form=form)
    chosen = {"name": form.name.data, "customer_id": form.customer_id}
    try:
        operations.rename(db(), viewer().actor, row, **chosen, version=typed_version(), now=now())
    except operations.Stale:
        return _show(row, status=409, stale=NOTHING_LOST, form=form)
    flash(_("Saved."), "success")
    return go("configurator.configuration", public_id=public_id)


@blueprint.post("/<public_id>/archive")
@guard(EDIT)
def archive(public_id: str) -> ResponseReturnValue:
    """Put a configuration away, or take it out again."""
    row = queries.configuration(db(), public_id, for_update=True)
    away = request.form.get("archived") == "1"
    operations.set_archived(db(), viewer().actor, row, away, now=now())
    flash(_("Archived. You find it under “Archived”.") if away else _("It is back in the list."), "success")
    return go("configurator.configurations")
