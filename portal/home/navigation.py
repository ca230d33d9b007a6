"""The menu: at most five entries for a role, drawn from the permissions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import current_app, g, request, url_for
from flask_babel import gettext as _

from portal.accounts.forms import ROLE_LABELS
from portal.policy import OrganisationKind, Permission, Role
from portal.web import Viewer
from portal.words import N_

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
    Place("configurator.configurations", N_("Configurations"), "configure", Permission.CONFIGURATION_VIEW),
    Place("deals.quotes", N_("Quotes"), "quote", Permission.QUOTE_VIEW),
    Place("parties.customers", N_("Customers"), "customer", Permission.PARTY_VIEW, OrganisationKind.CUSTOMER),
    Place("catalog.products", N_("Products"), "product", Permission.PRODUCT_VIEW),
    Place("people.people", N_("People"), "people", Permission.PEOPLE_VIEW),
    Place("administration.rules", N_("Rules"), "rules", Permission.RULES_VIEW),
    Place("administration.history", N_("History"), "history", Permission.HISTORY_VIEW),
    Place("administration.outbox", N_("Outbox"), "outbox", Permission.OUTBOX_MANAGE),
)
FOR_ADMINISTRATORS: Final = (PLACES[4], PLACES[7], PLACES[5], PLACES[6], PLACES[3], PLACES[0], PLACES[1], PLACES[2])


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    path: str
    label: str
    icon: str
    current: bool


def navigation() -> dict[str, Any]:
    """Return what every page needs around its content: the menu and what did not fit in it, role names, file addresses."""
    person: Viewer | None = g.get("viewer")
    entries = _entries(person) if person else []
    return {
        "menu": entries[:MOST],
        "more_menu": entries[MOST:],
        "role_labels": ROLE_LABELS,
        "asset": asset,
        "path_to": path_to,
    }


def _entries(person: Viewer) -> list[Entry]:
    places = FOR_ADMINISTRATORS if Role.ADMINISTRATOR in person.roles else PLACES
    entries = []
    for place in places:
        if not person.actor.can(place.permission) or place.not_for is person.organisation_kind:
            continue
        if path := path_to(place.endpoint):
            current = request.path == path or request.path.startswith(f"{path}/")
            entries.append(Entry(path, _(place.label), place.icon, current))
    return entries


def path_to(endpoint: str, **values: Any) -> str:
    """Return the address of `endpoint`, or an empty text while this portal has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""


def asset(filename: str) -> str:
    """Return the address of a static file that changes with the file, so browsers may keep it."""
    changed = (Path(current_app.static_folder or "") / filename).stat().st_mtime_ns
    return url_for("static", filename=filename, v=f"{changed:x}")
