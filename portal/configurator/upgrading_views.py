"""What newer rules would change in a draft, and moving it to them."""

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.configurator import operations, queries, upgrading
from portal.configurator.models import Configuration
from portal.configurator.rights import may_edit
from portal.formats import message_of
from portal.paging import typed_version
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, respond, today, viewer

blueprint = Blueprint("upgrading", __name__, url_prefix="/configurations")
LONGEST_NUMBER = 9


@blueprint.app_template_global("upgrade_offer")
def upgrade_offer(configuration: Configuration) -> upgrading.Offer | None:
    """Return the newer rules that a draft could follow, for the banner of its page."""
    return upgrading.offer_of(db(), configuration, today=today())


@blueprint.get("/<public_id>/upgrade")
@guard(Permission.CONFIGURATION_VIEW)
def preview(public_id: str) -> ResponseReturnValue:
    """Show what an upgrade would change, or that there is nothing to upgrade to."""
    row = queries.configuration(db(), public_id)
    return _show(row, upgrade_offer(row))


def _show(
    row: Configuration, offer: upgrading.Offer | None, *, status: int = 200, problem: str = ""
) -> ResponseReturnValue:
    found = None
    if offer is not None and offer.revision_id is not None:
        found = upgrading.preview(db(), viewer().actor, row, offer, today=today())
    return respond(
        "configurator/upgrade.html",
        configuration=row,
        preview=found,
        offer=offer,
        unpriced=message_of(found.problem, locale()) if found and found.problem else "",
        problem=problem,
        editable=may_edit(db(), viewer().actor, row),
        status=status,
    )


@blueprint.post("/<public_id>/upgrade")
@guard(Permission.CONFIGURATION_VIEW)
def upgrade(public_id: str) -> ResponseReturnValue:
    """Move the draft to the rules that were shown; whatever changed meanwhile is shown again."""
    row = queries.configuration(db(), public_id, for_update=True)
    raw = request.form.get("number", "")
    number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) <= LONGEST_NUMBER else -1
    try:
        upgrading.upgrade(
            db(), viewer().actor, row, number=number, version=typed_version(), today=today(), now=now()
        )  # fmt: skip
    except operations.Stale as error:
        return _show(row, upgrade_offer(row), status=409, problem=message_of(error, locale()))
    flash(_("The draft follows the newer rules. “Undo” takes it back in one step."), "success")
    return go("configurator.configuration", public_id=public_id)
