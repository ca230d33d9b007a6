"""The one screen that places an order: five fields, most of them proposed."""

import re
from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, HiddenField, ValidationError

from portal.forms import text

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # ASCII digits only
FORM_KEY = re.compile(r"[A-Za-z0-9_-]{8,40}")


def read_day(typed: str) -> date | None:
    """Return the day that `2026-12-24` names, None for everything else."""
    try:
        return date.fromisoformat(typed) if DAY.fullmatch(typed) else None
    except ValueError:
        return None


def a_day(_form: Form, field: Field) -> None:
    """Accept a day as year, month and day."""
    if read_day(field.data or "") is None:
        raise ValidationError(_("Give the day as year-month-day, for example 2026-12-24."))


class OrderForm(FlaskForm):
    """What the buyer says; everything else stands in the quote."""

    purchase_number = text(_l("Your purchase order number"), 60, render_kw={"autocomplete": "off"})
    wanted_on = text(_l("Wanted on"), 10, checks=[a_day], render_kw={"type": "date", "autocomplete": "off"})
    delivery_address = text(_l("Delivery address"), 400, render_kw={"list": "addresses", "autocomplete": "off"})
    contact = text(_l("Contact on site: name and phone"), 200, render_kw={"list": "contacts", "autocomplete": "off"})
    note = text(_l("Note on the order"), 2000, required=False, area=True)
    form_key = HiddenField()

    def validate_form_key(self, field: Field) -> None:
        """Refuse a key that no page of ours made."""
        if not FORM_KEY.fullmatch(field.data or ""):
            raise ValidationError(_("Open the page again and repeat your step."))
