"""Fields of registrations: one to begin with, two taps to submit, and the rest for those who want to say more."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, HiddenField, RadioField, SelectField, ValidationError

from portal.deals.order_forms import FORM_KEY, a_day, read_day
from portal.deals.registrations.lifecycle import HOUSE_LOSSES, LOSSES
from portal.deals.registrations.models import EVIDENCE_KINDS
from portal.deals.registrations.product_lines import LINES
from portal.deals.registrations.value_bands import BANDS
from portal.forms import choices, text

MONTH: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
OFFERED_MONTHS: Final = (0, 1, 2, 3, 6, 12)  # from the present one
PUBLIC_ID: Final = re.compile(r"[0-9a-z]{16}")
EVIDENCE_LABELS: Final = {"visit": _l("Visit"), "demonstration": _l("Demonstration"), "quote": _l("Quote")}


def month_key(month: date) -> str:
    """Return a month as forms carry it, for example `2026-12`."""
    return f"{month:%Y-%m}"


def month_after(today: date, months: int) -> date:
    """Return the first day of the month so many months after today's."""
    at = today.year * 12 + today.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def read_month(typed: str) -> date | None:
    """Return the first day of the month that `2026-12` names, None for everything else."""
    return date(int(typed[:4]), int(typed[5:]), 1) if MONTH.fullmatch(typed) and typed[:4] != "0000" else None


def _a_month(_form: Form, field: Field) -> None:
    if field.data and read_month(field.data) is None:
        raise ValidationError(_("Give the month as year-month, for example 2026-12."))


def _a_form_key(_form: Form, field: Field) -> None:
    if not FORM_KEY.fullmatch(field.data or ""):
        raise ValidationError(_("Open the page again and repeat your step."))


class DraftForm(FlaskForm):
    """What a registration says beside its customer; a closing month is a chip or, when editing, any month."""

    product_line = RadioField(_l("Product line"), choices=choices(LINES.items()), validate_choice=False)
    closing_month = text(_l("Closing month"), 7, required=False, checks=[_a_month], render_kw={"type": "month"})
    value_band = RadioField(_l("Project value"), choices=choices((band, band) for band in BANDS), validate_choice=False)
    site = text(_l("Site"), 400, required=False)
    competitors = text(_l("Competitors"), 400, required=False)
    configuration = SelectField(_l("Expected products"), validate_choice=False)
    note = text(_l("Note"), 2000, required=False, area=True)

    def validate_product_line(self, field: Field) -> None:
        """Accept a line we sell, or none yet."""
        if field.data and field.data not in LINES:
            raise ValidationError(_("Choose one of the product lines."))

    def validate_value_band(self, field: Field) -> None:
        """Accept one of the bands, or none."""
        if field.data and field.data not in BANDS:
            raise ValidationError(_("Choose one of the values."))

    def offer(self, configurations: Iterable[tuple[str, str]]) -> None:
        """Offer these configurations, by public id and name."""
        self.configuration.choices = choices([("", _("None")), *configurations])


class RegisterForm(DraftForm):
    """A new registration: for a customer of one's own, or for one that is noted with it."""

    customer = HiddenField()
    name = text(_l("Name of the customer"), 200, required=False, render_kw={"autocomplete": "off"})
    mark = HiddenField()  # the credit code, domain or phone it was asked for by
    form_key = HiddenField(validators=[_a_form_key])

    def validate_customer(self, field: Field) -> None:
        """Refuse what no page of ours made."""
        if field.data and not PUBLIC_ID.fullmatch(field.data):
            raise ValidationError(_("Open the page again and repeat your step."))


class AnswerForm(FlaskForm):
    """The answer to a question of the approver."""

    answer = text(_l("Your answer"), 1000, area=True)


class ExtensionForm(FlaskForm):
    """What happened that lengthens the protection."""

    kind = RadioField(_l("What happened"), choices=choices(EVIDENCE_LABELS.items()), validate_choice=False)
    happened_on = text(_l("On"), 10, required=False, render_kw={"type": "date", "autocomplete": "off"})
    quote_id = SelectField(_l("Quote"), validate_choice=False)
    note = text(_l("What was agreed"), 1000, required=False, area=True)

    def validate_kind(self, field: Field) -> None:
        """Accept one of the kinds."""
        if field.data not in EVIDENCE_KINDS:
            raise ValidationError(_("Choose what happened."))

    def validate_happened_on(self, field: Field) -> None:
        """Accept a day, or none: a quote has one of its own."""
        if field.data:
            a_day(self, field)

    @property
    def day(self) -> date | None:
        """Return the checked day."""
        return read_day(self.happened_on.data or "")


class LostForm(FlaskForm):
    """Why a project was lost."""

    reason = RadioField(
        _l("Why"),
        choices=choices((key, _l(label)) for key, label in LOSSES.items() if key not in HOUSE_LOSSES),
        validate_choice=False,
    )
    note = text(_l("Note"), 1000, required=False)

    def validate_reason(self, field: Field) -> None:
        """Accept one of the reasons that a person may choose."""
        if field.data not in LOSSES or field.data in HOUSE_LOSSES:
            raise ValidationError(_("Choose a reason."))


class ReasonForm(FlaskForm):
    """Why the house overrides or reopens."""

    reason = text(_l("Reason"), 1000, area=True)


class ActivityForm(FlaskForm):
    """What was done for a customer claimed from the pool."""

    note = text(_l("What was done"), 1000)


def typed(form: FlaskForm) -> dict[str, Any]:
    """Return what a form says by field."""
    return {field.name: field.data for field in form}
