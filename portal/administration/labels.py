"""What the things and acts of the history, and the states of jobs, are called on screen."""

from typing import Any, Final

from flask_babel import lazy_gettext as _l

from portal.words import N_

THINGS: Final[dict[str, Any]] = {
    "quote": _l("Quote"),
    "configuration": _l("Configuration"),
    "party": _l("Customer or contact"),
    "person": _l("Person"),
    "invitation": _l("Invitation"),
    "organisation": _l("Organisation"),
    "product": _l("Product"),
    "price_book": _l("Price book"),
    "source_revision": _l("Source of facts"),
    "rule_revision": _l("Rules"),
    "quote_document": _l("Document"),
    "outbox": _l("Outbox"),
    "demo_world": _l("Demo world"),
}
ACTS: Final[dict[str, Any]] = {
    "sign in": _l("signed in"),
    "invite": _l("invited"),
    "withdraw invitation": _l("withdrew the invitation"),
    "accept invitation": _l("accepted the invitation"),
    "change roles": _l("changed roles"),
    "disable": _l("disabled"),
    "enable": _l("enabled"),
    "request password reset": _l("asked for a new password"),
    "hand out password reset": _l("handed out a password link"),
    "reset password": _l("set a new password by link"),
    "change password": _l("changed the password"),
    "change profile": _l("changed the profile"),
    "create": _l("created"),
    "rename": _l("renamed"),
    "archive": _l("archived"),
    "restore": _l("restored"),
    "draft": _l("drafted"),
    "refresh": _l("brought up to date"),
    "edit": _l("edited"),
    "issue": _l("issued"),
    "revise": _l("began a revision"),
    "discard": _l("discarded the draft"),
    "verification failed": _l("did not pass the independent check"),
    "add": _l("added"),
    "change": _l("changed"),
    "open": _l("opened"),
    "publish": _l("published"),
    "load": _l("loaded"),
    "load prices": _l("loaded prices"),
    "import": _l("imported"),
    "import facts": _l("took over imported facts"),
    "unlist": _l("took off sale"),
    "retried": _l("tried again"),
    "add customer": _l("added as customer"),
    "add contact": _l("added as contact"),
}
STATES: Final[dict[str, tuple[Any, str]]] = {  # label and tone
    "waiting": (_l("waiting"), "info"),
    "running": (_l("running"), "info"),
    "done": (_l("done"), "good"),
    "dead": (_l("dead"), "bad"),
}
QUOTE_STATES: Final = {"draft": N_("Draft"), "issued": N_("Issued"), "superseded": N_("Superseded")}
JOB_KINDS: Final[dict[str, Any]] = {"mail": _l("Mail"), "quote_pdf": _l("Document")}
