"""Who may use the routes of approvals, absences and approval rules."""

from tests.functional.rights.roles import ADMINISTRATOR, DECIDES, EVERYBODY, PARTNERS, SEES_APPROVALS, Route

ROUTES = {
    "approvals.waiting": Route(SEES_APPROVALS),
    "approvals.requests": Route(SEES_APPROVALS),
    "approvals.times": Route(EVERYBODY),
    "approvals.card": Route(SEES_APPROVALS, "GET", "approval"),
    "approvals.seen": Route(DECIDES, "POST", "approval"),
    "approvals.nudge": Route(SEES_APPROVALS, "POST", "approval", doers=PARTNERS),
    "approvals.decide": Route(DECIDES, "POST", "approval", {"decision": "approved", "version": "1"}),
    "approvals.research": Route(DECIDES, "POST", "approval", {"version": "1"}),
    "approvals.reassign": Route(SEES_APPROVALS, "POST", "approval", {"version": "1"}, DECIDES | ADMINISTRATOR),
    "absences.listing": Route(DECIDES),
    "absences.begin": Route(DECIDES, "POST"),
    "absences.end": Route(DECIDES, "POST", "absence"),
    "approval_rules.listing": Route(ADMINISTRATOR),
    "approval_rules.rules": Route(ADMINISTRATOR, "GET", "approval_rule"),
    "approval_rules.export": Route(ADMINISTRATOR, "GET", "approval_rule"),
    "approval_rules.publish": Route(ADMINISTRATOR, "POST", "approval_rule", {"version": "0"}),
}
ADDRESSES = {
    "/approvals/<public_id>": "approval",
}
OF_THE_HOUSE = {"approval_rule"}
HOUSE_ADDRESSES = {"/approvals/absences/<public_id>", "/approvals/rules/<key>"}
