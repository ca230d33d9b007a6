"""Who may use the routes of the catalogue, configurations and questions to engineers."""

from tests.functional.rights.roles import ANSWERS, CONFIGURES, EVERYBODY, SEES_CONFIGURATIONS, Route

ROUTES = {
    "catalog.products": Route(EVERYBODY),
    "catalog.product": Route(EVERYBODY, "GET", "product"),
    "configurator.configurations": Route(SEES_CONFIGURATIONS),
    "start.new": Route(CONFIGURES),
    "start.templates": Route(CONFIGURES),
    "start.begin_from": Route(CONFIGURES, "POST", "template"),
    "start.archive_template": Route(CONFIGURES, "POST", "template", {"archived": "0"}),
    "start.save_template": Route(CONFIGURES, "POST", "configuration", {"name": "A template"}),
    "start.copy": Route(CONFIGURES, "POST", "configuration"),
    "sending.sent": Route(SEES_CONFIGURATIONS),
    "sending.send": Route(CONFIGURES, "POST", "configuration"),
    "sending.withdraw": Route(CONFIGURES, "POST", "configuration"),
    "sending.ask": Route(CONFIGURES, "POST", "configuration"),
    "sending.take_over": Route(CONFIGURES, "POST", "configuration"),
    "configurator.configuration": Route(SEES_CONFIGURATIONS, "GET", "configuration"),
    "configurator.choose": Route(
        SEES_CONFIGURATIONS, "POST", "configuration", {"key": "days", "value": "20", "version": "1"}, CONFIGURES
    ),
    "configurator.take_back": Route(
        SEES_CONFIGURATIONS, "POST", "configuration", {"key": "days", "version": "1"}, CONFIGURES
    ),
    "configurator.change_members": Route(
        SEES_CONFIGURATIONS,
        "POST",
        "configuration",
        {"group": "none", "member": "1", "action": "copy", "version": "1"},
        CONFIGURES,
    ),
    "configurator.undo": Route(SEES_CONFIGURATIONS, "POST", "configuration", {"version": "1"}, CONFIGURES),
    "configurator.redo": Route(SEES_CONFIGURATIONS, "POST", "configuration", {"version": "1"}, CONFIGURES),
    "configurator.details": Route(CONFIGURES, "POST", "configuration", {"name": "x", "customer": "", "version": "1"}),
    "configurator.archive": Route(CONFIGURES, "POST", "configuration", {"archived": "0"}),
    "sharing.people": Route(SEES_CONFIGURATIONS, "GET", "configuration"),
    "sharing.share_it": Route(CONFIGURES, "POST", "configuration"),
    "sharing.revoke_it": Route(CONFIGURES, "POST", "share"),
    "comments.thread": Route(SEES_CONFIGURATIONS, "GET", "configuration"),
    "comments.say_it": Route(SEES_CONFIGURATIONS, "POST", "configuration", {"body": "Why?"}),
    "comments.resolve": Route(SEES_CONFIGURATIONS, "POST", "comment", {"resolved": "1"}),
    "comments.withdraw_it": Route(SEES_CONFIGURATIONS, "POST", "comment", doers={"north.owner", "hospital.owner"}),
    "finishing.preview": Route(SEES_CONFIGURATIONS, "GET", "configuration"),
    "finishing.accept": Route(
        SEES_CONFIGURATIONS, "POST", "configuration", {"picks": "{}", "version": "1"}, CONFIGURES
    ),
    "upgrading.preview": Route(SEES_CONFIGURATIONS, "GET", "configuration"),
    "upgrading.upgrade": Route(
        SEES_CONFIGURATIONS, "POST", "configuration", {"number": "1", "version": "1"}, CONFIGURES
    ),
    "comparing.compare": Route(SEES_CONFIGURATIONS),
    "comparing.variant": Route(CONFIGURES, "POST", "configuration"),
    "engineering.ask": Route(SEES_CONFIGURATIONS, "GET", "configuration", {}, CONFIGURES),
    "engineering.send": Route(SEES_CONFIGURATIONS, "POST", "configuration", {"text": "How?"}, CONFIGURES),
    "engineering.questions": Route(ANSWERS),
    "engineering.show": Route(SEES_CONFIGURATIONS, "GET", "engineer_question"),
    "engineering.answer": Route(ANSWERS, "POST", "engineer_question", {"answer": "So.", "version": "1"}),
    "engineering.withdraw": Route(CONFIGURES, "POST", "engineer_question", {"version": "1"}),
}
ADDRESSES = {
    "/configurations/<public_id>": "configuration",
    "/configurations/<public_id>/comments/<comment_id>": "comment",
    "/configurations/<public_id>/sharing/<share_id>": "share",
    "/configurations/templates/<public_id>": "template",
    "/engineering/<public_id>": "question",
}
OF_THE_HOUSE = {"product"}
HOUSE_ADDRESSES = {"/products/<public_id>"}
