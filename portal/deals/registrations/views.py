"""Pages of registrations: the list, and one of them."""

from collections.abc import Sequence

from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from portal.deals.registrations import queries
from portal.deals.registrations.customers import of_customer
from portal.deals.registrations.labels import line_shown, list_words
from portal.deals.registrations.showing import show
from portal.parties.models import Party
from portal.parties.views import RELATED, Related, RelatedList
from portal.policy import Permission
from portal.web import db, guard, locale, respond, today
from portal.words import N_

blueprint = Blueprint("registrations", __name__, url_prefix="/registrations")
VIEW = Permission.REGISTRATION_VIEW
KEYS = ("standing", "line", "ending", "sort", "q", "after")


@blueprint.get("")
@guard(VIEW)
def registrations() -> ResponseReturnValue:
    """List registrations; filter, sort and position stand in the address."""
    wanted = queries.RegistrationFilter.read(*(request.args.get(key, "") for key in KEYS))
    return respond(
        "registrations/registrations.html",
        "registrations/_registrations.html",
        found=queries.registrations(db(), wanted, today()),
        wanted=wanted,
        words=list_words(locale()),
    )


@blueprint.get("/<public_id>")
@guard(VIEW)
def registration(public_id: str) -> ResponseReturnValue:
    """Show a registration."""
    return show(queries.registration(db(), public_id))


def _of_customer(session: Session, customer: Party) -> Sequence[Related]:
    return [
        Related(line_shown(row.product_line), "registrations.registration", row.public_id, row.number or "", label, at)
        for row, label, at in of_customer(session, customer)
    ]


@blueprint.record_once
def _hand_over(state: BlueprintSetupState) -> None:
    """Show the registrations for a customer on its page, to those who may see them."""
    offered = RelatedList(N_("Registrations"), VIEW, _of_customer)
    state.app.extensions[RELATED] = (*state.app.extensions.get(RELATED, ()), offered)
