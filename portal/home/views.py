"""Home, search, inbox, health, and the files that browsers ask for by name."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from portal import outbox
from portal.approvals import queries as approvals
from portal.catalog.queries import products
from portal.configurator.listing import configurations
from portal.deals.queries import QuoteFilter, quotes
from portal.deals.registrations import queries as registrations
from portal.home import queries, searching
from portal.home.navigation import asset
from portal.home.telling import lines_of
from portal.notify import operations
from portal.notify.queries import PAGE, notices
from portal.paging import before_id
from portal.parties.queries import customers
from portal.policy import OrganisationKind, Permission, Reach
from portal.search.searching import Unavailable
from portal.support.numbers.showing import at_a_glance
from portal.support.service.queries import coming
from portal.support.service.showing import words as visit_words
from portal.support.tickets import listing as tickets
from portal.web import db, fmt, go, go_to, guard, locale, now, portal, public, respond, safe_next, today, viewer

blueprint = Blueprint("home", __name__)
LONGEST_SEARCH = 100
FEW = queries.FEW


@blueprint.get("/")
@guard(Permission.HOME_VIEW)
def home() -> ResponseReturnValue:
    """Greet by name with what waits, what runs out and what happened; every card is one query."""
    actor, waiting = viewer().actor, dict[str, Any]()
    sells = actor.can(Permission.QUOTE_EDIT)
    if actor.can(Permission.APPROVAL_DECIDE):
        waiting["approvals"] = approvals.waiting(db(), now=now(), today=today(), limit=FEW).rows
    if actor.can(Permission.REGISTRATION_EDIT):
        waiting["turns"] = registrations.your_turn(db(), FEW)
    if actor.can(Permission.REGISTRATION_EDIT) or (
        actor.can(Permission.REGISTRATION_MANAGE) and "approvals" in waiting
    ):
        waiting["protections"] = registrations.running_out(db(), today(), FEW)
    if sells:
        waiting["ending"] = queries.ending_quotes(db(), today=today())
    if actor.can(Permission.QUOTE_VIEW):
        wanted = QuoteFilter(state="draft" if sells else "issued")
        waiting["drafts" if sells else "issued"] = quotes(db(), wanted, limit=FEW).rows
    if actor.can(Permission.VISIT_WORK):
        waiting["visits"] = coming(db(), actor.person_id or 0, today(), viewer().time_zone)
    elif actor.can(Permission.CONFIGURATION_VIEW) and "approvals" not in waiting:
        waiting["configurations"] = configurations(db(), before_id=None, limit=FEW)[:FEW]
    if actor.can(Permission.OUTBOX_MANAGE):
        waiting["jobs"], waiting["worker"] = outbox.counts(db()), outbox.is_beating(db(), now=now())
    elif actor.can(Permission.RULES_VIEW):
        waiting["rules"] = queries.rule_revisions(db())
    if actor.can(Permission.TICKET_VIEW):
        waiting |= tickets.for_home(db(), now=now(), limit=FEW)
    if actor.can(Permission.SUPPORT_NUMBERS):
        waiting["numbers"] = at_a_glance(db(), fmt(), zone=portal().settings.supplier_zone, today=today())
    happened = notices(db(), limit=FEW)[:FEW]
    return respond(
        "home/home.html",
        waiting=waiting,
        lines=lines_of(db(), happened, locale()),
        visit_words=visit_words() if "visits" in waiting else {},
        everybodys=actor.reach(Permission.CONFIGURATION_VIEW) is Reach.ALL,
        today=today(),
    )


@blueprint.get("/search")
@guard(Permission.SEARCH_USE)
def search() -> ResponseReturnValue:
    """Find everything the viewer may know of by one field, a few of each kind, or one kind alone."""
    typed = "".join(filter(str.isprintable, request.args.get("q", "")[: LONGEST_SEARCH * 10]))
    words = " ".join(typed.split())
    too_long = len(words) > LONGEST_SEARCH
    kind = request.args.get("kind", "")
    if not words and request.headers.get("HX-Target") == "quick":
        return ""  # the field above every page is empty again: nothing hangs under it
    shown: dict[str, Any] = {"groups": [], "found": {}, "plain": False}
    if words and not too_long:
        try:
            folder = portal().settings.search_folder
            shown["groups"] = searching.everything(db(), folder, viewer(), words, locale(), kind)
        except Unavailable:
            shown |= {"found": _find(words), "plain": True}
    return respond(
        "home/search.html",
        "home/_results.html",
        q=words[:LONGEST_SEARCH],
        kind=kind,
        too_long=too_long,
        status=422 if too_long else 200,
        **shown,
    )


def _find(words: str) -> dict[str, Any]:
    """Find beginnings of names and numbers in the database, while there is no index."""
    actor, found = viewer().actor, dict[str, Any]()
    if actor.can(Permission.QUOTE_VIEW):
        found["quotes"] = quotes(db(), QuoteFilter(q=words), limit=FEW).rows
    if actor.can(Permission.CONFIGURATION_VIEW):
        found["configurations"] = queries.configurations_named(db(), words)
    if actor.can(Permission.PARTY_VIEW) and viewer().organisation_kind is not OrganisationKind.CUSTOMER:
        found["customers"] = customers(db(), search=words, limit=FEW)[:FEW]
    if actor.can(Permission.PRODUCT_VIEW):
        found["products"] = products(db(), search=words, limit=FEW)[:FEW]
    return {kind: rows for kind, rows in found.items() if rows}


@blueprint.get("/inbox")
@guard(Permission.INBOX_VIEW)
def inbox() -> ResponseReturnValue:
    """List the own notices, newest first."""
    rows = notices(db(), before_id=before_id())
    page, older = rows[:PAGE], len(rows) > PAGE
    lines = lines_of(db(), page, locale())
    return respond("home/inbox.html", lines=lines, older=page[-1].id if older else None)


@blueprint.post("/inbox/<public_id>/read")
@guard(Permission.INBOX_VIEW)
def read(public_id: str) -> ResponseReturnValue:
    """Mark one notice as read, and go to its matter when it was opened."""
    notice = operations.mark_read(db(), public_id, now=now())
    return go_to(safe_next(notice.path)) if "open" in request.form else go("home.inbox")


@blueprint.post("/inbox/read")
@guard(Permission.INBOX_VIEW)
def read_all() -> ResponseReturnValue:
    """Mark all notices as read."""
    operations.mark_all_read(db(), now=now())
    return go("home.inbox")


@blueprint.get("/healthz")
@public("whoever watches the process has no account; it says nothing but that it lives, without the database")
def healthz() -> ResponseReturnValue:
    """Say that this process lives."""
    return jsonify(alive=True)


@blueprint.get("/readyz")
@public("whoever watches the portal has no account; it answers yes or no for each part")
def readyz() -> ResponseReturnValue:
    """Say whether the portal can do its work: database, schema, worker, fonts; and whether it can search.

    Without an index pages still work, and the worker is building one: no reason to send people away.
    """
    state = queries.readiness(db(), portal().settings.search_folder, now=now())
    works = all(ready for part, ready in state.items() if part != "search")
    return jsonify(state), 200 if works else 503


@blueprint.get("/manifest.webmanifest")
@public("browsers fetch it before anybody signs in; it names the portal and its icons")
def manifest() -> Response:
    """Describe the portal to a device that puts it on its home screen."""
    icon = {"purpose": "any maskable"}
    response = jsonify(
        name=f"Lanqiao Vision {_('Partner Portal')}",
        short_name=_("Partner Portal"),
        lang="zh-Hans" if locale() == "zh" else "en",
        start_url="/",
        scope="/",
        display="standalone",
        theme_color="#0b5f74",
        background_color="#f3f6f7",
        icons=[
            {**icon, "src": asset("icons/portal-192.png"), "sizes": "192x192", "type": "image/png"},
            {**icon, "src": asset("icons/portal-512.png"), "sizes": "512x512", "type": "image/png"},
            {"src": asset("icons/portal.svg"), "sizes": "any", "type": "image/svg+xml"},
        ],
    )
    response.mimetype = "application/manifest+json"
    return response


@blueprint.get("/robots.txt")
@public("crawlers ask for it; it tells them to stay away")
def robots() -> Response:
    """Tell crawlers that nothing here is for them."""
    return current_app.send_static_file("robots.txt")
