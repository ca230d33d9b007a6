"""Pages of customers and their contacts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from flask import Blueprint, current_app, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.errors import Invalid, NotAllowed
from portal.forms import add_error
from portal.parties import operations, queries
from portal.parties.forms import ContactForm, CustomerForm
from portal.parties.models import Party
from portal.parties.queries import Position
from portal.policy import OrganisationKind, Permission
from portal.web import db, go, guard, now, respond, viewer

blueprint = Blueprint("parties", __name__, url_prefix="/customers")
RELATED: Final = "parties.related"


@dataclass(frozen=True, slots=True)
class Related:
    """One matter of a customer that a feature above this one looks after."""

    title: str
    endpoint: str
    public_id: str
    number: str
    state: str  # English gettext id; both may be empty
    at: datetime


@dataclass(frozen=True, slots=True)
class RelatedList:
    """A list that a feature adds to the page of a customer, for those who have its permission."""

    heading: str  # English gettext id
    permission: Permission
    rows: Callable[[Session, Party], Sequence[Related]]


def _position() -> Position | None:
    """Read `after=<row>.<name>` of the address; anything else begins at the front."""
    row, dot, name = request.args.get("after", "").partition(".")
    return Position(name, int(row)) if dot and row.isascii() and row.isdigit() and len(row) < 19 else None


def _no_customers_of_a_customer() -> None:
    """A customer sees the parties of his own house through other pages; he has no customers."""
    if viewer().organisation_kind is OrganisationKind.CUSTOMER:
        raise NotAllowed


@blueprint.get("")
@guard(Permission.PARTY_VIEW)
def customers() -> ResponseReturnValue:
    """List the customers that the own organisation knows."""
    _no_customers_of_a_customer()
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


@blueprint.route("/new", methods=["GET", "POST"])
@guard(Permission.PARTY_EDIT)
def new_customer() -> ResponseReturnValue:
    """Note a new customer."""
    form = CustomerForm(name=request.args.get("name", "")[:200])
    if form.validate_on_submit():
        typed = {key: form[key].data for key in ("name", "name_en", "contact", "reach", "address")}
        try:
            made = operations.add_customer(db(), viewer().actor, **typed, now=now())
        except Invalid as error:
            add_error(form, error)
        else:
            flash(_("The customer is noted."), "success")
            return go("parties.customer", public_id=made.public_id)
    return respond("parties/new_customer.html", form=form, status=422 if form.is_submitted() else 200)


@blueprint.get("/<public_id>")
@guard(Permission.PARTY_VIEW)
def customer(public_id: str) -> ResponseReturnValue:
    """Show a customer with its contacts and what the own organisation does for it."""
    _no_customers_of_a_customer()
    return _customer_page(queries.customer(db(), public_id), ContactForm(formdata=None))


@blueprint.post("/<public_id>/contacts")
@guard(Permission.PARTY_EDIT)
def new_contact(public_id: str) -> ResponseReturnValue:
    """Note a contact person of a customer."""
    found = queries.customer(db(), public_id)
    form = ContactForm()
    if not form.validate():
        return _customer_page(found, form, status=422)
    operations.add_contact(db(), viewer().actor, found, name=form.name.data, reach=form.reach.data, now=now())
    flash(_("The contact is noted."), "success")
    return go("parties.customer", public_id=public_id)


def _customer_page(found: Party, form: ContactForm, status: int = 200) -> ResponseReturnValue:
    offered = cast(Sequence[RelatedList], current_app.extensions.get(RELATED, ()))
    shown = [(part.heading, part.rows(db(), found)) for part in offered if viewer().actor.can(part.permission)]
    return respond(
        "parties/customer.html",
        customer=found,
        contacts=queries.contacts(db(), found.id),
        related=shown,
        form=form,
        status=status,
    )
