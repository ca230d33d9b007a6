"""Every route × role × own, foreign or missing row has an expected answer, written down here by hand."""

import re
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from io import BytesIO
from itertools import product
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import wiring
from portal.accounts.models import Invitation, Person
from portal.api.models import ApiToken
from portal.approvals.models import Absence
from portal.calendars.models import Calendar, CalendarDay
from portal.catalog.models import InstalledItem, Product, Site
from portal.configurator.engineering_models import EngineerQuestion
from portal.configurator.models import Configuration
from portal.configurator.template_models import SavedTemplate
from portal.db import Database, utc_now
from portal.deals.registrations.models import CustomerHolding, PoolEntry
from portal.deals.registrations.simulating_models import SimulationRun
from portal.files.operations import archive, keep
from portal.files.storing import LocalStore
from portal.notify.models import Notice
from portal.outbox import OutboxJob
from portal.parties.import_models import PartyImport
from portal.parties.merging import merge
from portal.parties.merging_models import PartyPair
from portal.parties.models import Party, Relation
from portal.parties.noted_models import PartyAddress
from portal.policy import ROLES_OF, SYSTEM, OrganisationKind
from portal.sharing.models import Comment, CommentThread, Share
from portal.support.mailing.models import MailIn
from portal.support.phone.calling import arrive
from portal.support.phone.models import Lead, LeadRoute
from portal.support.tickets.desk_models import Macro, Queue
from tests.factories.deals import Deals
from tests.factories.knowledge import write_for_matrix
from tests.factories.registrations import Registrations, today_of
from tests.factories.seeds import Seed, Sown
from tests.factories.service import serve
from tests.factories.talks import converse
from tests.factories.transfers import bare_customer, hand_over
from tests.factories.world import World

PARTNERS = {"north.owner", "north.sales", "north.engineer"}
CUSTOMERS = {"hospital.owner", "hospital.customer"}
INTERNAL = {
    f"supplier.{role}"
    for role in (
        "channel_manager", "approver", "support_agent", "field_engineer", "finance", "product_manager", "data_steward",
        "executive", "administrator", "support_lead",
    )
}  # fmt: skip
KEEPS_CALENDARS = {"supplier.administrator", "supplier.support_lead"}
ANSWERS_CALLS = {"supplier.support_agent", "supplier.support_lead"}
WORKS_ON_LEADS = {"supplier.channel_manager", "supplier.support_lead"}
SEES_LEADS = WORKS_ON_LEADS | {"supplier.executive"}
EVERYBODY = PARTNERS | CUSTOMERS | INTERNAL
SELLERS = {"north.owner", "north.sales"}
DEAL_READERS = {"supplier.channel_manager", "supplier.approver", "supplier.executive"}
CONFIGURES = PARTNERS | CUSTOMERS
SEES_TICKETS = PARTNERS | CUSTOMERS | {
    "supplier.channel_manager", "supplier.support_agent", "supplier.support_lead", "supplier.field_engineer",
    "supplier.product_manager", "supplier.executive",
}  # fmt: skip
WORKS_ON_TICKETS = {"supplier.support_agent", "supplier.support_lead", "supplier.field_engineer"}
TALKS = PARTNERS | CUSTOMERS | WORKS_ON_TICKETS
SUPPORT_LEAD = {"supplier.support_lead"}
ON_SITE = {"supplier.field_engineer"}
OPENS_TICKETS = PARTNERS | CUSTOMERS | {"supplier.support_agent", "supplier.support_lead"}
ASKS_FOR_HELP = PARTNERS | CUSTOMERS
REVIEWS_ARTICLES = {"supplier.support_lead", "supplier.product_manager"}
WRITES_ARTICLES = {"supplier.support_agent", "supplier.support_lead", "supplier.product_manager"}
SEES_CONFIGURATIONS = CONFIGURES | DEAL_READERS | {
    "supplier.support_agent", "supplier.support_lead", "supplier.field_engineer", "supplier.product_manager",
}  # fmt: skip
SEES_QUOTES = PARTNERS | DEAL_READERS | {"supplier.finance"}
SEES_PARTIES = EVERYBODY - CUSTOMERS
EDITS_PARTIES = SELLERS | {"supplier.data_steward"}
STEWARDS = {"supplier.data_steward"}
SEES_PEOPLE = PARTNERS | CUSTOMERS | {"supplier.channel_manager", "supplier.administrator"}
MANAGES_PEOPLE = {"north.owner", "hospital.owner", "supplier.administrator"}
READS_RULES = {"supplier.product_manager", "supplier.administrator"}
ANSWERS = {"supplier.product_manager"}
ADMINISTRATOR = {"supplier.administrator"}
SEES_REGISTRATIONS = PARTNERS | DEAL_READERS | ADMINISTRATOR
MANAGES_REGISTRATIONS = {"supplier.channel_manager", "supplier.administrator"}
SIMULATES = {"supplier.channel_manager", "supplier.executive"}
CLAIMS = SELLERS | {"supplier.channel_manager"}
GIVES = {"north.owner", "supplier.channel_manager"}
SEES_APPROVALS = PARTNERS | DEAL_READERS | ADMINISTRATOR
DECIDES = {"supplier.channel_manager", "supplier.approver"}
READS_HISTORY = {"supplier.administrator", "supplier.executive"}
PUBLIC = {
    "accounts.act_as", "accounts.invitation", "accounts.language", "accounts.request_reset", "accounts.reset",
    "accounts.sign_in", "accounts.sign_out", "accounts.colours",
    "home.healthz", "home.readyz", "home.manifest", "home.robots",
    "api.nowhere", "api.openapi", "api_pages.guide",
    "offers.offer", "offers.pdf", "offers.xlsx",
    "ratings.ask", "ratings.rate",
}  # fmt: skip
BY_TOKEN = {  # for programs, never for a signed-in person; tests/functional/api holds scopes and rows
    "api.list_configurations", "api.create_configuration", "api.read_configuration", "api.choose", "api.retract",
    "api.complete", "api.explain", "api.list_quotes", "api.draft_quote", "api.read_quote", "api.issue_quote",
    "api.list_rule_sets", "api.list_customers",
    "api.quote_document", "api.list_orders", "api.place_order", "api.read_order", "api.order_document", "api.take_call",
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
    "special_price.wish": Route(SELLERS, "GET", "quote"),
    "special_price.ask": Route(SELLERS, "POST", "quote", {"version": "1"}),
    "special_price.answer": Route(SELLERS, "POST", "quote", {"version": "1"}),
    "special_price.withdraw": Route(SELLERS, "POST", "quote", {"version": "1"}),
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
    "orders.orders": Route(SEES_QUOTES),
    "orders.place": Route(SELLERS, "GET", "quote"),
    "orders.place_order": Route(SELLERS, "POST", "quote"),
    "orders.order": Route(SEES_QUOTES, "GET", "order"),
    "orders.documents": Route(SEES_QUOTES, "GET", "order"),
    "orders.pdf": Route(SEES_QUOTES, "GET", "order"),
    "orders.xlsx": Route(SEES_QUOTES, "GET", "order"),
    "orders.lines_csv": Route(SEES_QUOTES, "GET", "order"),
    "orders.make_documents": Route(SELLERS, "POST", "order"),
    "registrations.registrations": Route(SEES_REGISTRATIONS),
    "registrations.registration": Route(SEES_REGISTRATIONS, "GET", "registration"),
    "registering.new": Route(SELLERS),
    "registering.suggest": Route(SELLERS),
    "registering.look": Route(SELLERS, "POST", form={"q": "Somebody new"}),
    "registering.register": Route(SELLERS, "POST"),
    "registration_steps.edit": Route(SELLERS, "GET", "registration"),
    "registration_steps.save": Route(SELLERS, "POST", "registration", {"version": "0"}),
    "registration_steps.submit": Route(SELLERS, "POST", "registration", {"version": "0"}),
    "registration_steps.resubmit": Route(SELLERS, "POST", "registration", {"version": "0"}),
    "registration_steps.withdraw": Route(SELLERS, "POST", "registration", {"version": "0"}),
    "registration_steps.undo_withdraw": Route(SELLERS, "POST", "registration"),
    "registration_steps.answer": Route(SELLERS, "POST", "registration", {"version": "0", "answer": "So."}),
    "registration_steps.extend": Route(SELLERS, "POST", "registration", {"version": "0"}),
    "registration_steps.convert": Route(SELLERS, "POST", "registration", {"version": "0"}),
    "registration_steps.won": Route(SELLERS, "POST", "registration", {"version": "0"}),
    "registration_steps.lost": Route(SELLERS, "POST", "registration", {"version": "0"}),
    "registration_house.override": Route(MANAGES_REGISTRATIONS, "POST", "registration", {"version": "0"}),
    "registration_house.reopen": Route(MANAGES_REGISTRATIONS, "POST", "registration", {"version": "0"}),
    "registration_files.attach": Route(SELLERS, "POST", "registration"),
    "registration_files.download": Route(SEES_REGISTRATIONS, "GET", "upload"),
    "registration_files.remove": Route(SELLERS, "POST", "upload"),
    "pool.listing": Route(CLAIMS),
    "pool.look": Route(CLAIMS, "POST", "pool_entry"),
    "pool.claim": Route(CLAIMS, "POST", "pool_entry"),
    "pool.note_activity": Route(CLAIMS, "POST", "holding"),
    "pool.release": Route(CLAIMS, "POST", "holding", doers=SELLERS),
    "transfers.transfers": Route(GIVES),
    "transfers.new": Route(GIVES),
    "transfers.make": Route(GIVES, "POST"),
    "transfers.transfer": Route(SEES_REGISTRATIONS, "GET", "transfer"),
    "transfers.undo": Route(GIVES, "POST", "transfer"),
    "transfers.paper": Route(SEES_REGISTRATIONS, "GET", "transfer"),
    "tokens.tokens": Route({"north.owner", "supplier.administrator"}),
    "tokens.make": Route({"north.owner", "supplier.administrator"}, "POST"),
    "tokens.revoke": Route({"north.owner", "supplier.administrator"}, "POST", "token"),
    "administration.rules": Route(READS_RULES),
    "administration.revision": Route(READS_RULES, "GET", "revision"),
    "administration.outbox": Route(ADMINISTRATOR),
    "administration.retry": Route(ADMINISTRATOR, "POST", "job"),
    "administration.history": Route(READS_HISTORY),
    "notices.ways": Route(EVERYBODY),
    "notices.choose": Route(EVERYBODY, "POST"),
    "simulations.listing": Route(SIMULATES),
    "simulations.new": Route(SIMULATES),
    "simulations.begin": Route(SIMULATES, "POST"),
    "simulations.template": Route(SIMULATES),
    "simulations.show": Route(SIMULATES, "GET", "simulation"),
    "simulations.export": Route(SIMULATES, "GET", "simulation"),
    "simulations.start": Route(SIMULATES, "POST", "simulation"),
    "parameters.parameters": Route(ADMINISTRATOR),
    "parameters.parameter": Route(ADMINISTRATOR, "GET", "parameter"),
    "parameters.change": Route(ADMINISTRATOR, "POST", "parameter", {"value": "80", "version": "0"}),
    "calendars.calendars": Route(KEEPS_CALENDARS),
    "calendars.new": Route(KEEPS_CALENDARS),
    "calendars.create": Route(KEEPS_CALENDARS, "POST"),
    "calendars.calendar": Route(KEEPS_CALENDARS, "GET", "calendar"),
    "calendars.save": Route(KEEPS_CALENDARS, "POST", "calendar", {"version": "1"}),
    "calendars.set_days": Route(KEEPS_CALENDARS, "POST", "calendar", {"version": "1"}),
    "calendars.remove_day": Route(KEEPS_CALENDARS, "POST", "calendar"),
    "calendars.look": Route(KEEPS_CALENDARS, "POST", "calendar"),
    "calendars.take_over": Route(KEEPS_CALENDARS, "POST", "calendar", {"version": "1"}),
    "knowledge.articles": Route(EVERYBODY),
    "knowledge.article": Route(EVERYBODY, "GET", "article"),
    "knowledge.read": Route(EVERYBODY, "POST", "article"),
    "knowledge.rate": Route(EVERYBODY, "POST", "article", {"helpful": "yes"}),
    "knowledge.doubt": Route(EVERYBODY, "POST", "article"),
    "knowledge.settle": Route(WRITES_ARTICLES, "POST", "article_doubt"),
    "article_files.attach": Route(WRITES_ARTICLES, "POST", "article"),
    "article_files.download": Route(EVERYBODY, "GET", "article_file"),
    "article_files.small": Route(EVERYBODY, "GET", "article_file"),
    "article_files.remove": Route(WRITES_ARTICLES, "POST", "article_file"),
    "writing.new": Route(WRITES_ARTICLES),
    "writing.begin": Route(WRITES_ARTICLES, "POST"),
    "writing.edit": Route(WRITES_ARTICLES, "GET", "article"),
    "writing.save": Route(WRITES_ARTICLES, "POST", "article", {"version": "1"}),
    "writing.revise": Route(WRITES_ARTICLES, "POST", "article"),
    "writing.drop": Route(WRITES_ARTICLES, "POST", "article", {"version": "0"}),
    "writing.versions": Route(WRITES_ARTICLES, "GET", "article"),
    "writing.publish": Route(REVIEWS_ARTICLES, "POST", "article", {"version": "0"}, set()),
    "writing.give_back": Route(REVIEWS_ARTICLES, "POST", "article", {"version": "0", "answer": "x"}),
    "writing.retire": Route(REVIEWS_ARTICLES, "POST", "article"),
    "writing.restore": Route(REVIEWS_ARTICLES, "POST", "article"),
    "fault_tree.lines": Route(REVIEWS_ARTICLES),
    "fault_tree.line": Route(REVIEWS_ARTICLES, "GET", "fault_line"),
    "fault_tree.fault": Route(REVIEWS_ARTICLES, "GET", "fault_type"),
    "fault_tree.change": Route(REVIEWS_ARTICLES, "POST", "fault_type", {"version": "0"}),
    "fault_tree.add": Route(REVIEWS_ARTICLES, "POST", "fault_type"),
    "fault_tree.archive": Route(REVIEWS_ARTICLES, "POST", "fault_type"),
    "fault_tree.move": Route(REVIEWS_ARTICLES, "POST", "fault_type"),
    "fault_tree.add_value": Route(REVIEWS_ARTICLES, "POST", "fault_line"),
    "fault_tree.forget_value": Route(REVIEWS_ARTICLES, "POST", "fault_value"),
    "tools.tools": Route(EVERYBODY),
    "tools.storage": Route(EVERYBODY),
    "tools.poe": Route(EVERYBODY),
    "tools.runtime": Route(EVERYBODY),
    "faults.start": Route(OPENS_TICKETS),
    "faults.read_code": Route(OPENS_TICKETS, "POST"),
    "faults.solved": Route(OPENS_TICKETS, "POST"),
    "faults.forget_wording": Route(REVIEWS_ARTICLES, "POST", "wording"),
    "faults.done": Route(OPENS_TICKETS, "GET", "deflection"),
    "faults.back": Route(OPENS_TICKETS, "POST", "deflection", doers={"north.sales", "hospital.customer"}),
    "tickets.tickets": Route(SEES_TICKETS),
    "tickets.new": Route(OPENS_TICKETS),
    "tickets.open_new": Route(OPENS_TICKETS, "POST"),
    "tickets.ticket": Route(SEES_TICKETS, "GET", "talk"),
    "ticket_steps.assign": Route(WORKS_ON_TICKETS, "POST", "talk", {"person": "", "seen": ""}),
    "ticket_steps.hand_over": Route(WORKS_ON_TICKETS, "POST", "talk", {"queue": "nothing"}),
    "ticket_steps.change": Route(WORKS_ON_TICKETS, "POST", "talk", {"version": "0"}),
    "ticket_steps.hold": Route(WORKS_ON_TICKETS, "POST", "talk"),
    "ticket_steps.take_up": Route(WORKS_ON_TICKETS, "POST", "talk"),
    "ticket_steps.escalate": Route(WORKS_ON_TICKETS, "POST", "talk"),
    "ticket_steps.nudge": Route(OPENS_TICKETS, "POST", "talk", doers=ASKS_FOR_HELP),
    "ticket_steps.follow": Route(OPENS_TICKETS, "POST", "talk"),
    "ticket_steps.merge": Route(WORKS_ON_TICKETS, "POST", "talk"),
    "ticket_steps.link": Route(OPENS_TICKETS, "POST", "talk"),
    "ticket_steps.split": Route(WORKS_ON_TICKETS, "GET", "talk"),
    "ticket_steps.split_off": Route(WORKS_ON_TICKETS, "POST", "talk"),
    "ticket_steps.solve": Route(OPENS_TICKETS, "POST", "talk"),
    "ticket_steps.rate": Route(OPENS_TICKETS, "POST", "talk", {"points": "5"}, doers=ASKS_FOR_HELP),
    "ticket_steps.reopen": Route(OPENS_TICKETS, "POST", "talk"),
    "ticket_steps.article": Route(
        {"supplier.support_agent", "supplier.support_lead", "supplier.product_manager"}, "POST", "talk"
    ),
    "ticket_steps.close": Route(OPENS_TICKETS, "POST", "talk"),
    "equipment.listed": Route(SEES_TICKETS),
    "equipment.piece": Route(SEES_TICKETS, "GET", "item"),
    "desk.overview": Route(SUPPORT_LEAD),
    "desk.new_queue": Route(SUPPORT_LEAD),
    "desk.add_queue": Route(SUPPORT_LEAD, "POST"),
    "desk.queue": Route(SUPPORT_LEAD, "GET", "ticket_queue"),
    "desk.keep_queue": Route(SUPPORT_LEAD, "POST", "ticket_queue"),
    "desk.archive_queue": Route(SUPPORT_LEAD, "POST", "ticket_queue"),
    "desk.new_macro": Route(SUPPORT_LEAD),
    "desk.add_macro": Route(SUPPORT_LEAD, "POST"),
    "desk.macro": Route(SUPPORT_LEAD, "GET", "ticket_macro"),
    "desk.keep_macro": Route(SUPPORT_LEAD, "POST", "ticket_macro"),
    "desk.archive_macro": Route(SUPPORT_LEAD, "POST", "ticket_macro"),
    "desk.target": Route(SUPPORT_LEAD, "GET", "ticket_target"),
    "desk.keep_target": Route(SUPPORT_LEAD, "POST", "ticket_target"),
    "desk.terms": Route(SUPPORT_LEAD, "GET", "ticket_terms"),
    "desk.keep_terms": Route(SUPPORT_LEAD, "POST", "ticket_terms"),
    "conversation.news": Route(SEES_TICKETS, "GET", "talk"),
    "conversation.send": Route(SEES_TICKETS, "POST", "talk", {"body": "x", "form_key": "again"}, doers=TALKS),
    "conversation.read": Route(SEES_TICKETS, "POST", "talk", {"message": "talk"}),
    "conversation.save_draft": Route(SEES_TICKETS, "POST", "talk", {"body": "x"}, doers=TALKS),
    "conversation.attach": Route(SEES_TICKETS, "POST", "talk", doers=TALKS),
    "conversation.take_out": Route(SEES_TICKETS, "POST", "draft_file", doers=TALKS),
    "conversation.download": Route(SEES_TICKETS, "GET", "talk"),
    "conversation.small": Route(SEES_TICKETS, "GET", "talk"),
    "conversation.call": Route(SEES_TICKETS, "POST", "talk", doers=PARTNERS | CUSTOMERS),
    "mailing.mails": Route(SUPPORT_LEAD),
    "mailing.original": Route(SUPPORT_LEAD, "GET", "mail"),
    "mailing.done": Route(SUPPORT_LEAD, "POST", "mail"),
    "mailing.behind": Route(WORKS_ON_TICKETS, "GET", "talk"),
    "returns.listing": Route(ANSWERS_CALLS),
    "returns.new": Route(OPENS_TICKETS, "GET", "talk"),
    "returns.ask": Route(OPENS_TICKETS, "POST", "talk", {"reason": "x", "form_key": "again"}),
    "returns.one": Route(SEES_TICKETS, "GET", "rma"),
    "returns.step": Route(ANSWERS_CALLS, "POST", "rma", {"action": "authorise", "version": "0"}),
    "returns.warranty": Route(ANSWERS_CALLS, "GET", "item"),
    "returns.keep_warranty": Route(ANSWERS_CALLS, "POST", "item"),
    "visits.day": Route(ON_SITE),
    "dispatch.new": Route(ANSWERS_CALLS, "GET", "talk"),
    "dispatch.plan": Route(ANSWERS_CALLS, "POST", "talk"),
    "visits.one": Route(SEES_TICKETS, "GET", "visit"),
    "visits.signature": Route(SEES_TICKETS, "GET", "visit"),
    "visits.cancel": Route(ANSWERS_CALLS, "POST", "visit", {"version": "0"}),
    "visits.arrive": Route(ON_SITE, "POST", "visit", {"version": "0"}),
    "visits.leave": Route(ON_SITE, "POST", "visit", {"version": "0"}),
    "visits.note_work": Route(ON_SITE, "POST", "visit", {"version": "0"}),
    "visits.add_part": Route(ON_SITE, "POST", "visit"),
    "visits.remove_part": Route(ON_SITE, "POST", "visit_part"),
    "visits.sign": Route(ON_SITE, "POST", "visit"),
    "visits.documents": Route(SEES_TICKETS, "GET", "visit"),
    "visits.make_documents": Route(ON_SITE, "POST", "visit"),
    "visits.pdf": Route(SEES_TICKETS, "GET", "visit_paper"),
    "phone.ask": Route(ANSWERS_CALLS),
    "phone.pop": Route(ANSWERS_CALLS, "GET", "caller"),
    "phone.arrive": Route(ANSWERS_CALLS, "POST", "caller"),
    "phone.lead": Route(ANSWERS_CALLS, "POST", "caller"),
    "phone.note": Route(ANSWERS_CALLS, "POST", "call"),
    "leads.listing": Route(SEES_LEADS),
    "leads.one": Route(SEES_LEADS, "GET", "lead"),
    "leads.learn": Route(WORKS_ON_LEADS, "POST", "lead"),
    "leads.contact": Route(WORKS_ON_LEADS, "POST", "lead"),
    "leads.assign": Route(WORKS_ON_LEADS, "POST", "lead"),
    "leads.convert": Route(WORKS_ON_LEADS, "POST", "lead"),
    "leads.drop": Route(WORKS_ON_LEADS, "POST", "lead"),
    "leads.reopen": Route(WORKS_ON_LEADS, "POST", "lead"),
    "leads.routes": Route(SEES_LEADS),
    "leads.add_route": Route(WORKS_ON_LEADS, "POST"),
    "leads.remove_route": Route(WORKS_ON_LEADS, "POST", "lead_route"),
}
REACHES_ALL = INTERNAL  # every internal permission on rows reaches all organisations
OF_THE_HOUSE = {
    "party_pair",
    "party_merge",
    "pool_entry",
    "product",
    "revision",
    "job",
    "parameter",
    "simulation",
    "calendar",
    "approval_rule",
    "call",
    "caller",
    "lead",
    "lead_route",
    "mail",
    "ticket_queue",
    "ticket_macro",
    "ticket_target",
    "ticket_terms",
    "article",
    "article_file",
    "article_doubt",
    "fault_line",
    "fault_type",
    "fault_value",
    "wording",
}  # rows that belong to no organisation
OF_A_PERSON = {"notice", "absence"}
OF_ITS_OWN = OF_A_PERSON | {"token"}  # nobody reaches those of other organisations
DONE = {200, 204, 302, 303, 409, 422}


@pytest.fixture
def seed() -> Seed:
    """Rows of every kind, made once and copied."""
    return Seed("things", write_things)


@pytest.fixture
def things(world: World, sown: Sown) -> dict[tuple[str, str], dict[str, str]]:
    """Return address values by (kind, organisation key) of rows that exist."""
    return cast("dict[tuple[str, str], dict[str, str]]", sown.known())


def write_things(world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Write rows that exist; return address values by (kind, organisation key)."""
    database = world.database
    deals = Deals.open(world)
    found: dict[tuple[str, str], dict[str, str]] = {}
    for who in ("north.sales", "south.sales", "hospital.customer"):
        found["configuration", who.split(".")[0]] = {"public_id": deals.configure(who)}
    for who in ("north.sales", "south.sales"):
        found["quote", who.split(".")[0]] = {"public_id": deals.issue(who), "wanted": "en"}
        found["resale", who.split(".")[0]] = deals.resell(who) | {"wanted": "en"}
        found["approval", who.split(".")[0]] = {"public_id": deals.ask_special_price(who)}
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
            if key != "hospital":
                found |= _noted(session, world, key, customer)
        for key, person_id in world.people.items():
            notice = Notice(person_id=person_id, kind="welcome", params={}, path="/", created_at=world.now)
            session.add(notice)
            session.flush()
            found["notice", key] = {"public_id": notice.public_id}
            absence = Absence(person_id=person_id, starts_on=date(2030, 1, 1), ends_on=date(2030, 1, 2))
            absence.created_at = world.now
            session.add(absence)
            session.flush()
            found["absence", key] = {"public_id": absence.public_id}
        found["product", ""] = {"public_id": session.scalars(select(Product.public_id).limit(1)).one()}
        found["revision", ""] = {"key": "video-site", "number": "1"}
        found["job", ""] = {"public_id": job.public_id}
        found |= _duplicates(session, world)
        calendar = session.scalars(select(Calendar)).one()
        holiday = CalendarDay(calendar_id=calendar.id, day=date(2030, 1, 1), slots=[], name="New Year")
        session.add(holiday)
        found["calendar", ""] = {"public_id": calendar.public_id, "day": holiday.day.isoformat()}
        found["approval_rule", ""] = {"key": "special_price"}
        day = date(2030, 1, 1)
        facts = {"source": "list", "begins": day, "ends": day, "numbers": {}, "in_force": {}, "totals": {}}
        run = SimulationRun(**facts, state="checked", created_at=world.now)
        session.add(run)
        session.flush()
        found["simulation", ""] = {"public_id": run.public_id}
        found["parameter", ""] = {"key": "registration.protection_days"}
        found |= _called(session, world) | _desk(session, world)
    return found | _registered(world) | _talked(world) | write_for_matrix(world)


def _talked(world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Let people of every organisation talk with the house, and let a stranger write."""
    found = {
        ("talk", who.split(".")[0]): converse(world, who) for who in ("north.sales", "south.sales", "hospital.owner")
    }
    for (_kind, key), names in list(found.items()):
        found["draft_file", key] = names | {"file_id": names["draft_file_id"]}
        found |= {(kind, key): its for kind, its in serve(world, names["public_id"]).items()}
    with world.database.writing(SYSTEM) as session:
        mail = MailIn(key="strange", received_at=world.now, sender="x@example.com", size=1, outcome="unknown")
        session.add(mail)
        session.flush()
        house, store = world.organisations["supplier"], LocalStore(world.settings.files_folder)
        archive(session, mail, BytesIO(b"x"), "m.eml", "message/rfc822", owner=house, store=store, now=world.now)
        found["mail", ""] = {"public_id": mail.public_id}
    return found


def _desk(session: Session, world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Keep a queue and a macro, and let equipment stand at every organisation."""
    lists: dict[str, list[str]] = {name: [] for name in ("lines", "regions", "kinds", "skills")}
    queue = Queue(key="all", name_en="All", name_zh="全部", **lists, archived_at=None, changed_at=world.now)
    words = {"name_en": "Hello", "name_zh": "您好", "body_en": "Hello", "body_zh": "您好"}
    macro = Macro(**words, archived_at=None, changed_at=world.now)
    session.add_all([queue, macro])
    session.flush()
    customer = session.get_one(Party, world.customers["north"])
    found = {
        ("ticket_queue", ""): {"public_id": queue.public_id},
        ("ticket_macro", ""): {"public_id": macro.public_id},
        ("ticket_target", ""): {"contract": "standard", "priority": "low"},
        ("ticket_terms", ""): {"public_id": customer.public_id},
    }
    product = session.scalars(select(Product.id).limit(1)).one()
    for key in ("north", "south", "hospital"):
        owner = world.organisations["supplier" if key == "hospital" else key]
        site = Site(organisation_id=owner, party_id=world.organisations[key], name=f"Site of {key}")
        session.add(site)
        session.flush()
        item = InstalledItem(
            organisation_id=owner, site_id=site.id, product_id=product, serial=f"SN-{key}", state="installed"
        )
        session.add(item)
        session.flush()
        found["item", key] = {"public_id": item.public_id}
    return found


def _called(session: Session, world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Let somebody unknown call, and send the leads of one region to somebody."""
    call = arrive(session, SYSTEM, "0871 6555 0199", now=world.now)
    route = LeadRoute(region="CN-SD", person_id=world.people["supplier.channel_manager"], changed_at=world.now)
    session.add(route)
    session.flush()
    lead = session.get_one(Lead, call.lead_id)
    return {
        ("caller", ""): {"caller": "0871 6555 0199"},
        ("call", ""): {"public_id": call.public_id},
        ("lead", ""): {"public_id": lead.public_id},
        ("lead_route", ""): {"public_id": route.public_id},
    }


def _registered(world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Register something for both partners, attach a file, and put customers into the pool."""
    registering, found = Registrations(world, today_of(world)), dict[tuple[str, str], dict[str, str]]()
    wiring.install()
    store = LocalStore(world.settings.files_folder)
    for key in ("north", "south"):
        who = f"{key}.sales"
        row = registering.get(registering.begin(who, world.customers[key], site=f"Site of {key}"))
        stream = BytesIO(b"a visit")
        file = registering.step(who, row.id, partial(_attach, stream, store))
        found["registration", key] = {"public_id": row.public_id}
        found["upload", key] = {"public_id": row.public_id, "file_id": file}
        held = CustomerHolding(
            organisation_id=world.organisations[key], person_id=world.people[who], customer_id=world.customers[key],
            source="assigned", since=registering.day, worked_on=registering.day,
        )  # fmt: skip
        with world.database.writing(SYSTEM) as session:
            session.add(held)
            session.flush()
            found["holding", key] = {"public_id": held.public_id}
        given = bare_customer(world, key, f"Given by {key}")
        made = hand_over(world, f"{key}.owner", key, f"{key}.sales", given)
        found["transfer", key] = {"public_id": made.public_id, "document_id": "0" * 16}
    with world.database.writing(SYSTEM) as session:
        entry = PoolEntry(customer_id=world.customers["hospital"], reason="unworked", entered_on=registering.day)
        session.add(entry)
        session.flush()
        found["pool_entry", ""] = {"public_id": entry.public_id}
    return found


def _attach(stream, store, session, actor, row, *, now, **_at) -> str:  # type: ignore[no-untyped-def]
    return keep(session, actor, row, stream, "visit.txt", store=store, now=now).public_id


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


def _noted(session: Session, world: World, key: str, customer: Party) -> dict[tuple[str, str], dict[str, str]]:
    """Note contacts and addresses of a customer, and check a list of customers."""
    its = {"organisation_id": world.organisations[key], "created_at": world.now}
    people = [
        Party(kind="contact", name=name, name_key=name, employer_id=customer.id, created_at=world.now)
        for name in ("ada", "bea")
    ]
    addresses = [PartyAddress(**its, party_id=customer.id, address=text) for text in ("Road 1", "Road 2")]
    counts = dict.fromkeys(("row_count", "new_count", "known_count", "wrong_count"), 0)
    checked = PartyImport(**its, **counts, name="list.csv", recognised=["name"], ignored=[])
    session.add_all([*people, *addresses, checked])
    session.flush()
    session.add_all([Relation(**its, party_id=person.id, kind="customer") for person in people])
    mine = (Relation.organisation_id == world.organisations[key], Relation.party_id == customer.id)
    session.scalars(select(Relation).where(*mine)).one().address = "Road 0"
    session.flush()
    at = {"public_id": customer.public_id}
    return {
        ("contact", key): at | {"contact_id": people[0].public_id},
        ("removed_contact", key): at | {"contact_id": people[1].public_id},
        ("party_note", key): at | {"note_id": addresses[0].public_id},
        ("removed_note", key): at | {"note_id": addresses[1].public_id},
        ("party_import", key): {"import_id": checked.public_id},
    }


def _duplicates(session: Session, world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Put two customers into the steward's queue, and two others into one."""
    left, right = sorted((world.customers["north"], world.customers["south"]))
    pair = PartyPair(left_id=left, right_id=right, score=90, reason="name", found_at=world.now)
    session.add(pair)
    session.flush()
    both = [Party(kind="organisation", name=name, name_key=name, created_at=world.now) for name in ("one", "other")]
    session.add_all(both)
    session.flush()
    made = merge(session, SYSTEM, *both, now=world.now)
    return {("party_pair", ""): {"pair_id": pair.public_id}, ("party_merge", ""): {"merge_id": made.public_id}}


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
    other = {} if "number" in values else {"key": "nothing.of_this_name"}
    ours = {"pair_id": "0" * 16, "merge_id": "0" * 16, "import_id": "0" * 16, "contract": "nothing"}
    ours |= {"line": "nothing", "value_id": "999999", "flag_id": "0" * 16}
    return {**values, "public_id": "0" * 16, "number": "999", **ours, **other}


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
    clients = {role: world.client(app, role) for role in roles}
    for (endpoint, route), role in product(ROUTES.items(), roles):
        client, organisation = clients[role], role.split(".")[0]
        for row, expected, path in _cases(app, endpoint, route, role, organisation, things):
            answer = client.open(path, method=route.method, data=route.form)
            answer.close()  # of a file that is sent
            signed_out = answer.headers.get("Location", "").startswith("/sign-in")
            if answer.status_code not in expected or signed_out:
                wrong.append(f"{route.method} {endpoint} as {role} on {row} row: {answer.status_code}, not {expected}")
    assert not wrong, "\n".join(wrong)


def _cases(app, endpoint, route, role, organisation, things):  # type: ignore[no-untyped-def]
    """Yield (row, allowed statuses, address) of one role on one route."""
    done = DONE if route.method == "POST" else {200}
    if endpoint in (
        "deals.pdf", "orders.pdf", "resale.pdf", "letterhead.logo", "transfers.paper", "article_files.small",
    ):  # fmt: skip
        done = {404}  # not rendered or uploaded yet; its own test does
    if endpoint in ("conversation.take_out", "conversation.read"):
        done = {204, 303, 404}  # one's own draft, and a message that the form names
    if endpoint in ("pool.look", "pool.claim", "registration_files.remove", "article_files.remove",
                    "faults.forget_wording", "calendars.remove_day", "leads.remove_route"):  # fmt: skip
        done = {200, 303, 404}  # whoever comes first takes it
    if not route.thing:
        yield "no", done if role in route.allowed else {403}, _address(app, endpoint, {})
        return
    rows = {key: values for (kind, key), values in things.items() if kind == route.thing}
    owned = {
        key: key in ("", organisation, role) or (role in REACHES_ALL and route.thing not in OF_ITS_OWN) for key in rows
    }
    telling = _telling(owned, organisation)
    if role not in route.allowed:  # refused before any row is looked for: one that is there and one that is not
        telling = telling[:1]
    for key in telling:
        own, values = owned[key], rows[key]
        expected = {403} if role not in route.allowed else done if own else {404}
        if own and route.doers is not None and role not in route.doers:
            expected = {403, 409, 422}  # what is no sensible wish at all may be said to be so first
        if (endpoint, own) in (("people.disable", True),) and role in route.allowed:
            expected = done
        yield "own" if own else "foreign", expected, _address(app, endpoint, values)
    missing = _missing(next(iter(rows.values())))
    if route.thing == "caller":
        return  # there is a page for every number
    yield "missing", {404} if role in route.allowed else {403}, _address(app, endpoint, missing)


def _telling(owned: dict[str, bool], organisation: str) -> list[str]:
    """Return whose rows tell something: one of the own, one of a colleague, one of another house; more say the same."""
    house = {key: key.split(".")[0] == organisation for key in owned}
    kinds = {(owned[key], house[key]): key for key in reversed(owned)}
    return list(kinds.values())


def test_a_foreign_row_looks_exactly_like_a_missing_one(app: Flask, world: World, things: dict) -> None:  # type: ignore[type-arg]
    compared = 0
    clients = {role: world.client(app, role) for role in sorted(PARTNERS | CUSTOMERS)}
    for client in clients.values():
        client.get("/profile")  # the first page of a browser sets its cookie
    for endpoint, route in ROUTES.items():
        foreign = things.get((route.thing, "south")) or things.get((route.thing, "south.sales"))
        if foreign is None:
            continue
        for role in sorted(route.allowed & (PARTNERS | CUSTOMERS)):
            answers = [
                clients[role].open(_address(app, endpoint, values), method=route.method, data=route.form)
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
