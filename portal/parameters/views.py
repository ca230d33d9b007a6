"""Pages on which an administrator changes the numbers of the business rules."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Conflict, Invalid, NotFound
from portal.formats import message_of, translations
from portal.forms import add_error
from portal.paging import typed_version
from portal.parameters import operations, queries, typed
from portal.parameters.forms import form_of
from portal.parameters.queries import Line
from portal.policy import Permission
from portal.web import db, fmt, go, guard, locale, now, respond, viewer

blueprint = Blueprint("parameters", __name__, url_prefix="/administration/parameters")


def _shown(line: Line, number: int) -> str:
    return typed.shown(line.definition, number, fmt(), viewer().currency)


def _line(key: str) -> Line:
    found = queries.lines(db()).get(key)
    if found is None:
        raise NotFound
    return found


def _show(line: Line, *, problem: str = "", error: Invalid | None = None, status: int = 200) -> ResponseReturnValue:
    word, definition, currency = translations(locale()).gettext, line.definition, viewer().currency
    low, high, present = (
        typed.written(definition, number, currency) for number in (definition.minimum, definition.maximum, line.value)
    )
    unit = word(definition.unit) if definition.unit else currency
    bounds = "" if definition.kind == "flag" else _("From %(low)s to %(high)s %(unit)s.", low=low, high=high, unit=unit)
    form = form_of(definition, present, word(definition.label), f"{word(definition.hint)} {bounds}".strip())
    if error is not None:
        add_error(form, error)
    return respond(
        "parameters/parameter.html",
        line=line,
        form=form,
        shown=lambda number: _shown(line, number),
        history=queries.history_of(db(), line),
        problem=problem,
        status=status,
    )


@blueprint.get("")
@guard(Permission.PARAMETER_MANAGE)
def parameters() -> ResponseReturnValue:
    """List all numbers of the rules by group, each with its default and who changed it."""
    groups = queries.groups(queries.lines(db()))
    return respond("parameters/parameters.html", groups=groups, shown=_shown)


@blueprint.get("/<key>")
@guard(Permission.PARAMETER_MANAGE)
def parameter(key: str) -> ResponseReturnValue:
    """Show one parameter with its history."""
    return _show(_line(key))


@blueprint.post("/<key>")
@guard(Permission.PARAMETER_MANAGE)
def change(key: str) -> ResponseReturnValue:
    """Set a parameter, or put it back to its default."""
    line, value = _line(key), None
    try:
        if "default" not in request.form:
            value = typed.read(line.definition, request.form.get("value", ""), viewer().currency)
        operations.change(db(), viewer().actor, key, value, now=now(), version=typed_version())
    except Invalid as error:
        return _show(line, error=error, status=422)
    except Conflict as error:
        return _show(_line(key), problem=message_of(error, locale()), status=409)
    flash(_("Saved. It holds for whatever happens from now on."), "success")
    return go("parameters.parameters")
