"""Forms of a business calendar."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Self

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, ValidationError
from wtforms.fields import Field

from portal.calendars import slots
from portal.calendars.clock import Slots
from portal.calendars.models import Calendar
from portal.calendars.operations import Hours
from portal.errors import Invalid
from portal.formats import message_of
from portal.forms import text, time_zones
from portal.web import locale

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS_HINT: Final = _l("For example 09:00–12:00, 13:00–18:30; empty means closed.")


def working_time(_form: FlaskForm, field: Field) -> None:
    """Accept pieces of a day."""
    try:
        slots.read(field.data or "")
    except Invalid as error:
        raise ValidationError(message_of(error, locale())) from error


def a_date(_form: FlaskForm, field: Field) -> None:
    """Accept a date as browsers send it."""
    if field.data:
        try:
            date.fromisoformat(field.data)
        except ValueError as error:
            raise ValidationError(str(_l("Enter a date, for example 2026-12-31."))) from error


def _hours(label: Any, description: Any = "") -> Any:
    return text(label, slots.LONGEST, required=False, checks=[working_time], description=description)


class HoursForm(FlaskForm):
    """Names, time zone and the hours of each weekday."""

    name_en = text(_l("Name in English"), 80)
    name_zh = text(_l("Name in Chinese"), 80)
    zone = SelectField(_l("Time zone"), choices=time_zones)
    monday = _hours(_l("Monday"))
    tuesday = _hours(_l("Tuesday"))
    wednesday = _hours(_l("Wednesday"))
    thursday = _hours(_l("Thursday"))
    friday = _hours(_l("Friday"))
    saturday = _hours(_l("Saturday"))
    sunday = _hours(_l("Sunday"))

    @classmethod
    def of(cls, row: Calendar) -> Self:
        """Return the form with what a calendar says."""
        named = {"name_en": row.name_en, "name_zh": row.name_zh, "zone": row.zone}
        return cls(data=named | _written([slots.loaded(day) for day in row.week]))

    @classmethod
    def usual(cls, week: Sequence[Slots], zone: str) -> Self:
        """Return the form of a new calendar."""
        return cls(data={"zone": zone} | _written(week))

    def week_fields(self) -> list[Field]:
        """Return the fields of the weekdays."""
        return [self[day] for day in DAYS]

    def hours(self) -> Hours:
        """Return what was typed into a valid form."""
        week = [slots.read(self[day].data, field=day) for day in DAYS]
        return Hours(self.name_en.data, self.name_zh.data, self.zone.data, week)


def _written(week: Sequence[Slots]) -> dict[str, str]:
    return {name: slots.written(day) for name, day in zip(DAYS, week, strict=True)}


class NewCalendarForm(HoursForm):
    """A new calendar also has the key by which rules name it."""

    key = text(_l("Key"), 40, description=_l("By which rules name the calendar, for example east-africa."))


class DayForm(FlaskForm):
    """Days with hours of their own."""

    first = text(_l("First day"), 10, checks=[a_date], render_kw={"type": "date"})
    last = text(_l("Last day"), 10, required=False, checks=[a_date], render_kw={"type": "date"})
    name = text(_l("What is it?"), 120, description=_l("For example National Day."))
    hours = _hours(_l("Hours"), HOURS_HINT)


class FileForm(FlaskForm):
    """A calendar file with the hours of make-up working days; the second time the file comes back as a text."""

    hours = _hours(_l("Hours of make-up working days"))
    content = HiddenField()
