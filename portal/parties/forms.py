"""Forms of customers and contacts: at most five fields, one of them for whichever way to reach somebody."""

import re
from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, FileField, Form, RadioField, SelectField, ValidationError

from portal.forms import choices, one_address, text
from portal.parties.words import TABLES
from portal.web import locale

_PHONE = re.compile(r"[+0-9(][0-9 ()/.\-]{3,38}")
OFF = {"autocomplete": "off"}


def reachable(form: Form, field: Field) -> None:
    """Accept one mail address or a phone number."""
    typed = field.data or ""
    if "@" in typed:
        one_address(form, field)
    elif typed and not is_phone(typed):
        raise ValidationError(_("Give a phone number like +86 571 8888 0000, or a mail address."))


def is_phone(typed: str) -> bool:
    """Return whether a text looks like a phone number."""
    return _PHONE.fullmatch(typed) is not None


def a_phone(_form: Form, field: Field) -> None:
    """Accept a phone number or nothing."""
    if field.data and not is_phone(field.data):
        raise ValidationError(_("Give a phone number like +86 571 8888 0000."))


def an_address(form: Form, field: Field) -> None:
    """Accept a mail address or nothing."""
    if field.data:
        one_address(form, field)


class ReachForm(FlaskForm):
    """A form with a field `reach`: whichever way to reach somebody."""

    def validate_reach(self, field: Field) -> None:
        """Check what was typed."""
        reachable(self, field)


class CustomerForm(ReachForm):
    """A new customer; only the name is needed."""

    name = text(_l("Name"), 200, render_kw=OFF)
    name_en = text(_l("Name in the other script"), 200, required=False, render_kw=OFF)
    contact = text(_l("Contact person"), 200, required=False, render_kw=OFF)
    reach = text(_l("Phone or mail address"), 254, required=False, render_kw=OFF)
    address = text(_l("Address"), 400, required=False, render_kw=OFF)
    credit_code = text(_l("Unified social credit code"), 40, required=False, render_kw=OFF)


class DetailsForm(FlaskForm):
    """What is known of a customer, all of it."""

    name = text(_l("Name"), 200, render_kw=OFF)
    name_en = text(_l("Name in the other script"), 200, required=False, render_kw=OFF)
    phone = text(_l("Phone"), 40, required=False, checks=[a_phone], render_kw=OFF)
    email = text(_l("Mail address"), 254, required=False, checks=[an_address], render_kw=OFF)
    address = text(_l("Main address"), 400, required=False, render_kw=OFF)
    industry = SelectField(_l("Industry"))
    region = SelectField(_l("Region"))
    size = SelectField(_l("Size"))

    def offer(self, chosen: Mapping[str, str]) -> None:
        """Offer the words of each list; a code that no list knows any more stays as it is."""
        for table, words in TABLES.items():
            known = [(code, word.to(locale())) for code, word in words.items()]
            gone = [(code, code) for code in (chosen[table],) if code and code not in words]
            self[table].choices = choices([("", _l("Not known")), *known, *gone])


class ContactForm(ReachForm):
    """A further person at a customer."""

    name = text(_l("Name"), 200, render_kw=OFF)
    reach = text(_l("Phone or mail address"), 254, required=False, render_kw=OFF)


class ContactDetailsForm(FlaskForm):
    """What is known of a contact."""

    name = text(_l("Name"), 200, render_kw=OFF)
    phone = text(_l("Phone"), 40, required=False, checks=[a_phone], render_kw=OFF)
    email = text(_l("Mail address"), 254, required=False, checks=[an_address], render_kw=OFF)


class NoteForm(FlaskForm):
    """One more thing to know a customer by."""

    kind = SelectField(
        _l("What"),
        choices=choices(
            [
                ("credit_code", _l("Unified social credit code")),
                ("tax_number", _l("Tax number")),
                ("alias", _l("Another name")),
                ("address", _l("Another address")),
                ("phone", _l("Another phone")),
                ("domain", _l("Mail domain")),
            ]
        ),
    )
    text = text(_l("Text"), 400, render_kw=OFF)


class ReviewForm(FlaskForm):
    """In which state a customer file is."""

    state = SelectField(
        _l("State of the file"),
        choices=choices([("reviewed", _l("Reviewed")), ("needs_work", _l("Needs work")), ("new", _l("Not reviewed"))]),
    )
    note = text(_l("What is to be done"), 400, required=False, area=True)


class MergeForm(FlaskForm):
    """Which of two customers remains."""

    keep = RadioField(_l("Which one remains?"))
    reason = text(_l("Why they are the same"), 400, required=False)

    def offer(self, left: str, right: str) -> None:
        """Offer both names."""
        self.keep.choices = [("left", left), ("right", right)]


class ListForm(FlaskForm):
    """A list of customers to upload."""

    file = FileField(_l("List of customers (CSV or .xlsx)"))


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
