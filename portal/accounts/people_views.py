"""Pages where owners and the administrator look after people."""

import segno
from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from portal.accounts import operations, queries
from portal.accounts.forms import ROLE_LABELS, InviteForm, RolesForm
from portal.accounts.views import invitation_link, organisation_kind
from portal.errors import Invalid, NotAllowed, TooMany
from portal.formats import message_of
from portal.forms import add_error, choices
from portal.paging import before_id
from portal.parties.models import Organisation
from portal.policy import ROLES_OF, OrganisationKind, Permission
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("people", __name__, url_prefix="/people")


def _offer_roles(form: RolesForm, kind: OrganisationKind) -> None:
    form.roles.choices = choices((role.value, ROLE_LABELS[role.value]) for role in ROLES_OF[kind])


@blueprint.get("")
@guard(Permission.PEOPLE_VIEW)
def people() -> ResponseReturnValue:
    """List colleagues, or everybody for the administrator."""
    rows = queries.people(db(), before_id=before_id())
    page, more = rows[: queries.PAGE], len(rows) > queries.PAGE
    invitations = queries.open_invitations(db(), now=now()) if viewer().actor.can(Permission.PEOPLE_MANAGE) else []
    return respond(
        "accounts/people.html",
        people=page,
        next_before=page[-1].id if more else None,
        invitations=invitations,
        role_labels=ROLE_LABELS,
    )


@blueprint.route("/invite", methods=["GET", "POST"])
@guard(Permission.PEOPLE_MANAGE)
def invite() -> ResponseReturnValue:
    """Invite somebody into the own organisation, by mail and by QR code."""
    form = InviteForm(locale=viewer().locale)
    _offer_roles(form, viewer().organisation_kind)
    offered = {role.value for role in ROLES_OF[viewer().organisation_kind]}
    if form.is_submitted() and not offered.issuperset(request.form.getlist("roles")):
        raise NotAllowed
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        organisation = db().scalars(select(Organisation).where(Organisation.id == viewer().organisation_id)).one()
        try:
            made = operations.invite(
                db(),
                viewer().actor,
                organisation,
                email=form.email.data,
                name=form.name.data,
                roles=form.roles.data or [],
                locale=form.locale.data,
                now=now(),
            )
            operations.mail_invitation(db(), made, link=invitation_link(made), inviter=viewer().name, now=now())
        except Invalid as error:
            add_error(form, error)
        except TooMany as error:
            form.form_errors.append(message_of(error, locale()))
            status = 429
        else:
            return go("people.invitation", public_id=made.public_id)
    return respond("accounts/invite.html", form=form, status=status)


@blueprint.get("/invitations/<public_id>")
@guard(Permission.PEOPLE_MANAGE)
def invitation(public_id: str) -> ResponseReturnValue:
    """Show an invitation with its link and QR code."""
    found = queries.invitation(db(), public_id)
    link = invitation_link(found)
    code = segno.make(link, error="m").svg_inline(scale=5, border=2, dark="#000", light="#fff", omitsize=True)
    open_still = operations.is_open(found, now=now())
    return respond(
        "accounts/invitation_sent.html",
        invitation=found,
        link=link,
        code=code,
        is_open=open_still,
        role_labels=ROLE_LABELS,
    )


@blueprint.post("/invitations/<public_id>/withdraw")
@guard(Permission.PEOPLE_MANAGE)
def withdraw_invitation(public_id: str) -> ResponseReturnValue:
    """Make an invitation worthless."""
    operations.withdraw_invitation(db(), viewer().actor, queries.invitation(db(), public_id), now=now())
    flash(_("The invitation is withdrawn."), "success")
    return go("people.people")


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@guard(Permission.PEOPLE_MANAGE)
def person(public_id: str) -> ResponseReturnValue:
    """Show one person and change his roles."""
    found = queries.person(db(), public_id)
    form = RolesForm(data={"roles": queries.roles_of(db(), found.id)}) if request.method == "GET" else RolesForm()
    _offer_roles(form, organisation_kind(found.organisation_id))
    if form.is_submitted():
        sent = request.form.getlist("roles")
        try:
            operations.change_roles(db(), viewer().actor, found, sent, now=now())
        except Invalid as error:
            form.roles.data = sent
            add_error(form, error)
        else:
            flash(_("Saved."), "success")
            return go("people.person", public_id=public_id)
    return respond("accounts/person.html", person=found, form=form, status=422 if form.is_submitted() else 200)


@blueprint.post("/<public_id>/disable")
@guard(Permission.PEOPLE_MANAGE)
def disable(public_id: str) -> ResponseReturnValue:
    """Take the account away."""
    operations.disable(db(), viewer().actor, queries.person(db(), public_id), now=now())
    flash(_("The account is disabled; all its devices are signed out."), "success")
    return go("people.person", public_id=public_id)


@blueprint.post("/<public_id>/enable")
@guard(Permission.PEOPLE_MANAGE)
def enable(public_id: str) -> ResponseReturnValue:
    """Give the account back."""
    operations.enable(db(), viewer().actor, queries.person(db(), public_id), now=now())
    flash(_("The account is open again."), "success")
    return go("people.person", public_id=public_id)
