"""Who may use the routes of accounts, people and tokens."""

from tests.functional.rights.roles import EVERYBODY, MANAGES_PEOPLE, SEES_PEOPLE, Route

ROUTES = {
    "accounts.profile": Route(EVERYBODY),
    "accounts.change_password": Route(EVERYBODY, "POST"),
    "people.people": Route(SEES_PEOPLE),
    "people.invite": Route(MANAGES_PEOPLE),
    "people.person": Route(MANAGES_PEOPLE, "GET", "person"),
    "people.disable": Route(MANAGES_PEOPLE, "POST", "person"),
    "people.enable": Route(MANAGES_PEOPLE, "POST", "person"),
    "people.invitation": Route(MANAGES_PEOPLE, "GET", "invitation"),
    "people.withdraw_invitation": Route(MANAGES_PEOPLE, "POST", "invitation"),
    "tokens.tokens": Route({"north.owner", "supplier.administrator"}),
    "tokens.make": Route({"north.owner", "supplier.administrator"}, "POST"),
    "tokens.revoke": Route({"north.owner", "supplier.administrator"}, "POST", "token"),
}
PUBLIC = {
    "accounts.act_as",
    "accounts.colours",
    "accounts.invitation",
    "accounts.language",
    "accounts.request_reset",
    "accounts.reset",
    "accounts.sign_in",
    "accounts.sign_out",
}
ADDRESSES = {
    "/people/<public_id>": "person",
    "/people/invitations/<public_id>": "invitation",
    "/tokens/<public_id>": "token",
    "/demo/act-as/<public_id>": "person",
}
LINKS = {"/invitation/<token>", "/reset/<token>"}
