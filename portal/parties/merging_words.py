"""What moves in a merge and what stands in its way, in words instead of the names of tables."""

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.errors import Conflict
from portal.formats import message_of
from portal.parties.merging import COLLIDES

LABELS: Final[dict[str, Any]] = {  # by table and column
    "relation.party_id": _l("Organisations that know it"),
    "party.employer_id": _l("Contacts"),
    "party.merged_into_id": _l("Customers merged into it before"),
    "party_identifier.party_id": _l("Codes, phones and domains"),
    "party_alias.party_id": _l("Further names"),
    "party_address.party_id": _l("Further addresses"),
    "party_import_row.party_id": _l("Lines of imported lists"),
    "configuration.customer_id": _l("Configurations"),
    "quote.customer_id": _l("Quotes"),
    "resale.customer_id": _l("Offers to customers"),
    "sales_order.customer_id": _l("Orders"),
    "site.party_id": _l("Sites"),
    "registration.customer_id": _l("Deal registrations"),
    "registration.identity_id": _l("Deal registrations"),
    "customer_holding.customer_id": _l("Customers that somebody holds"),
    "inquiry.customer_id": _l("Questions whether it is free"),
    "pool_entry.customer_id": _l("Entries of the public pool"),
    "transferred_customer.customer_id": _l("Customer transfers"),
    "ticket.customer_id": _l("Fault tickets"),
    "support_terms.party_id": _l("Support terms"),
    "phone_call.party_id": _l("Phone calls"),
    "lead.party_id": _l("Leads"),
}


def said(error: Conflict, locale: str) -> str:
    """Return why two customers cannot be one, naming what both hold as people call it."""
    if error.message != COLLIDES:
        return message_of(error, locale)
    table = f"{error.params['table']}."
    held = next((str(label) for name, label in LABELS.items() if name.startswith(table)), str(_("other records")))
    return str(_(COLLIDES, table=held))
