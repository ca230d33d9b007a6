"""What people say about a configuration and the lines of its bill."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.catalog.queries import names_of
from portal.configurator import queries
from portal.configurator.models import Configuration
from portal.configurator.rights import is_owner
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import before_id
from portal.policy import Permission
from portal.sharing.comments import WITHDRAWN_WITHIN, say, set_resolved, withdraw
from portal.sharing.forms import CommentForm
from portal.sharing.queries import comment_row, marks_of, thread_of
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("comments", __name__, url_prefix="/configurations")
VIEW = Permission.CONFIGURATION_VIEW
LONGEST_KEY = 60


@blueprint.get("/<public_id>/comments")
@guard(VIEW)
def thread(public_id: str) -> ResponseReturnValue:
    """Show what is said about one line (`line` of the address) or about all of a configuration."""
    return _show(queries.configuration(db(), public_id), _line(request.args.get("line", "")))


@blueprint.post("/<public_id>/comments")
@guard(VIEW)
def say_it(public_id: str) -> ResponseReturnValue:
    """Comment; whoever sees a configuration may."""
    row, line = queries.configuration(db(), public_id), _line(request.form.get("line", ""))
    form = CommentForm()
    if not form.validate():
        return _show(row, line, form=form, status=422)
    try:
        said = say(db(), viewer().actor, row, line_key=line, body=form.body.data or "", now=now())
    except Invalid as error:
        add_error(form, error)
        return _show(row, line, form=form, status=422)
    return go("comments.thread", public_id=public_id, line=line or None, _anchor=f"c-{said.public_id}")


@blueprint.post("/<public_id>/comments/resolved")
@guard(VIEW)
def resolve(public_id: str) -> ResponseReturnValue:
    """Say that a thread is settled, or open it again."""
    row, line = queries.configuration(db(), public_id), _line(request.form.get("line", ""))
    set_resolved(db(), viewer().actor, row, line, request.form.get("resolved") == "1", now=now())
    return go("comments.thread", public_id=public_id, line=line or None)


@blueprint.post("/<public_id>/comments/<comment_id>/withdraw")
@guard(VIEW)
def withdraw_it(public_id: str, comment_id: str) -> ResponseReturnValue:
    """Take one's own words back while they are fresh."""
    row = queries.configuration(db(), public_id)
    comment, line = comment_row(db(), row, comment_id)
    try:
        withdraw(db(), viewer().actor, row, comment, now=now())
    except Conflict as error:
        return _show(row, line, problem=message_of(error, locale()), status=409)
    flash(_("Your comment was withdrawn."), "success")
    return go("comments.thread", public_id=public_id, line=line or None)


def _line(raw: str) -> str:
    """Return the key of a line; nonsense is simply a line about which nobody has said anything."""
    return "".join(filter(str.isprintable, raw)).strip()[:LONGEST_KEY]


def _show(
    row: Configuration, line: str, *, form: CommentForm | None = None, problem: str = "", status: int = 200
) -> ResponseReturnValue:
    marks = marks_of(db(), row)
    return respond(
        "sharing/comments.html",
        configuration=row,
        owner=is_owner(viewer().actor, row),
        line=line,
        thread=thread_of(db(), row, line, before_id=before_id()),
        marks=marks,
        names=names_of(db(), [line, *marks]),
        form=form or CommentForm(formdata=None),
        problem=problem,
        fresh_since=now() - WITHDRAWN_WITHIN,
        status=status,
    )
