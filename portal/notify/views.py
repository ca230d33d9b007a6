"""The page on which everybody chooses which mails to get."""

from collections.abc import Mapping

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Invalid
from portal.formats import message_of
from portal.notify import operations, queries
from portal.notify.topics import WAYS, topics_for
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("notices", __name__, url_prefix="/inbox/settings")


def _show(chosen: Mapping[str, str], *, problem: str = "", status: int = 200) -> ResponseReturnValue:
    topics = topics_for(viewer().actor)
    return respond("notify/ways.html", topics=topics, ways=WAYS, chosen=chosen, problem=problem, status=status)


@blueprint.get("")
@guard(Permission.INBOX_VIEW)
def ways() -> ResponseReturnValue:
    """Show how the reader is told of each topic."""
    return _show(queries.own_ways(db()))


@blueprint.post("")
@guard(Permission.INBOX_VIEW)
def choose() -> ResponseReturnValue:
    """Note how the reader wants to be told; topics that the form does not name stay as they are."""
    topics = topics_for(viewer().actor)
    wanted = {topic.key: request.form[topic.key] for topic in topics if topic.key in request.form}
    try:
        operations.choose_ways(db(), viewer().actor, wanted, now=now())
    except Invalid as error:
        return _show({**queries.own_ways(db()), **wanted}, problem=message_of(error, locale()), status=422)
    flash(_("Saved. It holds for what happens from now on."), "success")
    return go("notices.ways")
