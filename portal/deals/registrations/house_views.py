"""The two exceptions of the house, each with a reason that stays in the history."""

from typing import Any

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.deals.registrations import operations, queries
from portal.deals.registrations.forms import ReasonForm
from portal.deals.registrations.registering_views import say
from portal.deals.registrations.showing import show
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import typed_version
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, today, viewer

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


def _exception(public_id: str, step: str) -> ResponseReturnValue:
    row, form = queries.registration(db(), public_id), ReasonForm()
    if not form.validate():
        return show(row, status=422, reason_form=form)
    at: dict[str, Any] = {"version": typed_version(), "now": now(), "today": today()}
    try:
        if step == "override":
            operations.override(db(), viewer().actor, row, form.reason.data, **at)
            flash(_("Approved; the other one is closed and its owner is told."), "success")
        else:
            say(operations.reopen(db(), viewer().actor, row, form.reason.data, **at))
    except Invalid as error:
        add_error(form, error)
        return show(row, status=422, reason_form=form)
    except Conflict as error:
        return show(row, status=409, reason_form=form, problem=message_of(error, locale()))
    return go("registrations.registration", public_id=public_id)
