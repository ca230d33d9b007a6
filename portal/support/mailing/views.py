"""Mails that found no ticket, for the head of support, and the original of a message that came by mail."""

from typing import Any, Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.files.sending import attachment
from portal.files.stores import store_of
from portal.policy import Permission
from portal.support.mailing import operations, queries
from portal.web import db, go, guard, now, portal, respond, viewer

blueprint = Blueprint("mailing", __name__)
MANAGE, WORK = Permission.TICKET_MANAGE, Permission.TICKET_WORK
LABELS: Final[dict[str, tuple[Any, Any]]] = {
    "bounce": (_l("Not delivered"), _l("A mail of ours came back. Check the address of this person.")),
    "forged": (_l("Forged address"), _l("The address to answer to has a wrong signature.")),
    "foreign": (_l("Somebody else's address"), _l("The answer came from another sender than its address is for.")),
    "no_access": (_l("No right"), _l("This person may not write in this ticket, or not any more.")),
    "unknown": (_l("Unknown sender"), _l("Nobody signs in with this address.")),
    "doubtful": (_l("Forged sender"), _l("Our mail server says that this sender is not genuine.")),
    "too_large": (_l("Too large"), _l("The sender was told, if we know him.")),
    "flood": (_l("Too many"), _l("This sender wrote very often within an hour; perhaps a machine.")),
    "failed": (_l("Unreadable"), _l("This mail could not be taken in.")),
}


@blueprint.get("/support/mail")
@guard(MANAGE)
def mails() -> ResponseReturnValue:
    """List the mails that somebody must look at."""
    rows = list(queries.waiting(db(), before=request.args.get("before", "")))
    older = rows[queries.PAGE - 1].public_id if len(rows) > queries.PAGE else ""
    return respond("mailing/mails.html", mails=rows[: queries.PAGE], older=older, labels=LABELS)


@blueprint.get("/support/mail/<public_id>/original")
@guard(MANAGE)
def original(public_id: str) -> ResponseReturnValue:
    """Hand out a mail as it came, as a file."""
    row = queries.mail(db(), public_id)
    return attachment(queries.original(db(), row), store_of(portal().settings))


@blueprint.post("/support/mail/<public_id>/done")
@guard(MANAGE)
def done(public_id: str) -> ResponseReturnValue:
    """Take a mail off the list."""
    operations.settle(db(), viewer().actor, queries.mail(db(), public_id), now=now())
    flash(_("The mail is off the list."), "success")
    return go("mailing.mails")


@blueprint.get("/tickets/<public_id>/messages/<message_id>/original")
@guard(WORK)
def behind(public_id: str, message_id: str) -> ResponseReturnValue:
    """Hand out the mail that a message was."""
    row = queries.behind(db(), public_id, message_id)
    return attachment(queries.original(db(), row), store_of(portal().settings))
