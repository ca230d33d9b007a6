"""Every mapped class, imported once, for migrations and for whoever opens a database."""

from portal import history, outbox
from portal.accounts import models as accounts
from portal.api import models as api
from portal.approvals import models as approvals
from portal.calendars import models as calendars
from portal.catalog import index_models as catalog_index
from portal.catalog import models as catalog
from portal.configurator import engineering_models as engineering
from portal.configurator import models as configurator
from portal.configurator import template_models as templates
from portal.configurator import upgrading_models as upgrading
from portal.db import Base
from portal.deals import models as deals
from portal.deals import order_models as orders
from portal.deals import resale_models as resale
from portal.deals import special_price_models as special_prices
from portal.deals.registrations import models as registrations
from portal.deals.registrations import simulating_models as simulations
from portal.deals.transfers import models as transfers
from portal.files import models as files
from portal.notify import models as notify
from portal.parameters import models as parameters
from portal.parties import import_models as party_imports
from portal.parties import merging_models as party_merges
from portal.parties import models as parties
from portal.parties import noted_models as party_notes
from portal.parties.identity import models as identity
from portal.search import models as search
from portal.sharing import models as sharing
from portal.support.knowledge import fault_models as faults
from portal.support.knowledge import feedback_models as article_feedback
from portal.support.knowledge import models as articles
from portal.support.mailing import models as mails
from portal.support.matching import models as matching
from portal.support.numbers import models as numbers
from portal.support.phone import models as phone
from portal.support.service import models as service
from portal.support.tickets import clock_models as ticket_clocks
from portal.support.tickets import conversation_models as ticket_conversation
from portal.support.tickets import desk_models as ticket_desk
from portal.support.tickets import models as tickets

__all__ = [
    "accounts", "api", "approvals", "article_feedback", "articles", "calendars", "catalog", "catalog_index",
    "configurator", "deals", "engineering", "faults", "files", "history", "identity", "mails", "matching", "metadata",
    "notify", "numbers", "orders", "outbox", "parameters", "parties", "party_imports", "party_merges", "party_notes",
    "phone",    "registrations", "resale", "search", "service", "sharing", "simulations", "special_prices", "templates",
    "ticket_clocks", "ticket_conversation", "ticket_desk", "tickets", "transfers", "upgrading",
]  # fmt: skip
metadata = Base.metadata
