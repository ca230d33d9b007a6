"""Pictures and files of an article: attach, hand out, remove."""

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Invalid, NotFound
from portal.files import operations
from portal.files.models import Upload
from portal.files.queries import upload
from portal.files.recognising import MOST_SENT
from portal.files.refusing import CHOOSE, NoRoom, Refused
from portal.files.sending import attachment
from portal.files.stores import store_of
from portal.formats import message_of
from portal.policy import Permission
from portal.support.knowledge import queries
from portal.web import db, go, guard, locale, now, portal, viewer

blueprint = Blueprint("article_files", __name__, url_prefix="/knowledge/<public_id>/files")
VIEW, EDIT = Permission.ARTICLE_VIEW, Permission.ARTICLE_EDIT


@blueprint.url_value_preprocessor
def _accept_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read larger requests than other pages do; before anything looks at the form."""
    request.max_content_length = MOST_SENT


@blueprint.post("")
@guard(EDIT)
def attach(public_id: str) -> ResponseReturnValue:
    """Attach a picture or a file."""
    row, sent = queries.article(db(), public_id), request.files.get("file")
    store = store_of(portal().settings)
    try:
        if sent is None or not sent.filename:
            raise Refused(CHOOSE)
        operations.keep(db(), viewer().actor, row, sent.stream, sent.filename, store=store, now=now())
    except (NoRoom, Invalid) as error:
        flash(message_of(error, locale()), "danger")
        return go("writing.edit", public_id=public_id)
    flash(_("The file is attached."), "success")
    return go("writing.edit", public_id=public_id)


@blueprint.get("/<file_id>")
@guard(VIEW)
def download(public_id: str, file_id: str) -> ResponseReturnValue:
    """Hand out a file of this article."""
    return attachment(_file(public_id, file_id), store_of(portal().settings))


@blueprint.get("/<file_id>/small")
@guard(VIEW)
def small(public_id: str, file_id: str) -> ResponseReturnValue:
    """Hand out the small picture of a file."""
    return attachment(_file(public_id, file_id), store_of(portal().settings), thumbnail=True)


def _file(public_id: str, file_id: str) -> Upload:
    """Return a file of an article; to readers those that were published with it, and none of the next draft."""
    row = queries.article(db(), public_id)
    found = upload(db(), row, file_id)
    if found not in queries.attached(db(), row, all_of_them=viewer().can(EDIT)):
        raise NotFound
    return found


@blueprint.post("/<file_id>/remove")
@guard(EDIT)
def remove(public_id: str, file_id: str) -> ResponseReturnValue:
    """Take a file away."""
    row = queries.article(db(), public_id)
    operations.remove(db(), viewer().actor, upload(db(), row, file_id), now=now())
    flash(_("The file is removed."), "success")
    return go("writing.edit", public_id=public_id)
