"""Who may use the routes of administration, parameters and calendars."""

from tests.functional.rights.roles import ADMINISTRATOR, FIRST_TAKES, KEEPS_CALENDARS, READS_HISTORY, READS_RULES, Route

ROUTES = {
    "administration.rules": Route(READS_RULES),
    "administration.revision": Route(READS_RULES, "GET", "revision"),
    "administration.outbox": Route(ADMINISTRATOR),
    "administration.retry": Route(ADMINISTRATOR, "POST", "job"),
    "administration.history": Route(READS_HISTORY),
    "parameters.parameters": Route(ADMINISTRATOR),
    "parameters.parameter": Route(ADMINISTRATOR, "GET", "parameter"),
    "parameters.change": Route(ADMINISTRATOR, "POST", "parameter", {"value": "80", "version": "0"}),
    "calendars.calendars": Route(KEEPS_CALENDARS),
    "calendars.new": Route(KEEPS_CALENDARS),
    "calendars.create": Route(KEEPS_CALENDARS, "POST"),
    "calendars.calendar": Route(KEEPS_CALENDARS, "GET", "calendar"),
    "calendars.save": Route(KEEPS_CALENDARS, "POST", "calendar", {"version": "1"}),
    "calendars.set_days": Route(KEEPS_CALENDARS, "POST", "calendar", {"version": "1"}),
    "calendars.remove_day": Route(KEEPS_CALENDARS, "POST", "calendar", done=FIRST_TAKES),
    "calendars.look": Route(KEEPS_CALENDARS, "POST", "calendar"),
    "calendars.take_over": Route(KEEPS_CALENDARS, "POST", "calendar", {"version": "1"}),
}
OF_THE_HOUSE = {"job", "parameter", "calendar", "revision"}
HOUSE_ADDRESSES = {
    "/administration/calendars/<public_id>",
    "/administration/calendars/<public_id>/days/<day>",
    "/administration/outbox/<public_id>",
    "/administration/parameters/<key>",
    "/administration/rules/<key>",
    "/administration/rules/<key>/<int:number>",
}
