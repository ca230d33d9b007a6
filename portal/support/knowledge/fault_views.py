"""Pages on which the fault tree and its words are edited."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Invalid, NotFound
from portal.forms import add_error
from portal.paging import typed_version
from portal.policy import Permission
from portal.support.knowledge import fault_tree
from portal.support.knowledge.fault_models import FaultType
from portal.support.knowledge.faults import Fault, Tree, fault_type, known_values, types
from portal.support.knowledge.forms import KIND_LABELS, FaultForm, ValueForm
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("fault_tree", __name__, url_prefix="/fault-types")
MANAGE = Permission.FAULT_MANAGE


@blueprint.get("")
@guard(MANAGE)
def lines() -> ResponseReturnValue:
    """List the product lines."""
    tree = types(db())
    return respond("faults/lines.html", lines=tree.below.get("", ()), leaves={line.key: len(tree.leaves(line.key))
                   for line in tree.below.get("", ())})  # fmt: skip


@blueprint.get("/<line>")
@guard(MANAGE)
def line(line: str) -> ResponseReturnValue:
    """Show the fault types of a line, its error codes and firmware versions."""
    return _line(line)


@blueprint.get("/<line>/<key>")
@guard(MANAGE)
def fault(line: str, key: str) -> ResponseReturnValue:
    """Show one fault type to be edited, and a form for a new one below it."""
    row = _fault(line, key)
    data = {"name_en": row.name_en, "name_zh": row.name_zh, "words": row.words}
    return _show(line, key, FaultForm(formdata=None, data=data))


@blueprint.post("/<line>/<key>")
@guard(MANAGE)
def change(line: str, key: str) -> ResponseReturnValue:
    """Save names and words."""
    row, form = _fault(line, key), FaultForm()
    if not form.validate():
        return _show(line, key, form, status=422)
    try:
        fault_tree.change_fault(
            db(), viewer().actor, row, name_en=form.name_en.data, name_zh=form.name_zh.data, words=form.words.data,
            expected=typed_version(), now=now(),
        )  # fmt: skip
    except Invalid as error:
        add_error(form, error)
        return _show(line, key, form, status=422)
    flash(_("Saved."), "success")
    return go("fault_tree.line", line=line)


@blueprint.post("/<line>/<key>/below")
@guard(MANAGE)
def add(line: str, key: str) -> ResponseReturnValue:
    """Add a fault type below this one."""
    parent, form = _fault(line, key), FaultForm()
    if not form.validate():
        return _show(line, key, None, new=form, status=422)
    try:
        fault_tree.add_fault(
            db(), viewer().actor, parent, name_en=form.name_en.data, name_zh=form.name_zh.data, words=form.words.data,
            now=now(),
        )  # fmt: skip
    except Invalid as error:
        add_error(form, error)
        return _show(line, key, None, new=form, status=422)
    return go("fault_tree.line", line=line)


@blueprint.post("/<line>/<key>/archive")
@guard(MANAGE)
def archive(line: str, key: str) -> ResponseReturnValue:
    """Offer a fault type no longer, or again."""
    gone = request.form.get("gone") != "no"
    fault_tree.archive_fault(db(), viewer().actor, _fault(line, key), gone=gone, now=now())
    return go("fault_tree.line", line=line)


@blueprint.post("/<line>/<key>/move")
@guard(MANAGE)
def move(line: str, key: str) -> ResponseReturnValue:
    """Let a fault type change places with its neighbour."""
    up = request.form.get("way") == "up"
    fault_tree.move_fault(db(), viewer().actor, _fault(line, key), up=up, now=now())
    return go("fault_tree.line", line=line)


@blueprint.post("/<line>/values")
@guard(MANAGE)
def add_value(line: str) -> ResponseReturnValue:
    """Make an error code or a firmware version known."""
    row, form = _fault(line, line), ValueForm()
    form.offer(types(db()), line, locale())
    if not form.validate():
        return _line(line, form, status=422)
    try:
        fault_tree.add_value(
            db(), viewer().actor, row, kind=form.kind.data, value=form.value.data, fault=form.fault.data,
            meaning_en=form.meaning_en.data, meaning_zh=form.meaning_zh.data, now=now(),
        )  # fmt: skip
    except Invalid as error:
        add_error(form, error)
        return _line(line, form, status=422)
    flash(_("Saved."), "success")
    return go("fault_tree.line", line=line)


@blueprint.post("/<line>/values/<int:value_id>/archive")
@guard(MANAGE)
def forget_value(line: str, value_id: int) -> ResponseReturnValue:
    """Offer an error code or a version no longer."""
    fault_tree.forget_value(db(), viewer().actor, fault_tree.known_value(db(), line, value_id), now=now())
    return go("fault_tree.line", line=line)


def _fault(line: str, key: str) -> FaultType:
    row = fault_type(db(), key)
    if row.line != line:
        raise NotFound
    return row


def _line(line: str, form: ValueForm | None = None, *, status: int = 200) -> ResponseReturnValue:
    tree = types(db())
    root = tree.get(line)
    if root is None or not root.is_line:
        raise NotFound
    form = form or ValueForm(formdata=None)
    form.offer(tree, line, locale())
    known = [value for value in known_values(db(), line) if not value.archived]
    names = {each.id: each.name for each in tree.all.values()}
    return respond(
        "faults/line.html", status=status, line=root, faults=_listed(tree, line), known=known, names=names, form=form,
        kinds=KIND_LABELS,
    )  # fmt: skip


def _listed(tree: Tree, key: str, depth: int = 0) -> list[tuple[Fault, int]]:
    """Return the fault types below one, each with how deep it lies, archived ones as well."""
    found: list[tuple[Fault, int]] = []
    for each in tree.below.get(key, ()):
        found += [(each, depth), *_listed(tree, each.key, depth + 1)]
    return found


def _show(
    line: str, key: str, form: FaultForm | None, *, new: FaultForm | None = None, status: int = 200
) -> ResponseReturnValue:
    row, new = _fault(line, key), new or FaultForm(formdata=None)
    for field in new:  # the page holds the same fields twice
        field.id = field.label.field_id = f"new-{field.id}"
    data = {"name_en": row.name_en, "name_zh": row.name_zh, "words": row.words}
    return respond(
        "faults/fault.html",
        status=status,
        fault=row,
        form=form or FaultForm(formdata=None, data=data),
        new=new,
    )
