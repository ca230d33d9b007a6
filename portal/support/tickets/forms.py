"""Fields of tickets: little to open one, and what those who work on them need."""

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    Field,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    ValidationError,
)
from wtforms.validators import NumberRange, Optional

from portal.deals.order_forms import FORM_KEY
from portal.forms import choices, text, whole
from portal.support.tickets.desk_models import LONGEST_MACRO, MACRO_ACTIONS
from portal.support.tickets.models import LONGEST_BODY, LONGEST_NOTE, LONGEST_SUBJECT
from portal.support.tickets.triage import CONTRACTS, IMPACTS, KINDS

HANDED: Final = ("customer", "item", "product", "line", "serial", "fault", "error_code", "firmware", "link_to")
ACTION_LABELS: Final = {
    "answer": _l("leave it open"),
    "ask": _l("wait for the customer"),
    "hold": _l("wait for parts or an engineer"),
    "solve": _l("it is solved"),
}
_THREE_YEARS: Final = 60 * 24 * 366


def labelled(table: Any) -> Any:
    """Return the options of a choice from keys and gettext ids."""
    return choices((key, _l(label)) for key, label in table.items())


def _a_form_key(_form: Form, field: Field) -> None:
    if not FORM_KEY.fullmatch(field.data or ""):
        raise ValidationError(_("Open the page again and repeat your step."))


def _one_of(table: Any) -> Any:
    def check(_form: Form, field: Field) -> None:
        if field.data not in table:
            raise ValidationError(_("Choose one of these."))

    return check


class OpenForm(FlaskForm):
    """A new ticket: how bad it is, and whatever else somebody wants to say; the rest was handed over."""

    form_key = HiddenField(validators=[_a_form_key])
    kind = RadioField(_l("What is it"), choices=labelled(KINDS), validate_choice=False, validators=[_one_of(KINDS)])
    impact = RadioField(
        _l("How bad is it"), choices=labelled(IMPACTS), validate_choice=False, validators=[_one_of(IMPACTS)]
    )
    body = text(_l("What happens there"), LONGEST_BODY, required=False, area=True, render_kw={"rows": 3})
    subject = text(_l("In a few words"), LONGEST_SUBJECT, required=False)
    contact = text(_l("Whom to call back"), 200, required=False)
    channel = HiddenField()
    requester = SelectField(_l("Who is answered"), validate_choice=False)
    customer = HiddenField()
    item = HiddenField()
    product = HiddenField()
    line = HiddenField()
    serial = HiddenField()
    fault = HiddenField()
    error_code = HiddenField()
    firmware = HiddenField()
    link_to = HiddenField()


class SolveForm(FlaskForm):
    """What helped."""

    solution = text(_l("What helped"), LONGEST_NOTE, required=False, area=True, render_kw={"rows": 2})


class ChangeForm(FlaskForm):
    """What a ticket says of itself."""

    subject = text(_l("In a few words"), LONGEST_SUBJECT)
    kind = SelectField(_l("What is it"), choices=labelled(KINDS))
    impact = SelectField(_l("How bad is it"), choices=labelled(IMPACTS))
    error_code = text(_l("Error code"), 60, required=False)
    firmware = text(_l("Firmware"), 60, required=False)


class HandOverForm(FlaskForm):
    """Another queue, and why."""

    queue = SelectField(_l("Queue"), validate_choice=False)
    note = text(_l("Why"), 500, required=False)


class JoinForm(FlaskForm):
    """The number of another ticket."""

    other = text(_l("Number of the other ticket"), 40)


class SplitForm(FlaskForm):
    """Which messages become a ticket of their own."""

    form_key = HiddenField(validators=[_a_form_key])
    subject = text(_l("In a few words"), LONGEST_SUBJECT, required=False)
    messages = SelectMultipleField(_l("What the new ticket is about"), validate_choice=False)


class RateForm(FlaskForm):
    """One to five, and a word."""

    points = whole(_l("How was it"), 1, 5, message=_l("Choose one to five stars."))
    comment = text(_l("Anything to add"), 1000, required=False, area=True, render_kw={"rows": 2})


class QueueForm(FlaskForm):
    """A queue: what waits in it and who works on it."""

    name_en = text(_l("Name in English"), 80)
    name_zh = text(_l("Name in Chinese"), 80)
    lines = SelectMultipleField(_l("Product lines"), validate_choice=False, description=_l("None: all of them."))
    regions = SelectMultipleField(_l("Regions"), validate_choice=False, description=_l("None: all of them."))
    kinds = SelectMultipleField(_l("Kinds"), choices=labelled(KINDS), validate_choice=False)
    skills = text(
        _l("Skills"),
        400,
        required=False,
        description=_l("Languages and fault types by their keys, separated by commas, for example: en, cameras."),
    )
    members = SelectMultipleField(_l("Who works on it"), validate_choice=False)
    assigns = SelectField(_l("New tickets"), validate_choice=False)
    position = IntegerField(_l("Place in the order"), validators=[Optional(), NumberRange(0, 10_000)])


class MacroForm(FlaskForm):
    """An answer in both languages, and what is done with it."""

    name_en = text(_l("Name in English"), 80)
    name_zh = text(_l("Name in Chinese"), 80)
    body_en = text(_l("Answer in English"), LONGEST_MACRO, area=True, render_kw={"rows": 5})
    body_zh = text(_l("Answer in Chinese"), LONGEST_MACRO, area=True, render_kw={"rows": 5})
    action = SelectField(_l("And then"), choices=choices((key, ACTION_LABELS[key]) for key in MACRO_ACTIONS))


class TargetForm(FlaskForm):
    """Three lengths of business time."""

    first_response = whole(_l("First answer (minutes)"), 1, _THREE_YEARS)
    next_update = whole(_l("Next news (minutes)"), 1, _THREE_YEARS)
    solution = whole(_l("Solution (minutes)"), 1, _THREE_YEARS)


class TermsForm(FlaskForm):
    """What is agreed with a customer."""

    calendar = SelectField(_l("Working hours"), validate_choice=False)
    contract = SelectField(_l("Contract"), choices=labelled(CONTRACTS))
