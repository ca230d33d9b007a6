"""Every route × role × own, foreign or missing row has an expected answer, written down here by hand."""

import re
from dataclasses import dataclass, field
from itertools import product

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Invitation, Person
from portal.api.models import ApiToken
from portal.catalog.models import Product
from portal.configurator.engineering_models import EngineerQuestion
from portal.configurator.models import Configuration
from portal.configurator.template_models import SavedTemplate
from portal.db import Database, utc_now
from portal.notify.models import Notice
from portal.outbox import OutboxJob
from portal.parties.models import Party
from portal.policy import ROLES_OF, SYSTEM, OrganisationKind
from portal.sharing.models import Comment, CommentThread, Share
from tests.factories.deals import Deals
from tests.factories.world import World

PARTNERS = {"north.owner", "north.sales", "north.engineer"}
CUSTOMERS = {"hospital.owner", "hospital.customer"}
INTERNAL = {
    f"supplier.{role}"
    for role in (
        "channel_manager", "approver", "support_agent", "field_engineer", "finance", "product_manager", "data_steward",
        "executive", "administrator",
    )
}  # fmt: skip
EVERYBODY = PARTNERS | CUSTOMERS | INTERNAL
SELLERS = {"north.owner", "north.sales"}
DEAL_READERS = {"supplier.channel_manager", "supplier.approver", "supplier.executive"}
CONFIGURES = PARTNERS | CUSTOMERS
SEES_CONFIGURATIONS = CONFIGURES | DEAL_READERS | {
    "supplier.support_agent", "supplier.field_engineer", "supplier.product_manager",
}  # fmt: skip
SEES_QUOTES = PARTNERS | DEAL_READERS | {"supplier.finance"}
SEES_PARTIES = EVERYBODY - CUSTOMERS
EDITS_PARTIES = SELLERS | {"supplier.data_steward"}
SEES_PEOPLE = PARTNERS | CUSTOMERS | {"supplier.channel_manager", "supplier.administrator"}
MANAGES_PEOPLE = {"north.owner", "hospital.owner", "supplier.administrator"}
READS_RULES = {"supplier.product_manager", "supplier.administrator"}
ANSWERS = {"supplier.product_manager"}
ADMINISTRATOR = {"supplier.administrator"}
READS_HISTORY = {"supplier.administrator", "supplier.executive"}
PUBLIC = {
    "accounts.act_as", "accounts.invitation", "accounts.language", "accounts.request_reset", "accounts.reset",
    "accounts.sign_in", "accounts.sign_out", "accounts.colours",
    "home.healthz", "home.readyz", "home.manifest", "home.robots",
    "api.nowhere", "api.openapi", "api_pages.guide",
    "offers.offer", "offers.pdf", "offers.xlsx",
}  # fmt: skip
BY_TOKEN = {  # for programs, never for a signed-in person; tests/functional/api holds scopes and rows
    "api.list_configurations", "api.create_configuration", "api.read_configuration", "api.choose", "api.retract",
    "api.complete", "api.explain", "api.list_quotes", "api.draft_quote", "api.read_quote", "api.issue_quote",
    "api.list_rule_sets", "api.list_customers",
    "api.quote_document", "api.list_orders", "api.place_order", "api.read_order", "api.order_document",
}  # fmt: skip
STATIC = {"static", "bootstrap.static"}


@dataclass(frozen=True)
class Route:
    """Who may use a route, with which method, and which kind of row its address names."""

    allowed: set[str]
    method: str = "GET"
    thing: str = ""
    form: dict[str, str] = field(default_factory=dict)
    doers: set[str] | None = None  # who of those allowed may do it with a row that is not shared; the rest is refused


ROUTES = {
    "home.home": Route(EVERYBODY),
    "home.inbox": Route(EVERYBODY),
    "home.search": Route(EVERYBODY),
    "home.read_all": Route(EVERYBODY, "POST"),
    "home.read": Route(EVERYBODY, "POST", "notice"),
    "accounts.profile": Route(EVERYBODY),
    "accounts.change_password": Route(EVERYBODY, "POST"),
    "catalog.products": Route(EVERYBODY),
    "catalog.product": Route(EVERYBODY, "GET", "product"),
    "people.people": Route(SEES_PEOPLE),
    "people.invite": Route(MANAGES_PEOPLE),
    "people.person": Route(MANAGES_PEOPLE, "GET", "person"),
    "people.disable": Route(MANAGES_PEOPLE, "POST", "person"),
    "people.enable": Route(MANAGES_PEOPLE, "POST", "person"),
    "people.invitation": Route(MANAGES_PEOPLE, "GET", "invitation"),
    "people.withdraw_invitation": Route(MANAGES_PEOPLE, "POST", "invitation"),
    "parties.customers": Route(SEES_PARTIES),
    "parties.customer": Route(SEES_PARTIES, "GET", "customer"),
    "parties.new_customer": Route(EDITS_PARTIES),
    "parties.new_contact": Route(EDITS_PARTIES, "POST", "customer", {"name": "Somebody"}),
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
    "deals.quotes": Route(SEES_QUOTES),
    "deals.quote": Route(SEES_QUOTES, "GET", "quote"),
    "deals.documents": Route(SEES_QUOTES, "GET", "quote"),
    "deals.pdf": Route(SEES_QUOTES, "GET", "quote"),
    "deals.make_documents": Route(SELLERS, "POST", "quote"),
    "deals.draft": Route(SELLERS, "POST", "configuration"),
    "deals.edit": Route(SELLERS, "POST", "quote", {"version": "1"}),
    "deals.refresh": Route(SELLERS, "POST", "quote", {"version": "1"}),
    "deals.discard": Route(SELLERS, "POST", "quote", {"version": "1"}),
    "deals.issue": Route(SELLERS, "POST", "quote", {"version": "1"}),
    "deals.revise": Route(SELLERS, "POST", "quote", {"version": "1"}),
    "exports.xlsx": Route(SEES_QUOTES, "GET", "quote"),
    "exports.lines_csv": Route(SEES_QUOTES, "GET", "quote"),
    "resale.listing": Route(SELLERS),
    "resale.begin": Route(SELLERS, "POST", "quote"),
    "resale.resale": Route(SELLERS, "GET", "resale"),
    "resale.edit": Route(SELLERS, "POST", "resale", {"version": "1"}),
    "resale.discard": Route(SELLERS, "POST", "resale", {"version": "1"}),
    "resale.revise": Route(SELLERS, "POST", "resale"),
    "resale.documents": Route(SELLERS, "GET", "resale"),
    "resale.make_documents": Route(SELLERS, "POST", "resale"),
    "resale.pdf": Route(SELLERS, "GET", "resale"),
    "resale.xlsx": Route(SELLERS, "GET", "resale"),
    "resale.make_link": Route(SELLERS, "POST", "resale", {"expires_on": "2020-01-01"}),
    "resale.revoke_link": Route(SELLERS, "POST", "resale"),
    "letterhead.letterhead": Route(SELLERS),
    "letterhead.save": Route(SELLERS, "POST", form={"version": "0"}),
    "letterhead.logo": Route(SELLERS),
    "letterhead.set_logo": Route(SELLERS, "POST"),
    "letterhead.remove_logo": Route(SELLERS, "POST"),
    "orders.orders": Route(SEES_QUOTES),
    "orders.place": Route(SELLERS, "GET", "quote"),
    "orders.place_order": Route(SELLERS, "POST", "quote"),
    "orders.order": Route(SEES_QUOTES, "GET", "order"),
    "orders.documents": Route(SEES_QUOTES, "GET", "order"),
    "orders.pdf": Route(SEES_QUOTES, "GET", "order"),
    "orders.xlsx": Route(SEES_QUOTES, "GET", "order"),
    "orders.lines_csv": Route(SEES_QUOTES, "GET", "order"),
    "orders.make_documents": Route(SELLERS, "POST", "order"),
    "tokens.tokens": Route({"north.owner"}),
    "tokens.make": Route({"north.owner"}, "POST"),
    "tokens.revoke": Route({"north.owner"}, "POST", "token"),
    "administration.rules": Route(READS_RULES),
    "administration.revision": Route(READS_RULES, "GET", "revision"),
    "administration.outbox": Route(ADMINISTRATOR),
    "administration.retry": Route(ADMINISTRATOR, "POST", "job"),
    "administration.history": Route(READS_HISTORY),
}
REACHES_ALL = INTERNAL  # every internal permission on rows reaches all organisations
OF_THE_HOUSE = {"product", "revision", "job"}  # rows that belong to no organisation
OF_A_PERSON = {"notice"}
DONE = {200, 204, 302, 303, 409, 422}


@pytest.fixture
def things(app: Flask, world: World, database: Database) -> dict[tuple[str, str], dict[str, str]]:
    """Return address values by (kind, organisation key) of rows that exist."""
    deals = Deals.open(world)
    found: dict[tuple[str, str], dict[str, str]] = {}
    for who in ("north.sales", "south.sales", "hospital.customer"):
        found["configuration", who.split(".")[0]] = {"public_id": deals.configure(who)}
    for who in ("north.sales", "south.sales"):
        found["quote", who.split(".")[0]] = {"public_id": deals.issue(who), "wanted": "en"}
        found["resale", who.split(".")[0]] = deals.resell(who) | {"wanted": "en"}
        found["order", who.split(".")[0]] = {"public_id": deals.order(who), "wanted": "en"}
    with database.writing(SYSTEM) as session:
        job = OutboxJob(kind="mail", payload={}, state="dead", created_at=utc_now(), available_at=utc_now())
        session.add(job)
        for key in ("north", "south", "hospital"):
            organisation = world.organisations[key]
            person = world.add_person(session, key, next(iter(_roles(key))), suffix=".other")
            invited = Invitation(
                organisation_id=organisation, email=f"new@{key}.example", name="New", roles=["owner"], locale="en",
                created_at=world.now, expires_at=world.now.replace(year=world.now.year + 1),
            )  # fmt: skip
            session.add(invited)
            session.flush()
            found["person", key] = {"public_id": person.public_id}
            found["invitation", key] = {"public_id": invited.public_id}
            saved = SavedTemplate(
                organisation_id=organisation, rule_key="video-site", name=f"Template of {key}", choices={},
                created_at=world.now,
            )  # fmt: skip
            session.add(saved)
            session.flush()
            found |= _said(session, world, key, found["configuration", key]["public_id"])
            found["template", key] = {"public_id": saved.public_id}
            public_id = found["configuration", key]["public_id"]
            about = session.scalars(select(Configuration).where(Configuration.public_id == public_id)).one()
            asked = EngineerQuestion(
                organisation_id=organisation, configuration_id=about.id, rule_revision_id=about.rule_revision_id,
                columns=[], filled=[], text=f"Question of {key}", asked_at=world.now, due_at=world.now,
            )  # fmt: skip
            session.add(asked)
            session.flush()
            found["engineer_question", key] = {"public_id": asked.public_id}
            if key != "hospital":
                found["token", key] = {"public_id": _token(session, world, organisation)}
            customer = session.get_one(Party, world.customers[key])
            found["customer", key] = {"public_id": customer.public_id}
        for key, person_id in world.people.items():
            notice = Notice(person_id=person_id, kind="welcome", params={}, path="/", created_at=world.now)
            session.add(notice)
            session.flush()
            found["notice", key] = {"public_id": notice.public_id}
        found["product", ""] = {"public_id": session.scalars(select(Product.public_id).limit(1)).one()}
        found["revision", ""] = {"key": "video-site", "number": "1"}
        found["job", ""] = {"public_id": job.public_id}
    return found


def _said(session: Session, world: World, key: str, public_id: str) -> dict[tuple[str, str], dict[str, str]]:
    """Share a configuration with somebody of the supplier, and comment on it."""
    row = session.scalars(select(Configuration).where(Configuration.public_id == public_id)).one()
    its = {"organisation_id": row.organisation_id, "kind": "configuration", "thing_id": row.id}
    receiver = {
        "with_person_id": world.people["supplier.approver"],
        "person_organisation_id": world.organisations["supplier"],
    }
    shared = Share(**its, **receiver, access="view", created_at=world.now)
    thread = CommentThread(**its, line_key="", created_at=world.now)
    session.add_all([shared, thread])
    session.flush()
    author = next(world.people[name] for name in world.people if name.endswith(".owner") and name.startswith(key))
    said = Comment(**its, thread_id=thread.id, body="Why?", author_id=author, created_at=world.now)
    session.add(said)
    session.flush()
    return {
        ("share", key): {"public_id": public_id, "share_id": shared.public_id},
        ("comment", key): {"public_id": public_id, "comment_id": said.public_id},
    }


def _token(session: Session, world: World, organisation: int) -> str:
    token = ApiToken(
        organisation_id=organisation, name="ERP", prefix=f"portal_{organisation}", token_hash=str(organisation),
        scopes=[], created_at=world.now, expires_at=world.now,
    )  # fmt: skip
    session.add(token)
    session.flush()
    return token.public_id


def _roles(key: str) -> list:  # type: ignore[type-arg]
    kind = OrganisationKind.CUSTOMER if key == "hospital" else OrganisationKind.PARTNER
    return list(ROLES_OF[kind])


def test_every_route_is_in_the_table(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()} - STATIC
    assert endpoints == ROUTES.keys() | PUBLIC | BY_TOKEN


def test_every_route_declares_its_permission(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint in STATIC:
            continue
        view = app.view_functions[rule.endpoint]
        assert hasattr(view, "permission"), f"{rule.endpoint} declares no permission"
        assert (view.permission is None) == (rule.endpoint in PUBLIC), rule.endpoint
        if view.permission is None:
            assert view.public_reason


def _address(app: Flask, endpoint: str, values: dict[str, str]) -> str:
    with app.test_request_context():
        rule = next(iter(app.url_map.iter_rules(endpoint)))
        return app.url_for(endpoint, **{name: values[name] for name in rule.arguments})


def _missing(values: dict[str, str]) -> dict[str, str]:
    return {**values, "public_id": "0" * 16, "number": "999"}


def _bare(body: str) -> str:
    """Return a page without what differs between any two answers."""
    body = re.sub(r'name="csrf_token" value="[^"]*"|X-CSRFToken": "[^"]*"', "", body)
    return re.sub(r"[0-9a-hj-np-tv-z]{16}", "", body)


def test_signed_out_people_are_sent_to_sign_in(app: Flask, world: World, things: dict) -> None:  # type: ignore[type-arg]
    client = world.client(app, None)
    for endpoint, route in ROUTES.items():
        key = "" if route.thing in OF_THE_HOUSE else "north.sales" if route.thing in OF_A_PERSON else "north"
        path = _address(app, endpoint, things.get((route.thing, key), {}))
        plain = client.open(path, method=route.method, data=route.form)
        assert plain.status_code == 303, endpoint
        assert plain.headers["Location"].startswith("/sign-in"), endpoint
        htmx = client.open(path, method=route.method, data=route.form, headers={"HX-Request": "true"})
        assert htmx.status_code == 401, endpoint


def test_every_route_for_every_role_and_row(app: Flask, world: World, things: dict) -> None:  # type: ignore[type-arg]
    wrong = []
    roles = [key for key in world.people if key in EVERYBODY]
    assert set(roles) == EVERYBODY
    for (endpoint, route), role in product(ROUTES.items(), roles):
        client = world.client(app, role)
        organisation = role.split(".")[0]
        for row, expected, path in _cases(app, endpoint, route, role, organisation, things):
            answer = client.open(path, method=route.method, data=route.form)
            if answer.status_code not in expected:
                wrong.append(f"{route.method} {endpoint} as {role} on {row} row: {answer.status_code}, not {expected}")
    assert not wrong, "\n".join(wrong)


def _cases(app, endpoint, route, role, organisation, things):  # type: ignore[no-untyped-def]
    """Yield (row, allowed statuses, address) of one role on one route."""
    done = DONE if route.method == "POST" else {200}
    if endpoint in ("deals.pdf", "orders.pdf", "resale.pdf", "letterhead.logo"):
        done = {404}  # not rendered or uploaded yet; its own test does
    if not route.thing:
        yield "no", done if role in route.allowed else {403}, _address(app, endpoint, {})
        return
    rows = {key: values for (kind, key), values in things.items() if kind == route.thing}
    for key, values in rows.items():
        own = key in ("", organisation, role) or (role in REACHES_ALL and route.thing not in OF_A_PERSON)
        expected = {403} if role not in route.allowed else done if own else {404}
        if own and route.doers is not None and role not in route.doers:
            expected = {403, 409, 422}  # what is no sensible wish at all may be said to be so first
        if (endpoint, own) in (("people.disable", True),) and role in route.allowed:
            expected = done
        yield "own" if own else "foreign", expected, _address(app, endpoint, values)
    missing = _missing(next(iter(rows.values())))
    yield "missing", {404} if role in route.allowed else {403}, _address(app, endpoint, missing)


def test_a_foreign_row_looks_exactly_like_a_missing_one(app: Flask, world: World, things: dict) -> None:  # type: ignore[type-arg]
    compared = 0
    for endpoint, route in ROUTES.items():
        foreign = things.get((route.thing, "south")) or things.get((route.thing, "south.sales"))
        if foreign is None:
            continue
        for role in sorted(route.allowed & (PARTNERS | CUSTOMERS)):
            client = world.client(app, role)
            client.get("/profile")  # the first page of a browser sets its cookie
            answers = [
                client.open(_address(app, endpoint, values), method=route.method, data=route.form)
                for values in (foreign, _missing(foreign))
            ]
            assert [a.status_code for a in answers] == [404, 404], (endpoint, role)
            assert _bare(answers[0].text) == _bare(answers[1].text), (endpoint, role)
            assert dict(answers[0].headers).keys() == dict(answers[1].headers).keys(), (endpoint, role)
            compared += 1
    assert compared > 30


def test_nobody_of_another_organisation_is_ever_named(
    app: Flask, world: World, things: dict, database: Database
) -> None:  # type: ignore[type-arg]
    with database.reading(SYSTEM) as session:
        south = set(session.scalars(select(Person.email).where(Person.organisation_id == world.organisations["south"])))
    words = south | {"Southern Partner"}
    for role in sorted(PARTNERS | CUSTOMERS):
        client = world.client(app, role)
        for endpoint, route in ROUTES.items():
            if route.method == "GET" and not route.thing and role in route.allowed:
                for path in (_address(app, endpoint, {}), _address(app, endpoint, {}) + "?q=Southern"):
                    text = client.get(path).text.replace('value="Southern"', "")
                    assert not [word for word in words if word in text], (endpoint, role)
