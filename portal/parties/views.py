"""Pages of customers: the list, a new one, one with its contacts."""

from collections.abc import Sequence

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.errors import Invalid, NotFound
from portal.forms import add_error
from portal.parties import operations, queries
from portal.parties.forms import ContactForm, CustomerForm
from portal.parties.models import Party
from portal.parties.page import RELATED, Related, RelatedList, no_customers_of_a_customer, show_customer
from portal.parties.queries import Position
from portal.parties.similar import Duplicate, Similar, similar
from portal.parties.words import word
from portal.policy import Permission
from portal.web import db, go, guard, now, respond, viewer

__all__ = ["RELATED", "Related", "RelatedList", "blueprint"]  # the lists of other features are handed over here

blueprint = Blueprint("parties", __name__, url_prefix="/customers")
blueprint.add_app_template_global(word, "party_word")
TYPED = ("name", "name_en", "contact", "reach", "address", "credit_code")


def _position() -> Position | None:
    """Read `after=<row>.<name>` of the address; anything else begins at the front."""
    row, dot, name = request.args.get("after", "").partition(".")
    return Position(name, int(row)) if dot and row.isascii() and row.isdigit() and len(row) < 19 else None


@blueprint.get("")
@guard(Permission.PARTY_VIEW)
def customers() -> ResponseReturnValue:
    """List the customers that the own organisation knows."""
    no_customers_of_a_customer()
    search = request.args.get("q", "").strip()[:100]
    rows = queries.customers(db(), search=search, after=_position())
    page, more = rows[: queries.PAGE], len(rows) > queries.PAGE
    return respond(
        "parties/customers.html",
        "parties/_customers.html",
        customers=page,
        search=search,
        after=request.args.get("after"),
        next_after=f"{page[-1].id}.{page[-1].name_key}" if more else None,
    )


@blueprint.get("/similar")
@guard(Permission.PARTY_EDIT)
def similar_customers() -> ResponseReturnValue:
    """Suggest, while a name is typed, customers one knows that may be meant."""
    typed = "".join(filter(str.isprintable, request.args.get("name", "")[:200]))
    return respond("parties/similar.html", "parties/_similar.html", similar=similar(db(), typed), name=typed)


@blueprint.route("/new", methods=["GET", "POST"])
@guard(Permission.PARTY_EDIT)
def new_customer() -> ResponseReturnValue:
    """Note a new customer; one that looks like a known one is asked about once."""
    form = CustomerForm(name=request.args.get("name", "")[:200])
    if not form.validate_on_submit():
        return _new_page(form, status=422 if form.is_submitted() else 200)
    alike = [] if request.form.get("different") else similar(db(), form.name.data)
    try:
        if alike:
            operations.check_new_customer(db(), viewer().actor, form.name.data, form.credit_code.data)
            return _new_page(form, alike=alike, status=422)
        made = operations.add_customer(db(), viewer().actor, **{key: form[key].data for key in TYPED}, now=now())
    except Duplicate as error:
        add_error(form, error)
        return _new_page(form, known=db().get(Party, error.party_id), status=422)
    except Invalid as error:
        add_error(form, error)
        return _new_page(form, status=422)
    flash(_("The customer is noted."), "success")
    return go("parties.customer", public_id=made.public_id)


def _new_page(
    form: CustomerForm, *, status: int, alike: Sequence[Similar] = (), known: Party | None = None
) -> ResponseReturnValue:
    name = queries.name_of(db(), known)[0] if known else ""
    return respond(
        "parties/new_customer.html",
        form=form,
        similar=alike,
        asked=bool(alike),
        known=known,
        known_name=name,
        status=status,
    )


@blueprint.get("/<public_id>")
@guard(Permission.PARTY_VIEW)
def customer(public_id: str) -> ResponseReturnValue:
    """Show a customer with its contacts and what the own organisation does for it; a merged one leads on."""
    no_customers_of_a_customer()
    try:
        found = queries.customer(db(), public_id)
    except NotFound:
        survivor = queries.now_called(db(), public_id)
        if survivor is None:
            raise
        return go("parties.customer", public_id=survivor)
    return show_customer(found)


@blueprint.post("/<public_id>/contacts")
@guard(Permission.PARTY_EDIT)
def new_contact(public_id: str) -> ResponseReturnValue:
    """Note a contact person of a customer."""
    found = queries.customer(db(), public_id)
    form = ContactForm()
    if not form.validate():
        return show_customer(found, contact_form=form, status=422)
    operations.add_contact(db(), viewer().actor, found, name=form.name.data, reach=form.reach.data, now=now())
    flash(_("The contact is noted."), "success")
    return go("parties.customer", public_id=public_id)
