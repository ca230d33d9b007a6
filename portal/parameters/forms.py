"""The form of one parameter."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField

from portal.forms import choices, text
from portal.parameters.definitions import Parameter
from portal.parameters.typed import LONGEST


class NumberForm(FlaskForm):
    """A number in the unit that people think in."""

    value = text("", LONGEST, render_kw={"inputmode": "decimal", "autocomplete": "off"})


class FlagForm(FlaskForm):
    """Yes or no."""

    value = RadioField("", choices=choices([("1", _l("yes")), ("0", _l("no"))]))


def form_of(definition: Parameter, now: str, label: str, hint: str) -> NumberForm | FlagForm:
    """Return the form of a parameter with the number in force, called what the parameter is called."""
    form = FlagForm(data={"value": now}) if definition.kind == "flag" else NumberForm(data={"value": now})
    form.value.label.text, form.value.description = label, hint
    return form
