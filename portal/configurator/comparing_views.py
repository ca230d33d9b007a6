"""Two configurations side by side, and a copy as a variant."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator import comparing, queries
from portal.policy import Permission
from portal.web import db, go, guard, now, respond, today, viewer

blueprint = Blueprint("comparing", __name__, url_prefix="/configurations")


@blueprint.get("/compare")
@guard(Permission.CONFIGURATION_VIEW)
def compare() -> ResponseReturnValue:
    """Show two configurations side by side; until two are named, let them be chosen."""
    left, right = request.args.get("a", ""), request.args.get("b", "")
    everything = request.args.get("all") == "1"
    found = None
    if left and right:
        pair = comparing.pair_of(db(), left, right)
        found = comparing.compare(db(), viewer().actor, *pair, today=today())
    elif left or right:
        queries.configuration(db(), left or right)
    offered = comparing.options(db())
    return respond(
        "configurator/compare.html", comparison=found, options=offered, left=left, right=right, everything=everything
    )


@blueprint.post("/<public_id>/variant")
@guard(Permission.CONFIGURATION_EDIT)
def variant(public_id: str) -> ResponseReturnValue:
    """Copy a configuration as a variant and show both side by side."""
    row = queries.configuration(db(), public_id)
    made = comparing.copy_variant(db(), viewer().actor, row, suffix=_("(variant)"), now=now())
    return go("comparing.compare", a=row.public_id, b=made.public_id)
