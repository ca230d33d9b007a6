"""Pages where owners make and revoke tokens of their organisation."""

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from portal.api import tokens as operations
from portal.api.scopes import LABELS, OFFERED
from portal.errors import Conflict, Invalid
from portal.formats import message_of
from portal.forms import add_error, choices, text
from portal.policy import OrganisationKind, Permission
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("tokens", __name__, url_prefix="/tokens")
MANAGE = Permission.TOKEN_MANAGE
TERMS = {30: _l("30 days"), 90: _l("90 days"), 365: _l("one year")}


class TokenForm(FlaskForm):  # type: ignore[misc]  # the library has no types
    """A new token: what it is for, what it may do, how long."""

    name = text(_l("What is it for?"), 80, render_kw={"autocomplete": "off"})
    scopes = SelectMultipleField(
        _l("What may it do?"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    days = SelectField(
        _l("Valid for"), choices=choices((str(days), label) for days, label in TERMS.items()), default="90"
    )

    def offer(self, kind: OrganisationKind) -> None:
        """Offer what programs of such an organisation may do, in the person's language."""
        self.scopes.choices = choices((scope.value, _(LABELS[scope])) for scope in OFFERED[kind])


@blueprint.get("")
@guard(MANAGE)
def tokens() -> ResponseReturnValue:
    """List the organisation's tokens and offer to make one."""
    return _show(TokenForm())


@blueprint.post("")
@guard(MANAGE)
def make() -> ResponseReturnValue:
    """Make a token and show its secret, once."""
    form = TokenForm()
    form.offer(viewer().organisation_kind)
    if not form.validate():
        return _show(form, status=422)
    try:
        made, secret = operations.make_token(
            db(),
            viewer().actor,
            name=form.name.data,
            scopes=form.scopes.data or [],
            days=int(form.days.data),
            now=now(),
        )
    except Invalid as error:
        add_error(form, error)
        return _show(form, status=422)
    except Conflict as error:
        form.form_errors.append(message_of(error, locale()))
        return _show(form, status=409)
    return respond("api/token.html", token=made, secret=secret, labels=LABELS)


def _show(form: TokenForm, *, status: int = 200) -> ResponseReturnValue:
    form.offer(viewer().organisation_kind)
    found = operations.tokens(db())
    return respond("api/tokens.html", tokens=found, form=form, now=now(), labels=LABELS, status=status)


@blueprint.post("/<public_id>/revoke")
@guard(MANAGE)
def revoke(public_id: str) -> ResponseReturnValue:
    """Make a token worthless."""
    operations.revoke_token(db(), viewer().actor, operations.token(db(), public_id), now=now())
    flash(_("The token is revoked; its next request is refused."), "success")
    return go("tokens.tokens")
