"""A customer's configuration on its way to his distributor: send, take back, ask for one; the distributor's list."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator import queries, sending, sending_queries
from portal.configurator.models import Configuration
from portal.configurator.sending_queries import Distributor, Received, Sent
from portal.paging import before_id
from portal.policy import OrganisationKind, Permission
from portal.web import db, go, guard, now, respond, today, viewer

blueprint = Blueprint("sending", __name__, url_prefix="/configurations")
EDIT, VIEW = Permission.CONFIGURATION_EDIT, Permission.CONFIGURATION_VIEW


@dataclass(frozen=True)
class Distribution:
    """What the page of a configuration says about sending it: to its owner, or to whom it was sent."""

    is_sender: bool
    open: Sequence[Distributor] = ()
    sent: Sequence[Sent] = ()
    received: Received | None = None


@blueprint.app_template_global("distribution_of")
def distribution_of(configuration: Configuration) -> Distribution | None:
    """Return what the reader may do about sending a configuration; nothing for everybody it does not concern."""
    person = viewer()
    own = configuration.organisation_id == person.actor.organisation_id
    if own and person.organisation_kind == OrganisationKind.CUSTOMER:
        sent = sending_queries.sent_to(db(), configuration)
        done = {one.to for one in sent}
        known = sending_queries.distributors(db(), configuration.organisation_id)
        return Distribution(True, [one for one in known if one.public_id not in done], sent)
    if not own and person.organisation_kind == OrganisationKind.PARTNER:
        found = sending_queries.received(db(), person.actor, configuration_id=configuration.id, limit=1)
        return Distribution(False, received=found[0]) if found else None
    return None


@blueprint.get("/sent")
@guard(VIEW)
def sent() -> ResponseReturnValue:
    """List what customers sent, newest first."""
    rows = sending_queries.received(db(), viewer().actor, before_id=before_id())
    page = rows[: sending_queries.PAGE]
    more = page[-1].id if len(rows) > sending_queries.PAGE else None
    return respond("configurator/start_sent.html", rows=page, next_before=more)


@blueprint.post("/<public_id>/send")
@guard(EDIT)
def send(public_id: str) -> ResponseReturnValue:
    """Send a configuration to a distributor of one's own."""
    row = queries.configuration(db(), public_id, for_update=True)
    sending.send(db(), viewer().actor, row, request.form.get("to", ""), now=now())
    flash(_("It is sent. The distributor sees it at once and can change it with you."), "success")
    return go("configurator.configuration", public_id=public_id)


@blueprint.post("/<public_id>/withdraw")
@guard(EDIT)
def withdraw(public_id: str) -> ResponseReturnValue:
    """Take a sent configuration back."""
    row = queries.configuration(db(), public_id, for_update=True)
    sending.withdraw(db(), viewer().actor, row, request.form.get("to", ""), now=now())
    flash(_("It is taken back; the distributor does not see it any more."), "success")
    return go("configurator.configuration", public_id=public_id)


@blueprint.post("/<public_id>/ask-distributor")
@guard(EDIT)
def ask(public_id: str) -> ResponseReturnValue:
    """Ask the supplier for a distributor."""
    row = queries.configuration(db(), public_id)
    sending.ask_for_distributor(db(), viewer().actor, row, now=now())
    flash(_("The channel manager knows. As soon as a distributor is noted for you, you can send it to him."), "success")
    return go("configurator.configuration", public_id=public_id)


@blueprint.post("/<public_id>/take-over")
@guard(EDIT)
def take_over(public_id: str) -> ResponseReturnValue:
    """Make one's own configuration of what a customer sent."""
    row = queries.configuration(db(), public_id)
    begun = sending.take_over(db(), viewer().actor, row, today=today(), now=now())
    flash(_("This is your own copy for the customer; quote it from here."), "success")
    return go("configurator.configuration", public_id=begun.configuration.public_id)
