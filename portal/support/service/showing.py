"""What the pages of tickets and equipment show of service: warranty, returns, visits."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _

from portal.catalog.models import InstalledItem
from portal.policy import Actor, Permission
from portal.support.service import queries
from portal.support.service.lifecycle import RETURN_LABELS, VISIT_LABELS
from portal.support.service.models import Warranty
from portal.support.service.warranty import covers, of_serial, warranty_of
from portal.support.tickets.lifecycle import OPEN
from portal.support.tickets.models import Ticket, works
from portal.support.tickets.triage import CONTRACTS
from portal.web import db, today, viewer

RETURN_TONES = {
    "requested": "warn", "authorised": "info", "received": "info", "repaired": "info", "swapped": "good",
    "sent_back": "good", "closed": "quiet", "expired": "bad", "refused": "bad",
}  # fmt: skip
VISIT_TONES = {"planned": "info", "under_way": "warn", "done": "good", "cancelled": "quiet"}


@dataclass(frozen=True, slots=True)
class WarrantyShown:
    """A warranty in words."""

    starts_on: date
    ends_on: date
    contract: str
    covers: bool
    version: int


def warranty_shown(row: Warranty | None) -> WarrantyShown | None:
    """Return a warranty as a page shows it."""
    if row is None:
        return None
    covered = covers(row.starts_on, row.ends_on, today())
    return WarrantyShown(row.starts_on, row.ends_on, _(CONTRACTS[row.contract]), covered, row.version)


def warranty_of_item(item_id: int) -> WarrantyShown | None:
    """Return the warranty of a piece of equipment."""
    return warranty_shown(warranty_of(db(), item_id))


def words() -> dict[str, dict[str, str]]:
    """Return what the states of returns and visits are called, and their tones."""
    return {
        "returns": {key.value: _(label) for key, label in RETURN_LABELS.items()},
        "visits": {key.value: _(label) for key, label in VISIT_LABELS.items()},
        "return_tones": RETURN_TONES,
        "visit_tones": VISIT_TONES,
    }


def card(row: Ticket) -> dict[str, Any]:
    """Return what the page of a ticket shows of service."""
    unit, actor = db(), viewer().actor
    is_open = row.state in [state.value for state in OPEN]
    covered = warranty_of(unit, row.installed_item_id) or of_serial(unit, row.product_id, row.serial)
    item = unit.get(InstalledItem, row.installed_item_id) if row.installed_item_id else None
    return {
        "warranty": warranty_shown(covered),
        "known": item is not None or covered is not None,
        "returns": queries.returns_of(unit, row.id),
        "visits": queries.visits_of(unit, row.id),
        "words": words(),
        "may_ask": is_open and _is_device(actor, row) and actor.can(Permission.TICKET_OPEN),
        "may_send": is_open and actor.can(Permission.DISPATCH_MANAGE),
    }


def _is_device(actor: Actor, row: Ticket) -> bool:
    """Return whether a ticket says which device it is; the house may take a number that was only typed."""
    return bool(row.product_id and row.serial and (works(actor) or row.installed_item_id))
