"""Forms of customers and contacts: at most five fields, one of them for whichever way to reach somebody."""

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, SelectField, ValidationError

from portal.forms import choices, one_address, text

_PHONE = re.compile(r"[+0-9(][0-9 ()/.\-]{3,38}")


def reachable(form: Form, field: Field) -> None:
    """Accept one mail address or a phone number."""
    typed = field.data or ""
    if "@" in typed:
        one_address(form, field)
    elif typed and not _PHONE.fullmatch(typed):
        raise ValidationError(_("Give a phone number like +86 571 8888 0000, or a mail address."))


class ReachForm(FlaskForm):
    """A form with a field `reach`: whichever way to reach somebody."""

    def validate_reach(self, field: Field) -> None:
        """Check what was typed."""
        reachable(self, field)


class CustomerForm(ReachForm):
    """A new customer; only the name is needed."""

    name = text(_l("Name"), 200, render_kw={"autocomplete": "off"})
    name_en = text(_l("Name in the other script"), 200, required=False, render_kw={"autocomplete": "off"})
    contact = text(_l("Contact person"), 200, required=False, render_kw={"autocomplete": "off"})
    reach = text(_l("Phone or mail address"), 254, required=False, render_kw={"autocomplete": "off"})
    address = text(_l("Address"), 400, required=False, render_kw={"autocomplete": "off"})


class ContactForm(ReachForm):
    """A further person at a customer."""

    name = text(_l("Name"), 200, render_kw={"autocomplete": "off"})
    reach = text(_l("Phone or mail address"), 254, required=False, render_kw={"autocomplete": "off"})


class NamesCustomer:
    """Mixin of forms whose field `customer` says whose the matter is."""

    customer: SelectField

    def offer(self, customers: list[tuple[int, str]]) -> None:
        """Offer the customers the organisation knows, and none."""
        self.customer.choices = choices([("", _l("Not decided yet")), *((str(key), name) for key, name in customers)])

    @property
    def customer_id(self) -> int | None:
        """Return the chosen customer's key."""
        return int(self.customer.data) if self.customer.data else None
