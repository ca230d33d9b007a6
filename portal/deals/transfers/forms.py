"""What is written with a transfer, and the words for what goes along."""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from portal.deals.transfers.models import LONGEST_NOTE
from portal.forms import text

KINDS: Final[Mapping[str, Any]] = {
    "customers": _l("Customers"),
    "contacts": _l("Contacts"),
    "notes": _l("Further names, addresses and identifiers"),
    "registrations": _l("Open registrations"),
    "requests": _l("Open requests for approval"),
    "configurations": _l("Configurations"),
    "quotes": _l("Open quotes with their revisions"),
    "orders": _l("Orders"),
    "offers": _l("Drafts of offers"),
    "sites": _l("Sites"),
    "items": _l("Pieces of equipment"),
    "tickets": _l("Open tickets"),
    "visits": _l("Planned visits"),
    "files": _l("Files"),
    "comments": _l("Comments"),
    "activities": _l("Noted activities"),
}
PAPER_KINDS: Final[Mapping[str, Any]] = {"quote": _l("Quote"), "sales_order": _l("Order")}


class TransferForm(FlaskForm):
    """What the giver says to the receiver."""

    note = text(_l("A word to the receiver"), LONGEST_NOTE, required=False, area=True)
