"""Pages on which an administrator keeps business calendars."""

from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from portal.calendars import operations, queries, slots
from portal.calendars.forms import DayForm, FileForm, HoursForm, NewCalendarForm
from portal.calendars.ics import MOST_BYTES, NO_FILE
from portal.calendars.importing import Plan, plan
from portal.calendars.models import Calendar
from portal.calendars.operations import NewDay
from portal.dates import business_date
from portal.errors import Conflict, Invalid, NotFound
from portal.formats import message_of
from portal.forms import add_error
from portal.paging import typed_version
from portal.policy import Permission
from portal.web import db, go, guard, locale, now, respond, viewer

blueprint = Blueprint("calendars", __name__, url_prefix="/administration/calendars")
MANAGE: Final = Permission.CALENDAR_MANAGE
SAMPLE: Final = timedelta(hours=16)  # an example of so much working time from now stands on the page
YEARS: Final = range(1970, 2200)


@blueprint.get("")
@guard(MANAGE)
def calendars() -> ResponseReturnValue:
    """List the calendars."""
    return respond("calendars/calendars.html", rows=queries.calendars(db()))


@blueprint.get("/new")
@guard(MANAGE)
def new() -> ResponseReturnValue:
    """Ask for a new calendar."""
    week = [queries.USUAL.week.get(day, ()) for day in range(7)]
    return respond("calendars/new.html", form=NewCalendarForm.usual(week, viewer().time_zone))


@blueprint.post("/new")
@guard(MANAGE)
def create() -> ResponseReturnValue:
    """Begin a calendar."""
    form = NewCalendarForm()
    if not form.validate():
        return respond("calendars/new.html", form=form, status=422)
    try:
        made = operations.open_calendar(db(), viewer().actor, form.key.data, form.hours(), now=now())
    except Invalid as error:
        add_error(form, error)
        return respond("calendars/new.html", form=form, status=422)
    return go("calendars.calendar", public_id=made.public_id)


def _sample(row: Calendar) -> dict[str, Any]:
    """Return what the clock of a calendar says now, or why it does not run."""
    try:
        clock = queries.business_time(db(), row.key)
        ends = clock.after(now(), SAMPLE)
    except Invalid as error:
        return {"problem": message_of(error, locale())}
    return {"problem": "", "open": clock.is_open(now()), "hours": SAMPLE // timedelta(hours=1), "ends": ends}


def _show(row: Calendar, *, status: int = 200, **more: Any) -> ResponseReturnValue:
    today = business_date(now(), row.zone)
    typed = request.args.get("year", "")
    year = int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 and int(typed) in YEARS else today.year
    context = {
        "form": HoursForm.of(row) if "form" not in more else more["form"],
        "day_form": DayForm(formdata=None),
        "file_form": FileForm(formdata=None, data={"hours": slots.written(operations.usual_slots(row))}),
        "problem": "",
        "file_problem": "",
        **more,
    }
    return respond(
        "calendars/calendar.html",
        row=row,
        days=queries.days_of(db(), row.id, date(year, 1, 1), date(year, 12, 31)),
        year=year,
        years=YEARS,
        hours_of=lambda day: slots.written(slots.loaded(day.slots)),
        sample=_sample(row),
        changed_by=queries.name_of(db(), row.changed_by_id),
        status=status,
        **context,
    )


@blueprint.get("/<public_id>")
@guard(MANAGE)
def calendar(public_id: str) -> ResponseReturnValue:
    """Show a calendar: its week and the days of a year that are different."""
    return _show(queries.calendar(db(), public_id))


@blueprint.post("/<public_id>")
@guard(MANAGE)
def save(public_id: str) -> ResponseReturnValue:
    """Save names, time zone and the hours of the week."""
    row, form = queries.calendar(db(), public_id), HoursForm()
    if not form.validate():
        return _show(row, form=form, status=422)
    try:
        operations.set_hours(db(), viewer().actor, row, form.hours(), version=typed_version(), now=now())
    except Invalid as error:
        add_error(form, error)
        return _show(row, form=form, status=422)
    except Conflict as error:
        return _show(row, form=form, problem=message_of(error, locale()), status=409)
    flash(_("Saved. Clocks that begin from now on follow it."), "success")
    return go("calendars.calendar", public_id=public_id)


@blueprint.post("/<public_id>/days")
@guard(MANAGE)
def set_days(public_id: str) -> ResponseReturnValue:
    """Give days hours of their own."""
    row, form = queries.calendar(db(), public_id), DayForm()
    if not form.validate():
        return _show(row, day_form=form, status=422)
    first, last = date.fromisoformat(form.first.data), form.last.data
    try:
        hours = slots.read(form.hours.data, field="hours")
        wanted = [
            NewDay(day, form.name.data, hours) for day in operations.span(first, last and date.fromisoformat(last))
        ]
        operations.set_days(db(), viewer().actor, row, wanted, version=typed_version(), now=now())
    except Invalid as error:
        add_error(form, error)
        return _show(row, day_form=form, status=422)
    except Conflict as error:
        return _show(row, day_form=form, problem=message_of(error, locale()), status=409)
    flash(_("Saved. Clocks that begin from now on follow it."), "success")
    return go("calendars.calendar", public_id=public_id, year=first.year)


@blueprint.post("/<public_id>/days/<day>/remove")
@guard(MANAGE)
def remove_day(public_id: str, day: str) -> ResponseReturnValue:
    """Let a day follow the week again."""
    row = queries.calendar(db(), public_id)
    try:
        which = date.fromisoformat(day)
    except ValueError as error:
        raise NotFound from error
    if not operations.remove_day(db(), viewer().actor, row, which, now=now()):
        raise NotFound
    flash(_("The day follows the week again."), "success")
    return go("calendars.calendar", public_id=public_id, year=which.year)


@blueprint.post("/<public_id>/import")
@guard(MANAGE)
def look(public_id: str) -> ResponseReturnValue:
    """Show what a file would change; nothing is saved."""
    row, form = queries.calendar(db(), public_id), FileForm()
    file = request.files.get("file")
    content = file.read(MOST_BYTES + 1) if file else b""
    if not form.validate():
        return _show(row, file_form=form, status=422)
    try:
        if not content:
            raise Invalid(NO_FILE, field="file")
        planned = _plan(row, content, form)
    except Invalid as error:
        return _show(row, file_form=form, file_problem=message_of(error, locale()), status=422)
    form.content.data = content.decode("utf-8-sig")
    return respond("calendars/preview.html", row=row, plan=planned, form=form, written=slots.written)


def _plan(row: Calendar, content: bytes, form: FileForm) -> Plan:
    return plan(db(), row, content, slots.read(form.hours.data), today=business_date(now(), row.zone))


@blueprint.post("/<public_id>/import/save")
@guard(MANAGE)
def take_over(public_id: str) -> ResponseReturnValue:
    """Save the days of a file that was looked at; it is read again, so nothing needs to be believed."""
    row, form = queries.calendar(db(), public_id), FileForm()
    if not form.validate():
        return _show(row, file_form=form, status=422)
    try:
        days = _plan(row, (form.content.data or "").encode(), form).days()
        changed = operations.set_days(db(), viewer().actor, row, days, version=typed_version(), now=now(), source="ics")
    except Invalid as error:
        return _show(row, file_form=form, file_problem=message_of(error, locale()), status=422)
    except Conflict as error:
        return _show(row, problem=message_of(error, locale()), status=409)
    flash(ngettext("%(num)d day was taken over.", "%(num)d days were taken over.", changed), "success")
    return go("calendars.calendar", public_id=public_id, year=days[0].day.year if days else None)
