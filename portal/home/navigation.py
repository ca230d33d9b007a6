"""The menu: at most five entries for a role, drawn from the permissions."""

import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import current_app, g, request, url_for

from portal.accounts.forms import ROLE_LABELS
from portal.formats import translations
from portal.policy import OrganisationKind, Permission, Role
from portal.web import Viewer, locale
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
    Place("engineering.questions", N_("Questions"), "info", Permission.ENGINEERING_ANSWER),
    Place("configurator.configurations", N_("Configurations"), "configure", Permission.CONFIGURATION_VIEW),
    Place("deals.quotes", N_("Quotes"), "quote", Permission.QUOTE_VIEW),
    Place("orders.orders", N_("Orders"), "order", Permission.ORDER_VIEW),
    Place("parties.customers", N_("Customers"), "customer", Permission.PARTY_VIEW, OrganisationKind.CUSTOMER),
    Place("catalog.products", N_("Products"), "product", Permission.PRODUCT_VIEW),
    Place("people.people", N_("People"), "people", Permission.PEOPLE_VIEW),
    Place("letterhead.letterhead", N_("Letterhead"), "edit", Permission.QUOTE_EDIT),
    Place("tokens.tokens", N_("Access for programs"), "lock", Permission.TOKEN_MANAGE),
    Place("administration.rules", N_("Rules"), "rules", Permission.RULES_VIEW),
    Place("administration.history", N_("History"), "history", Permission.HISTORY_VIEW),
    Place("administration.outbox", N_("Outbox"), "outbox", Permission.OUTBOX_MANAGE),
)
FIRST_FOR_ADMINISTRATORS: Final = (
    "people.people", "administration.outbox", "administration.rules", "administration.history", "catalog.products",
)  # fmt: skip
FOR_ADMINISTRATORS: Final = tuple(
    sorted(
        PLACES,
        key=lambda place: (
            FIRST_FOR_ADMINISTRATORS.index(place.endpoint) if place.endpoint in FIRST_FOR_ADMINISTRATORS else MOST
        ),
    )
)


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
    return {"menu": menu, "more_menu": rest, "role_labels": ROLE_LABELS, "asset": asset}


def _entries(person: Viewer) -> list[Entry]:
    label_of, here = translations(locale()).gettext, request.path
    places = FOR_ADMINISTRATORS if Role.ADMINISTRATOR in person.roles else PLACES
    entries = []
    for place in places:
        if not person.actor.can(place.permission) or place.not_for is person.organisation_kind:
            continue
        path = url_for(place.endpoint)
        current = here == path or here.startswith(f"{path}/")
        entries.append(Entry(path, label_of(place.label), place.icon, current))
    return entries


def asset(filename: str) -> str:
    """Return the address of a static file that changes with the file, so browsers may keep it."""
    return _asset(filename, request.script_root, int(time.monotonic()))


@lru_cache(maxsize=256)
def _asset(filename: str, _root: str, _second: int) -> str:
    """Look at the file once a second, not for every page."""
    changed = (Path(current_app.static_folder or "") / filename).stat().st_mtime_ns
    return url_for("static", filename=filename, v=f"{changed:x}")
