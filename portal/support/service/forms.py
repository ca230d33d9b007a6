"""Forms of warranties, returns and visits: few fields, as people fill them in on a phone."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired

from portal.forms import choices, text, whole
from portal.support.service.models import LONGEST_NAME, LONGEST_SERIAL, LONGEST_TEXT
from portal.support.tickets.triage import CONTRACTS

OFF = {"autocomplete": "off"}
NEEDED = InputRequired(_l("Please fill this in."))


class WarrantyForm(FlaskForm):
    """What is agreed for a serial number."""

    starts_on = DateField(_l("Installed on"), validators=[NEEDED])
    ends_on = DateField(_l("Covered until"), validators=[NEEDED])
    contract = SelectField(_l("Contract"))

    def offer(self, called: dict[str, str]) -> None:
        """Offer the contracts by what they are called."""
        self.contract.choices = choices([(key, called[key]) for key in CONTRACTS])


class ReturnForm(FlaskForm):
    """Why a device is to come back."""

    form_key = HiddenField()
    reason = text(_l("What is wrong with the device?"), LONGEST_TEXT, area=True)


class StepForm(FlaskForm):
    """What is said with a step of a return."""

    answer = text(_l("For the customer"), LONGEST_TEXT, required=False, area=True)
    new_serial = text(_l("Serial number of the new device"), LONGEST_SERIAL, required=False, render_kw=OFF)
    tracking = text(_l("Number of the parcel"), 80, required=False, render_kw=OFF)


class PlanForm(FlaskForm):
    """When an engineer goes, and what for."""

    form_key = HiddenField()
    slot = RadioField(_l("Free slots"), validators=[InputRequired(_l("Choose a slot."))])
    task = text(_l("What is to be done"), LONGEST_TEXT, area=True)
    latitude = text(_l("Latitude of the site"), 20, required=False, render_kw={**OFF, "inputmode": "decimal"})
    longitude = text(_l("Longitude of the site"), 20, required=False, render_kw={**OFF, "inputmode": "decimal"})


class PlaceForm(FlaskForm):
    """Where the engineer is; filled in by his device, or left empty."""

    latitude = HiddenField()
    longitude = HiddenField()
    taken_at = HiddenField()


class WorkForm(FlaskForm):
    """What was done."""

    work_done = text(_l("What you did on site"), LONGEST_TEXT, area=True)


class PartForm(FlaskForm):
    """A part that was used."""

    form_key = HiddenField()
    name = text(_l("Part"), LONGEST_NAME, render_kw=OFF)
    serial = text(_l("Serial number"), LONGEST_SERIAL, required=False, render_kw=OFF)
    quantity = whole(_l("Quantity"), 1, 999, default=1)


class SignForm(FlaskForm):
    """Who signs."""

    signer = text(_l("Name of who signs"), LONGEST_NAME, render_kw=OFF)
