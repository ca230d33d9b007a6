"""Who may use the routes of customers, their import and the steward's work."""

from tests.functional.rights.roles import EDITS_PARTIES, SEES_PARTIES, STEWARDS, Route

ROUTES = {
    "parties.customers": Route(SEES_PARTIES),
    "parties.customer": Route(SEES_PARTIES, "GET", "customer"),
    "parties.new_customer": Route(EDITS_PARTIES),
    "parties.new_contact": Route(EDITS_PARTIES, "POST", "customer", {"name": "Somebody"}),
    "parties.similar_customers": Route(EDITS_PARTIES),
    "customer.edit": Route(EDITS_PARTIES, "GET", "customer"),
    "customer.save": Route(EDITS_PARTIES, "POST", "customer", {"name": "x", "version": "1", "address": "Road"}),
    "customer.contact": Route(EDITS_PARTIES, "GET", "contact"),
    "customer.save_contact": Route(EDITS_PARTIES, "POST", "contact", {"name": "x", "version": "1"}),
    "customer.remove_contact": Route(EDITS_PARTIES, "POST", "removed_contact"),
    "customer.note": Route(EDITS_PARTIES, "POST", "customer", {"kind": "alias", "text": "x"}),
    "customer.make_main": Route(EDITS_PARTIES, "POST", "party_note"),
    "customer.remove_note": Route(EDITS_PARTIES, "POST", "removed_note"),
    "imports.upload": Route(EDITS_PARTIES),
    "imports.check": Route(EDITS_PARTIES, "POST"),
    "imports.template": Route(EDITS_PARTIES),
    "imports.show": Route(EDITS_PARTIES, "GET", "party_import"),
    "imports.take_over": Route(EDITS_PARTIES, "POST", "party_import", {"version": "1"}),
    "imports.discard": Route(EDITS_PARTIES, "POST", "party_import", {"version": "1"}),
    "steward.pairs": Route(STEWARDS),
    "steward.look": Route(STEWARDS, "POST"),
    "steward.pair": Route(STEWARDS, "GET", "party_pair"),
    "steward.merge_pair": Route(STEWARDS, "POST", "party_pair", {"keep": "none"}),
    "steward.different": Route(STEWARDS, "POST", "party_pair"),
    "steward.files": Route(STEWARDS),
    "steward.file": Route(STEWARDS, "GET", "customer"),
    "steward.review": Route(STEWARDS, "POST", "customer", {"state": "reviewed", "version": "1"}),
    "steward.compare": Route(STEWARDS, "POST", "customer", {"other": "self"}),
    "steward.merges": Route(STEWARDS),
    "steward.undo": Route(STEWARDS, "POST", "party_merge"),
}
ADDRESSES = {
    "/customers/<public_id>": "customer",
    "/customers/<public_id>/contacts/<contact_id>": "contact",
    "/customers/<public_id>/notes/<note_id>": "party_note",
    "/customers/import/<import_id>": "party_import",
}
OF_THE_HOUSE = {"party_pair", "party_merge"}
HOUSE_ADDRESSES = {"/steward/files/<public_id>", "/steward/merges/<merge_id>", "/steward/pairs/<pair_id>"}
