"""Pages of the configurator: the list, the first screen, and the panel that answers every click."""

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator import listing, members, operations, queries
from portal.configurator.engines import engine
from portal.configurator.forms import DetailsForm
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.models import Configuration
from portal.configurator.offers import Offering, rule_sets_offering
from portal.configurator.panel import Choices, anchor_of, label_of, plain_label
from portal.configurator.showing import changed, show
from portal.errors import Invalid
from portal.formats import message_of
from portal.paging import before_id, typed_version
from portal.policy import Permission
from portal.web import db, go, guard, is_htmx, locale, now, respond, today, viewer
from portal.words import Text

blueprint = Blueprint("configurator", __name__, url_prefix="/configurations")
NOTHING_LOST: dict[str, Any] = {"changes": [], "key": ""}  # a stale step that chose no value
EDIT, VIEW = Permission.CONFIGURATION_EDIT, Permission.CONFIGURATION_VIEW


@blueprint.app_template_global("rule_sets_offering")
def offered_by(sku: str) -> list[Offering]:
    """Return the rule sets that offer a product, for the product's page, which lies below the configurator."""
    return rule_sets_offering(db(), sku, today=today())


@blueprint.get("")
@guard(VIEW)
def configurations() -> ResponseReturnValue:
    """List what is being configured, newest first."""
    archived, shared = request.args.get("archived") == "1", request.args.get("shared") == "1"
    rows = listing.configurations(db(), before_id=before_id(), archived=archived, shared=shared)
    page = rows[: listing.PAGE]
    more = page[-1].id if len(rows) > listing.PAGE else None
    return respond("configurator/configurations.html", rows=page, next_before=more, archived=archived, shared=shared)


@blueprint.get("/<public_id>")
@guard(VIEW)
def configuration(public_id: str) -> ResponseReturnValue:
    """Show a configuration: the overview, or the block of questions that the address names."""
    return show(queries.configuration(db(), public_id))


@blueprint.post("/<public_id>/choices")
@guard(VIEW)
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
        return _invalid(row, error, raw)
    except operations.Refused as error:
        return _refused(row, error)
    except operations.Stale:
        return _stale(row, key, value)
    return changed(row, anchor=f"question-{anchor_of(key)}")


def _invalid(row: Configuration, error: Invalid, raw: str = "") -> ResponseReturnValue:
    errors = {error.field: message_of(error, locale())}
    return show(row, status=422, errors=errors, typed={error.field: raw[:200]} if raw else {})


def _refused(row: Configuration, error: operations.Refused) -> ResponseReturnValue:
    refusal = queries.refusal(db(), viewer().actor, row, error.key, error.value, today=today())
    return show(row, status=409, refusal=refusal)


def _choose_instead(row: Configuration, key: str, value: str | int) -> None:
    """Choose a value together with the changes that the person picked."""
    operations.choose_instead(
        db(),
        viewer().actor,
        row,
        key,
        value,
        costs=queries.costs(db(), viewer().actor, row, today=today()),
        give_up=request.form.getlist("give_up"),
        version=typed_version(),
        now=now(),
    )


def _stale(row: Configuration, key: str, value: str | int) -> ResponseReturnValue:
    """Show what the page was made from, what stands now, and the choice that was not saved."""
    built = engine(db(), row.rule_revision_id)
    step = request.form.get("step", "")
    before = (
        queries.step_choices(db(), row.id, int(step)) if step.isascii() and step.isdigit() and len(step) < 10 else None
    )
    attribute = built.ruleset.attribute(key)
    lost = {"key": key, "value": value, "question": attribute.label, "label": label_of(attribute, value)}
    return show(row, status=409, stale={"changes": _changes(built.ruleset, before, row.choices), **lost})


def _changes(ruleset: RuleSet, before: Choices | None, now: Choices) -> list[tuple[Text, Text | None, Text | None]]:
    """Return what stands otherwise than it did; questions that present rules do not have are left out."""
    if before is None:
        return []
    known = {attribute.key: attribute for attribute in ruleset.everything}
    return [
        (known[key].label, _label_in(before, known[key]), _label_in(now, known[key]))
        for key in sorted({*before, *now} & known.keys())
        if before.get(key) != now.get(key)
    ]


def _label_in(choices: Choices, attribute: Attribute) -> Text | None:
    return label_of(attribute, choices[attribute.key]) if attribute.key in choices else None


@blueprint.post("/<public_id>/take-back")
@guard(VIEW)
def take_back(public_id: str) -> ResponseReturnValue:
    """Leave a question open again."""
    row = queries.configuration(db(), public_id, for_update=True)
    key = request.form.get("key", "")
    try:
        operations.take_back(db(), viewer().actor, row, key, version=typed_version(), now=now())
    except operations.Stale:
        return show(row, status=409, stale=NOTHING_LOST)
    return changed(row, anchor=f"question-{anchor_of(key)}")


@blueprint.post("/<public_id>/members")
@guard(VIEW)
def change_members(public_id: str) -> ResponseReturnValue:
    """Put a copy of a member of a repeated group beside the others, or take a member out."""
    row = queries.configuration(db(), public_id, for_update=True)
    group, which = request.form.get("group", ""), request.form.get("member", "")
    member = int(which) if which.isascii() and which.isdigit() and len(which) < 4 else 0
    try:
        count = queries.members_of(db(), viewer().actor, row, group, today=today())
        version = typed_version()
        if request.form.get("action") == "copy":
            left = members.copy_member(
                db(), viewer().actor, row, group, member, count=count, version=version, now=now()
            )
            return changed(row, notice=_left_out(row, left))
        members.remove_member(db(), viewer().actor, row, group, member, count=count, version=version, now=now())
    except Invalid as error:
        return _invalid(row, error)
    except operations.Refused as error:
        return _refused(row, error)
    except operations.Stale:
        return show(row, status=409, stale=NOTHING_LOST)
    return changed(row)


def _left_out(row: Configuration, keys: tuple[str, ...]) -> str:
    """Say which choices of the copied member the rules do not allow a second time."""
    if not keys:
        return ""
    ruleset = engine(db(), row.rule_revision_id).ruleset
    names = ", ".join(plain_label(ruleset, ruleset.attribute(key)).to(locale()) for key in keys)
    sentence: str = _("Copied without what the rules do not allow twice: %(questions)s.", questions=names)
    if not is_htmx():
        flash(sentence, "warning")
    return sentence


@blueprint.post("/<public_id>/undo")
@guard(VIEW)
def undo(public_id: str) -> ResponseReturnValue:
    """Take the last step back."""
    return _move(public_id, -1)


@blueprint.post("/<public_id>/redo")
@guard(VIEW)
def redo(public_id: str) -> ResponseReturnValue:
    """Take the step again that was undone."""
    return _move(public_id, +1)


def _move(public_id: str, by: int) -> ResponseReturnValue:
    row = queries.configuration(db(), public_id, for_update=True)
    try:
        operations.move(db(), viewer().actor, row, by, version=typed_version(), now=now())
    except operations.Stale:
        return show(row, status=409, stale=NOTHING_LOST)
    return changed(row)


@blueprint.post("/<public_id>/details")
@guard(EDIT)
def details(public_id: str) -> ResponseReturnValue:
    """Rename the site or say whose it is."""
    row = queries.configuration(db(), public_id, for_update=True)
    form = DetailsForm()
    form.offer(queries.customers(db()))
    if not form.validate():
        return show(row, status=422, form=form)
    chosen = {"name": form.name.data, "customer_id": form.customer_id}
    try:
        operations.rename(db(), viewer().actor, row, **chosen, version=typed_version(), now=now())
    except operations.Stale:
        return show(row, status=409, stale=NOTHING_LOST, form=form)
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
