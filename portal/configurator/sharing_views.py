"""Who sees a configuration and why, sharing it, revoking, and what people say about its lines."""

from typing import Any, cast

from flask import Blueprint, flash, g
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal.accounts.forms import ROLE_LABELS
from portal.configurator import queries
from portal.configurator.models import Configuration
from portal.configurator.rights import is_owner, may_edit
from portal.errors import Invalid
from portal.forms import add_error
from portal.policy import GRANTS, OrganisationKind, Permission, Reach
from portal.sharing.forms import ShareForm
from portal.sharing.operations import revoke, share
from portal.sharing.queries import Mark, ShareRow, marks_of, name_of, share_row, shares_of
from portal.sharing.receivers import Offered, kind_of, offered
from portal.web import db, fmt, go, guard, locale, now, respond, viewer

blueprint = Blueprint("sharing", __name__, url_prefix="/configurations")
VIEW, EDIT = Permission.CONFIGURATION_VIEW, Permission.CONFIGURATION_EDIT


@blueprint.app_template_global("shares_of")
def shares_shown(row: Configuration) -> list[ShareRow]:
    """Return the live shares of a configuration that the reader may know of, looked up once a page."""
    return cast(list[ShareRow], _once("shares", row, lambda: shares_of(db(), viewer().actor, row)))


@blueprint.app_template_global("owner_of")
def owner_shown(row: Configuration) -> str:
    """Return the name of the organisation that a configuration belongs to, looked up once a page."""
    if row.organisation_id == viewer().organisation_id:
        return fmt().name(viewer().organisation_name, viewer().organisation_name_en)
    return cast(str, _once("owner", row, lambda: name_of(db(), row.organisation_id).to(locale())))


@blueprint.app_template_global("comment_marks")
def marks_shown(row: Configuration) -> dict[str, Mark]:
    """Return what stands at the lines of a configuration, looked up once a page."""
    return cast(dict[str, Mark], _once("marks", row, lambda: marks_of(db(), row)))


def _once(what: str, row: Configuration, look: Any) -> Any:
    known = g.setdefault("sharing", {})
    if (what, row.id) not in known:
        known[what, row.id] = look()
    return known[what, row.id]


@blueprint.get("/<public_id>/sharing")
@guard(VIEW)
def people(public_id: str) -> ResponseReturnValue:
    """Say who sees a configuration and why; its owners share it and take shares back here."""
    return _show(queries.configuration(db(), public_id))


@blueprint.post("/<public_id>/sharing")
@guard(EDIT)
def share_it(public_id: str) -> ResponseReturnValue:
    """Share with a person or an organisation; the same receiver a second time gets the other access."""
    row = queries.configuration(db(), public_id, for_update=True)
    form, near = ShareForm(), _offered(row)
    form.offer(near)
    if not form.validate():
        return _show(row, form=form, status=422)
    receiver: dict[str, Any] = form.chosen(near)
    given = {"access": form.access.data, "message": form.message.data, "now": now()}
    try:
        share(db(), viewer().actor, row, **receiver, **given)
    except Invalid as error:
        add_error(form, error)
        return _show(row, form=form, status=422)
    flash(_("Shared. They find it among their notices, and get a mail."), "success")
    return go("sharing.people", public_id=public_id)


@blueprint.post("/<public_id>/sharing/<share_id>/revoke")
@guard(EDIT)
def revoke_it(public_id: str, share_id: str) -> ResponseReturnValue:
    """Take a share back; it ends at once."""
    row = queries.configuration(db(), public_id)
    revoke(db(), viewer().actor, share_row(db(), row, share_id), now=now())
    flash(_("They no longer see this configuration."), "success")
    return go("sharing.people", public_id=public_id)


def _show(row: Configuration, *, form: ShareForm | None = None, status: int = 200) -> ResponseReturnValue:
    owner = is_owner(viewer().actor, row)
    if form is None and owner:
        form = ShareForm(formdata=None)
        form.offer(_offered(row))
    return respond(
        "sharing/people.html",
        configuration=row,
        owner=owner,
        editable=may_edit(db(), viewer().actor, row),
        form=form,
        shares=shares_shown(row),
        owner_name=owner_shown(row),
        owner_roles=_roles_that_see(kind_of(db(), row.organisation_id), Reach.OWN),
        house_roles=_roles_that_see(OrganisationKind.SUPPLIER, Reach.ALL),
        status=status,
    )


def _offered(row: Configuration) -> Offered:
    return offered(db(), row.organisation_id, without=viewer().person_id)


def _roles_that_see(kind: OrganisationKind, reach: Reach) -> list[str]:
    """Return what the roles of a kind of organisation that see configurations without any share are called."""
    return [str(ROLE_LABELS[role]) for role, grants in GRANTS[kind].items() if grants.get(VIEW, Reach.NONE) >= reach]
