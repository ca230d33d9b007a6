"""Every mapped class, imported once, for migrations and for whoever opens a database."""

from portal import history, outbox
from portal.accounts import models as accounts
from portal.api import models as api
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
from portal.notify import models as notify
from portal.parties import models as parties
from portal.sharing import models as sharing

__all__ = [
    "accounts", "api", "catalog", "catalog_index", "configurator", "deals", "engineering", "history", "metadata",
    "notify", "orders", "outbox", "parties", "resale", "sharing", "templates", "upgrading",
]  # fmt: skip
metadata = Base.metadata
