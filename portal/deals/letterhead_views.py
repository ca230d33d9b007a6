"""The page of an organisation's own paper: its texts and its logo."""

from typing import Any

from flask import Blueprint, flash, make_response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator import queries as configurations
from portal.configurator.queries import Terms
from portal.deals import letterheads
from portal.deals.logos import MOST_BYTES
from portal.deals.resale_forms import LetterheadForm, LogoForm
from portal.errors import Conflict, Invalid, NotFound
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import typed_version
from portal.policy import OrganisationKind, Permission
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("letterhead", __name__, url_prefix="/letterhead")
EDIT = Permission.QUOTE_EDIT
MOST_UPLOADED = 16_000_000  # bytes that are read at all; what is larger than a logo may be is told so in words


@blueprint.url_value_preprocessor
def _accept_pictures(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Read larger requests than other pages do; before anything looks at the form."""
    request.max_content_length = MOST_UPLOADED


def _terms() -> Terms:
    """Return the terms of the viewer's organisation; the supplier has no paper of its own here."""
    found = configurations.terms_of(db(), viewer().organisation_id)
    if found.kind != OrganisationKind.PARTNER:
        raise NotFound
    return found


def _show(*, form: LetterheadForm | None = None, status: int = 200, **more: Any) -> ResponseReturnValue:
    head = letterheads.letterhead_or_usual(db(), _terms())
    context = {"logo_form": LogoForm(formdata=None), "problem": "", **more}
    form = form or LetterheadForm.of(head)
    return respond("deals/letterhead.html", head=head, form=form, status=status, **context)


@blueprint.get("")
@guard(EDIT)
def letterhead() -> ResponseReturnValue:
    """Show what the own paper says."""
    return _show()


@blueprint.post("")
@guard(EDIT)
def save() -> ResponseReturnValue:
    """Save what the paper says."""
    form, terms = LetterheadForm(), _terms()
    if not form.validate():
        return _show(form=form, status=422)
    texts = {name: form[name].data for name in letterheads.TEXTS}
    try:
        letterheads.save_letterhead(db(), viewer().actor, terms, texts, version=typed_version(), now=now())
    except Conflict as error:
        return _show(form=form, status=409, problem=message_of(error, locale()))
    flash(_("Saved. New offers use it."), "success")
    return go("letterhead.letterhead")


@blueprint.post("/logo")
@guard(EDIT)
def set_logo() -> ResponseReturnValue:
    """Put an uploaded picture on the paper."""
    form, terms = LogoForm(), _terms()
    file = request.files.get("logo")
    content = file.read(MOST_BYTES + 1) if file else b""
    try:
        if not content:
            raise Invalid(letterheads.CHOOSE_FILE, field="logo")
        letterheads.set_logo(db(), viewer().actor, terms, content, now=now())
    except Invalid as error:
        form.validate()
        add_error(form, error)
        return _show(logo_form=form, status=422)
    flash(_("The logo is on your paper now."), "success")
    return go("letterhead.letterhead")


@blueprint.post("/logo/remove")
@guard(EDIT)
def remove_logo() -> ResponseReturnValue:
    """Take the logo off the paper."""
    letterheads.remove_logo(db(), viewer().actor, _terms(), now=now())
    flash(_("The logo is gone; offers that were issued keep it."), "success")
    return go("letterhead.letterhead")


@blueprint.get("/logo.png")
@guard(EDIT)
def logo() -> ResponseReturnValue:
    """Hand out the own logo."""
    head = letterheads.letterhead_of(db(), viewer().organisation_id)
    content, digest = letterheads.logo_of(db(), head.logo_id if head else None)
    response = make_response(content)
    response.headers["Content-Type"] = "image/png"
    response.set_etag(digest)
    return response.make_conditional(request)
