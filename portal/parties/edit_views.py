"""Pages on which a customer, its contacts and what is noted of it are corrected."""

from contextlib import suppress
from typing import Any, Final

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Invalid, NotFound
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import typed_version
from portal.parties import noting, operations, queries
from portal.parties.forms import ContactDetailsForm, DetailsForm, NoteForm
from portal.parties.models import Party
from portal.parties.operations import Changed, ContactDetails, Details
from portal.parties.page import show_customer
from portal.parties.queries import Card
from portal.parties.words import TABLES, word
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("customer", __name__, url_prefix="/customers")
EDIT: Final = Permission.PARTY_EDIT
CONTACT: Final = ("name", "phone", "email")
ALL: Final = (*CONTACT, "name_en", "address", *TABLES)


@blueprint.get("/<public_id>/edit")
@guard(EDIT)
def edit(public_id: str) -> ResponseReturnValue:
    """Show all that is known of a customer, to be corrected."""
    found = queries.customer(db(), public_id)
    card = queries.card(db(), found)
    form = DetailsForm(data={key: getattr(card, key) for key in ALL}, formdata=None)
    form.offer({table: getattr(card, table) for table in TABLES})
    return _edit_page(found, card, form)


@blueprint.post("/<public_id>/edit")
@guard(EDIT)
def save(public_id: str) -> ResponseReturnValue:
    """Save what was corrected; when somebody else saved in between, show both and save nothing."""
    found = queries.customer(db(), public_id)
    card, form = queries.card(db(), found), DetailsForm()
    form.offer({table: getattr(card, table) for table in TABLES})
    if not form.validate():
        return _edit_page(found, card, form, status=422, version=typed_version())
    details = Details(**{key: form[key].data or "" for key in ALL})
    try:
        operations.edit_customer(db(), viewer().actor, found, details, version=typed_version(), now=now())
    except Changed as error:
        return _edit_page(found, error.saved, form, status=409, problem=message_of(error, locale()))
    except Invalid as error:
        add_error(form, error)
        return _edit_page(found, card, form, status=422, version=typed_version())
    flash(_("Saved."), "success")
    return go("parties.customer", public_id=public_id)


def _edit_page(
    found: Party, card: Card, form: DetailsForm, *, status: int = 200, problem: str = "", version: int | None = None
) -> ResponseReturnValue:
    return respond(
        "parties/edit.html",
        customer=found,
        card=card,
        form=form,
        problem=problem,
        differs=_differences(card, form, ALL) if problem else (),
        version=card.version if version is None else version,
        status=status,
    )


def _differences(saved: Card, form: Any, fields: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Return (label, what is saved now, what was typed) of every field in which the two differ."""
    found = []
    for key in fields:
        pair = (getattr(saved, key), form[key].data or "")
        if pair[0] != pair[1]:
            shown = [word(key, code, locale()) if key in TABLES and code else code for code in pair]
            found.append((form[key].label.text, shown[0], shown[1]))
    return found


@blueprint.get("/<public_id>/contacts/<contact_id>")
@guard(EDIT)
def contact(public_id: str, contact_id: str) -> ResponseReturnValue:
    """Show a contact, to be corrected."""
    found = queries.customer(db(), public_id)
    person = queries.contact(db(), found.id, contact_id)
    card = queries.card(db(), person)
    form = ContactDetailsForm(data={key: getattr(card, key) for key in CONTACT}, formdata=None)
    return _contact_page(found, person, card, form)


@blueprint.post("/<public_id>/contacts/<contact_id>")
@guard(EDIT)
def save_contact(public_id: str, contact_id: str) -> ResponseReturnValue:
    """Save what was corrected of a contact."""
    found = queries.customer(db(), public_id)
    person = queries.contact(db(), found.id, contact_id)
    card, form = queries.card(db(), person), ContactDetailsForm()
    if not form.validate():
        return _contact_page(found, person, card, form, status=422, version=typed_version())
    details = ContactDetails(**{key: form[key].data or "" for key in CONTACT})
    try:
        operations.edit_contact(db(), viewer().actor, person, details, version=typed_version(), now=now())
    except Changed as error:
        return _contact_page(found, person, error.saved, form, status=409, problem=message_of(error, locale()))
    flash(_("Saved."), "success")
    return go("parties.customer", public_id=public_id)


def _contact_page(
    found: Party,
    person: Party,
    card: Card,
    form: ContactDetailsForm,
    *,
    status: int = 200,
    problem: str = "",
    version: int | None = None,
) -> ResponseReturnValue:
    return respond(
        "parties/contact.html",
        customer=found,
        customer_name=queries.name_of(db(), found)[0],
        contact=person,
        form=form,
        problem=problem,
        differs=_differences(card, form, CONTACT) if problem else (),
        version=card.version if version is None else version,
        status=status,
    )


@blueprint.post("/<public_id>/contacts/<contact_id>/remove")
@guard(EDIT)
def remove_contact(public_id: str, contact_id: str) -> ResponseReturnValue:
    """Take a contact off the customer's page; a second time changes nothing."""
    found = queries.customer(db(), public_id)
    with suppress(NotFound):
        operations.remove_contact(db(), viewer().actor, queries.contact(db(), found.id, contact_id), now=now())
    flash(_("The contact is gone from this page."), "success")
    return go("parties.customer", public_id=public_id)


@blueprint.post("/<public_id>/notes")
@guard(EDIT)
def note(public_id: str) -> ResponseReturnValue:
    """Note an identifier, a further name or a further address."""
    found = queries.customer(db(), public_id)
    form = NoteForm()
    if not form.validate():
        return show_customer(found, note_form=form, status=422)
    try:
        noting.add_note(db(), viewer().actor, found, kind=form.kind.data, text=form.text.data, now=now())
    except Invalid as error:
        error.field = "text" if error.field != "kind" else "kind"
        add_error(form, error)
        return show_customer(found, note_form=form, status=422)
    flash(_("Noted. Only your organisation sees it."), "success")
    return go("parties.customer", public_id=public_id)


@blueprint.post("/<public_id>/notes/<note_id>/remove")
@guard(EDIT)
def remove_note(public_id: str, note_id: str) -> ResponseReturnValue:
    """Take a note back; a second time changes nothing."""
    found = queries.customer(db(), public_id)
    with suppress(NotFound):
        noting.remove_note(db(), viewer().actor, found, note_id, now=now())
    flash(_("The note is gone."), "success")
    return go("parties.customer", public_id=public_id)


@blueprint.post("/<public_id>/notes/<note_id>/main")
@guard(EDIT)
def make_main(public_id: str, note_id: str) -> ResponseReturnValue:
    """Let a further address be the main one."""
    noting.make_main(db(), viewer().actor, queries.customer(db(), public_id), note_id, now=now())
    flash(_("This is the main address now."), "success")
    return go("parties.customer", public_id=public_id)
