"""Who may use the routes of the start page, search, notices and the API."""

from tests.functional.rights.roles import EVERYBODY, Route

ROUTES = {
    "home.home": Route(EVERYBODY),
    "home.inbox": Route(EVERYBODY),
    "home.search": Route(EVERYBODY),
    "home.read_all": Route(EVERYBODY, "POST"),
    "home.read": Route(EVERYBODY, "POST", "notice"),
    "notices.ways": Route(EVERYBODY),
    "notices.choose": Route(EVERYBODY, "POST"),
}
PUBLIC = {
    "api.nowhere",
    "api.openapi",
    "api_pages.guide",
    "home.healthz",
    "home.manifest",
    "home.readyz",
    "home.robots",
}
BY_TOKEN = {
    "api.choose",
    "api.complete",
    "api.create_configuration",
    "api.draft_quote",
    "api.explain",
    "api.issue_quote",
    "api.list_configurations",
    "api.list_customers",
    "api.list_orders",
    "api.list_quotes",
    "api.list_rule_sets",
    "api.order_document",
    "api.place_order",
    "api.quote_document",
    "api.read_configuration",
    "api.read_order",
    "api.read_quote",
    "api.retract",
    "api.take_call",
}  # for programs, never for a signed-in person; tests/functional/api holds scopes and rows
ADDRESSES = {
    "/inbox/<public_id>": "notice",
    "/api/v1/configurations/<public_id>": "configuration",
    "/api/v1/orders/<public_id>": "order",
    "/api/v1/quotes/<public_id>": "quote",
}
HOUSE_ADDRESSES = {"/api/v1/<path:rest>", "/bootstrap/static/<path:filename>", "/static/<path:filename>"}
