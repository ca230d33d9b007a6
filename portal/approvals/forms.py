"""What people type when they decide or go away."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field, Form, SelectField, ValidationError

from portal.approvals.models import LONGEST_NOTE
from portal.forms import choices, text


def read_day(typed: str) -> date | None:
    """Return the day that `2026-12-24` names, None for everything else."""
    try:
        return date.fromisoformat(typed) if len(typed) == 10 and typed.isascii() and typed[4] == "-" else None
    except ValueError:
        return None


def a_day(_form: Form, field: Field) -> None:
    """Accept a day as year, month and day."""
    if read_day(field.data or "") is None:
        raise ValidationError(_("Give the day as year-month-day, for example 2026-12-24."))


class NoteForm(FlaskForm):
    """What is said with a decision; the decision itself is the button."""

    note = text(_l("Note"), LONGEST_NOTE, required=False, area=True, render_kw={"rows": 2})


class AbsenceForm(FlaskForm):
    """From when to when somebody is away, and who decides meanwhile."""

    starts_on = text(_l("First day"), 10, checks=[a_day], render_kw={"type": "date", "autocomplete": "off"})
    ends_on = text(_l("Last day"), 10, checks=[a_day], render_kw={"type": "date", "autocomplete": "off"})
    delegate = SelectField(_l("Who decides for you"), validate_choice=True)

    def offer(self, people: list[tuple[str, str]]) -> None:
        """Offer these people, by public id and name, and nobody in particular."""
        self.delegate.choices = choices([("", _l("Nobody in particular: the group")), *people])
