"""The first screen of a configuration, and its name."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField

from portal.forms import choices, text
from portal.parties.forms import NamesCustomer

PLACES = (("indoor", _l("Indoors")), ("outdoor", _l("Outdoors")))


class DetailsForm(NamesCustomer, FlaskForm):
    """What the site is called and whose it is."""

    name = text(_l("Name of the site"), 120)
    customer = SelectField(_l("Customer"), coerce=str, validate_choice=True)


class StartForm(DetailsForm):
    """At most five fields: name and customer, and the three numbers that size a site."""

    cameras = text(_l("How many cameras?"), 20, render_kw={"inputmode": "numeric", "autocomplete": "off"})
    days = text(_l("How many days are recordings kept?"), 20, render_kw={"inputmode": "numeric", "autocomplete": "off"})
    location = SelectField(_l("Where are they?"), choices=choices(PLACES))


PRESETS = (
    {"key": "shop", "label": _l("Shop"), "cameras": 8, "days": 15, "location": "indoor"},
    {"key": "school", "label": _l("School"), "cameras": 16, "days": 30, "location": "outdoor"},
    {"key": "warehouse", "label": _l("Warehouse"), "cameras": 32, "days": 30, "location": "indoor"},
)
