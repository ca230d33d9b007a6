"""The preview of "finish it for me", and taking it."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.configurator import finishing, operations, queries
from portal.configurator.engines import engine
from portal.configurator.models import Configuration
from portal.configurator.rights import may_edit
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.paging import typed_version
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("finishing", __name__, url_prefix="/configurations")
GOALS = {
    "cheapest": (_l("Cheapest"), _l("The lowest total that fits")),
    "fewest": (_l("Fewest changes"), _l("Defaults and proposals as they stand")),
    "power": (_l("Smallest power"), _l("What all products draw together")),
}


@blueprint.app_template_global("finishing_goals")
def goals(configuration: Configuration) -> list[tuple[str, str, str]]:
    """Return (key, name, hint) of the goals that a configuration can be finished towards."""
    offered = finishing.goals_of(engine(db(), configuration.rule_revision_id))
    return [(key, str(GOALS[key][0]), str(GOALS[key][1])) for key in offered]


@blueprint.get("/<public_id>/finish")
@guard(Permission.CONFIGURATION_VIEW)
def preview(public_id: str) -> ResponseReturnValue:
    """Show what would be chosen for every open question; nothing is saved."""
    row = queries.configuration(db(), public_id)
    return _show(row, request.args.get("goal", ""), request.args.get("defaults", "") != "free")


def _show(row: Configuration, goal: str, keeps: bool, *, status: int = 200, problem: str = "") -> ResponseReturnValue:
    offered = goals(row)
    goal = goal if goal in [key for key, *_rest in offered] else offered[0][0]
    found = finishing.preview(db(), viewer().actor, row, goal, keeps_defaults=keeps, today=today())
    return respond(
        "configurator/finish.html",
        "configurator/_finish_preview.html",
        configuration=row,
        preview=found,
        goals=offered,
        problem=problem,
        editable=may_edit(db(), viewer().actor, row),
        status=status,
    )


@blueprint.post("/<public_id>/finish")
@guard(Permission.CONFIGURATION_VIEW)
def accept(public_id: str) -> ResponseReturnValue:
    """Take what the preview showed, in one step; a draft that changed meanwhile is previewed again."""
    row = queries.configuration(db(), public_id, for_update=True)
    goal, keeps = request.form.get("goal", ""), request.form.get("defaults", "") != "free"
    try:
        picks = finishing.read_picks(request.form.get("picks", ""))
        finishing.accept(db(), viewer().actor, row, picks, goal=goal[:20], version=typed_version(), now=now())
    except operations.Stale as error:
        return _show(row, goal, keeps, status=409, problem=_told(error))
    except Invalid as error:
        return _show(row, goal, keeps, status=422, problem=_told(error))
    flash(_("All open questions are answered. “Undo” takes it back in one step."), "success")
    return go("configurator.configuration", public_id=public_id)


def _told(error: Conflict | Invalid) -> str:
    return message_of(error, locale())
