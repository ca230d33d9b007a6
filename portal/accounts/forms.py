"""Forms of sign-in, invitation, password and profile."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectField, SelectMultipleField
from wtforms.validators import EqualTo, InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from portal.accounts.models import THEMES
from portal.accounts.passwords import SHORTEST
from portal.forms import choices, email, text, time_zones

REQUIRED = InputRequired(_l("Please fill this in."))
LANGUAGES = choices([("en", "English"), ("zh", "简体中文")])
THEME_LABELS = {"auto": _l("Like the device"), "light": _l("Light"), "dark": _l("Dark")}
ROLE_LABELS = {
    "owner": _l("Owner"),
    "sales": _l("Sales"),
    "engineer": _l("Engineer"),
    "customer": _l("Customer"),
    "channel_manager": _l("Channel manager"),
    "approver": _l("Approver"),
    "support_agent": _l("Support agent"),
    "support_lead": _l("Head of support"),
    "field_engineer": _l("Field engineer"),
    "finance": _l("Finance"),
    "product_manager": _l("Product manager"),
    "data_steward": _l("Data steward"),
    "executive": _l("Executive"),
    "administrator": _l("Administrator"),
}


def secret(label: Any, autocomplete: str, *validators: Any, hint: Any = "") -> Any:
    """Return a password field; its value is never sent back."""
    options = {"autocomplete": autocomplete}
    return PasswordField(label, validators=[REQUIRED, *validators], description=hint, render_kw=options)


NEW_PASSWORD_HINT = _l("At least %(count)d characters; a sentence works well.", count=SHORTEST)


class SignInForm(FlaskForm):
    """Mail address and password."""

    email = email(_l("Mail address"), render_kw={"autocomplete": "username", "inputmode": "email"})
    password = secret(_l("Password"), "current-password")
    remember = BooleanField(_l("Stay signed in on this device"), default=True)


class RequestResetForm(FlaskForm):
    """The mail address of a lost password."""

    email = email(_l("Mail address"), render_kw={"autocomplete": "username", "inputmode": "email"})


class ResetForm(FlaskForm):
    """A new password, twice."""

    password = secret(_l("New password"), "new-password", hint=NEW_PASSWORD_HINT)
    repeat_password = secret(
        _l("Repeat the new password"), "new-password", EqualTo("password", _l("The two passwords differ."))
    )


class AcceptForm(ResetForm):
    """Name and password of somebody invited; address and roles stand in the invitation."""

    name = text(_l("Your name"), 120, render_kw={"autocomplete": "name"})


class ChangePasswordForm(FlaskForm):
    """The current password and a new one, twice."""

    current_password = secret(_l("Current password"), "current-password")
    new_password = secret(_l("New password"), "new-password", hint=NEW_PASSWORD_HINT)
    repeat_password = secret(
        _l("Repeat the new password"), "new-password", EqualTo("new_password", _l("The two passwords differ."))
    )


class ProfileForm(FlaskForm):
    """How a person is called and reads."""

    name = text(_l("Name"), 120, render_kw={"autocomplete": "name"})
    locale = SelectField(_l("Language"), choices=LANGUAGES)
    time_zone = SelectField(_l("Time zone"), choices=time_zones)
    theme = SelectField(_l("Colours"), choices=choices((key, THEME_LABELS[key]) for key in THEMES))


class RolesForm(FlaskForm):
    """The roles of one person; choices are those of his organisation."""

    roles = SelectMultipleField(_l("Roles"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False))


class InviteForm(RolesForm):
    """Whom to invite."""

    name = text(_l("Name"), 120)
    email = email(_l("Mail address"), render_kw={"inputmode": "email"})
    locale = SelectField(_l("Language"), choices=LANGUAGES)
