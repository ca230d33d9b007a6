"""The two exceptions of the house, each with a reason that stays in the history."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.deals.registrations import operations, queries
from portal.deals.registrations.forms import ReasonForm
from portal.deals.registrations.registering_views import say
from portal.deals.registrations.showing import show
from portal.forms import step
from portal.paging import typed_version
from portal.policy import Permission
from portal.web import db, go, guard, now, today, viewer

blueprint = Blueprint("registration_house", __name__, url_prefix="/registrations")
MANAGE = Permission.REGISTRATION_MANAGE


@blueprint.post("/<public_id>/override")
@guard(MANAGE)
def override(public_id: str) -> ResponseReturnValue:
    """Approve a registration over the one that holds the place."""
    return _exception(public_id, "override")


@blueprint.post("/<public_id>/reopen")
@guard(MANAGE)
def reopen(public_id: str) -> ResponseReturnValue:
    """Open a closed registration again."""
    return _exception(public_id, "reopen")


def _exception(public_id: str, action: str) -> ResponseReturnValue:
    row, form = queries.registration(db(), public_id), ReasonForm()

    def work() -> None:
        at: dict[str, Any] = {"version": typed_version(), "now": now(), "today": today()}
        if action == "override":
            operations.override(db(), viewer().actor, row, form.reason.data, **at)
            flash(_("Approved; the other one is closed and its owner is told."), "success")
        else:
            say(operations.reopen(db(), viewer().actor, row, form.reason.data, **at))

    def done(_nothing: None) -> Response:
        return go("registrations.registration", public_id=public_id)

    return step(work, shown=partial(show, row), done=done, form=form, name="reason_form")
