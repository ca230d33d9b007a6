"""Documents of a registration: attach, download, remove."""

from typing import Any

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.deals.registrations import queries
from portal.deals.registrations.showing import show
from portal.errors import Invalid
from portal.files import operations
from portal.files.forms import UploadForm
from portal.files.queries import upload
from portal.files.recognising import MOST_BYTES
from portal.files.refusing import CHOOSE, NoRoom, Refused, TooMuch
from portal.files.sending import attachment
from portal.files.stores import store_of
from portal.formats import message_of
from portal.forms import add_error
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, portal, viewer

blueprint = Blueprint("registration_files", __name__, url_prefix="/registrations/<public_id>/files")
EDIT, VIEW = Permission.REGISTRATION_EDIT, Permission.REGISTRATION_VIEW
MOST_SENT = 2 * MOST_BYTES  # bytes that are read at all; what is larger than a file may be is told so in words


@blueprint.url_value_preprocessor
def _accept_files(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read larger requests than other pages do; before anything looks at the form."""
    request.max_content_length = MOST_SENT


@blueprint.post("")
@guard(EDIT)
def attach(public_id: str) -> ResponseReturnValue:
    """Attach a file."""
    row, form, sent = queries.registration(db(), public_id), UploadForm(), request.files.get("file")
    store = store_of(portal().settings)
    try:
        if sent is None or not sent.filename:
            raise Refused(CHOOSE)
        operations.keep(db(), viewer().actor, row, sent.stream, sent.filename, store=store, now=now())
    except NoRoom as error:
        return show(row, status=503, problem=message_of(error, locale()))
    except Invalid as error:
        form.validate()
        add_error(form, error)
        return show(row, status=413 if isinstance(error, TooMuch) else 422, upload_form=form)
    flash(_("The file is attached."), "success")
    return go("registrations.registration", public_id=public_id)


@blueprint.get("/<file_id>")
@guard(VIEW)
def download(public_id: str, file_id: str) -> ResponseReturnValue:
    """Hand out a file of this registration."""
    row = queries.registration(db(), public_id)
    return attachment(upload(db(), row, file_id), store_of(portal().settings))


@blueprint.post("/<file_id>/remove")
@guard(EDIT)
def remove(public_id: str, file_id: str) -> ResponseReturnValue:
    """Take a file away."""
    row = queries.registration(db(), public_id)
    operations.remove(db(), viewer().actor, upload(db(), row, file_id), now=now())
    flash(_("The file is removed."), "success")
    return go("registrations.registration", public_id=public_id)
