"""The menu: at most five entries for a role, drawn from the permissions."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from flask import current_app, g, request, url_for
from flask_babel import force_locale

from portal.accounts.forms import ROLE_LABELS
from portal.formats import translations
from portal.policy import OrganisationKind, Permission, Reach, Role, grants_of
from portal.web import Viewer, locale
from portal.words import BABEL_LOCALES, N_

MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere the menu may lead, and what it takes to go there."""

    endpoint: str
    label: str
    icon: str
    permission: Permission
    not_for: OrganisationKind | None = None


PLACES: Final = (
    Place("approvals.waiting", N_("Approvals"), "check", Permission.APPROVAL_VIEW),
    Place("registrations.registrations", N_("Registrations"), "shield", Permission.REGISTRATION_VIEW),
    Place("engineering.questions", N_("Questions"), "info", Permission.ENGINEERING_ANSWER),
    Place("configurator.configurations", N_("Configurations"), "configure", Permission.CONFIGURATION_VIEW),
    Place("deals.quotes", N_("Quotes"), "quote", Permission.QUOTE_VIEW),
    Place("orders.orders", N_("Orders"), "order", Permission.ORDER_VIEW),
    Place("parties.customers", N_("Customers"), "customer", Permission.PARTY_VIEW, OrganisationKind.CUSTOMER),
    Place("steward.pairs", N_("Data quality"), "check", Permission.PARTY_STEWARD),
    Place("faults.start", N_("I have a fault"), "warning", Permission.TICKET_OPEN, OrganisationKind.SUPPLIER),
    Place("tickets.tickets", N_("Tickets"), "comment", Permission.TICKET_VIEW),
    Place("visits.day", N_("My day"), "history", Permission.VISIT_WORK),
    Place("knowledge.articles", N_("Knowledge base"), "info", Permission.ARTICLE_VIEW),
    Place("equipment.listed", N_("Equipment"), "device", Permission.EQUIPMENT_VIEW),
    Place("returns.listing", N_("Returns"), "undo", Permission.RETURN_MANAGE),
    Place("desk.overview", N_("Desk"), "rules", Permission.TICKET_MANAGE),
    Place("numbers.numbers", N_("Numbers"), "chart", Permission.SUPPORT_NUMBERS),
    Place("mailing.mails", N_("Mail"), "mail", Permission.TICKET_MANAGE),
    Place("catalog.products", N_("Products"), "product", Permission.PRODUCT_VIEW),
    Place("people.people", N_("People"), "people", Permission.PEOPLE_VIEW),
    Place("transfers.transfers", N_("Transfers"), "right", Permission.CUSTOMER_TRANSFER),
    Place("pool.listing", N_("Public pool"), "pool", Permission.POOL_CLAIM),
    Place("phone.ask", N_("Telephone"), "phone", Permission.PHONE_USE),
    Place("leads.listing", N_("Leads"), "people", Permission.LEAD_VIEW),
    Place("letterhead.letterhead", N_("Letterhead"), "edit", Permission.QUOTE_EDIT),
    Place("tokens.tokens", N_("Access for programs"), "lock", Permission.TOKEN_MANAGE),
    Place("administration.rules", N_("Rules"), "rules", Permission.RULES_VIEW),
    Place("parameters.parameters", N_("Parameters"), "edit", Permission.PARAMETER_MANAGE),
    Place("simulations.listing", N_("Simulations"), "history", Permission.POLICY_SIMULATE),
    Place("calendars.calendars", N_("Calendars"), "history", Permission.CALENDAR_MANAGE),
    Place("administration.history", N_("History"), "history", Permission.HISTORY_VIEW),
    Place("administration.outbox", N_("Outbox"), "outbox", Permission.OUTBOX_MANAGE),
)
# What somebody needs every day comes first: by the first of these roles that he has; everything else keeps its order.
FIRST: Final[Mapping[Role, tuple[str, ...]]] = {
    Role.ADMINISTRATOR: (
        "people.people", "administration.outbox", "administration.rules", "administration.history", "catalog.products",
    ),
    Role.APPROVER: (
        "approvals.waiting", "registrations.registrations", "deals.quotes", "orders.orders", "parties.customers",
    ),
    Role.CHANNEL_MANAGER: (
        "approvals.waiting", "registrations.registrations", "parties.customers", "deals.quotes", "orders.orders",
    ),
    Role.SALES: (
        "registrations.registrations", "configurator.configurations", "deals.quotes", "orders.orders",
        "parties.customers",
    ),
    Role.ENGINEER: (
        "configurator.configurations", "deals.quotes", "orders.orders", "parties.customers", "catalog.products",
    ),
    Role.EXECUTIVE: (
        "registrations.registrations", "deals.quotes", "orders.orders", "parties.customers", "administration.history",
    ),
    Role.CUSTOMER: (
        "faults.start", "tickets.tickets", "equipment.listed", "knowledge.articles", "configurator.configurations",
    ),
    Role.SUPPORT_LEAD: (
        "tickets.tickets", "numbers.numbers", "knowledge.articles", "parties.customers", "desk.overview",
    ),
    Role.SUPPORT_AGENT: (
        "tickets.tickets", "phone.ask", "knowledge.articles", "parties.customers", "equipment.listed",
    ),
    Role.FIELD_ENGINEER: (
        "visits.day", "tickets.tickets", "equipment.listed", "knowledge.articles", "parties.customers",
    ),
}  # fmt: skip
SAME_AS: Final = {Role.OWNER: Role.SALES}


@lru_cache(maxsize=64)
def _places(roles: tuple[Role, ...]) -> tuple[Place, ...]:
    """Return the places in the order in which somebody with these roles needs them."""
    mine = {SAME_AS.get(role, role) for role in roles}
    first = next((places for role, places in FIRST.items() if role in mine), ())
    return tuple(sorted(PLACES, key=lambda each: first.index(each.endpoint) if each.endpoint in first else MOST))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    path: str
    label: str
    icon: str
    current: bool


def navigation() -> dict[str, Any]:
    """Return what every page needs around its content: the menu and what did not fit in it, role names, addresses."""
    person: Viewer | None = g.get("viewer")
    entries = _entries(person) if person else []
    menu, rest = entries[:MOST], entries[MOST:]
    return {"menu": menu, "more_menu": rest, "role_labels": _role_labels(locale()), "asset": asset}


@cache
def _role_labels(locale: str) -> dict[str, str]:
    with force_locale(BABEL_LOCALES[locale]):
        return {role: str(label) for role, label in ROLE_LABELS.items()}


def _entries(person: Viewer) -> list[Entry]:
    here = request.path
    return [
        Entry(path, label, icon, here == path or here.startswith(f"{path}/"))
        for path, label, icon in _open_to(
            person.roles, person.organisation_kind, locale(), request.script_root, request.host
        )
    ]


@lru_cache(maxsize=512)
def _open_to(
    roles: tuple[Role, ...], kind: OrganisationKind, locale: str, _root: str, _host: str
) -> tuple[tuple[str, str, str], ...]:
    """Return address, label and sign of all places open to these roles, the same for everybody who has them."""
    grants, label_of = grants_of(kind, roles), translations(locale).gettext
    return tuple(
        (url_for(place.endpoint), label_of(place.label), place.icon)
        for place in _places(roles)
        if grants.get(place.permission, Reach.NONE) > Reach.NONE and place.not_for is not kind
    )


def asset(filename: str) -> str:
    """Return the address of a static file that changes with the file, so browsers may keep it."""
    return _asset(filename, request.script_root, int(time.monotonic()))


@lru_cache(maxsize=256)
def _asset(filename: str, _root: str, _second: int) -> str:
    """Look at the file once a second, not for every page."""
    changed = (Path(current_app.static_folder or "") / filename).stat().st_mtime_ns
    return url_for("static", filename=filename, v=f"{changed:x}")
