"""Every mapped class, imported once, for migrations and for whoever opens a database."""

from portal import history, outbox
from portal.accounts import models as accounts
from portal.catalog import index_models as catalog_index
from portal.catalog import models as catalog
from portal.configurator import models as configurator
from portal.db import Base
from portal.deals import models as deals
from portal.notify import models as notify
from portal.parties import models as parties

__all__ = [
    "accounts", "catalog", "catalog_index", "configurator", "deals", "history", "metadata", "notify", "outbox",
    "parties",
]  # fmt: skip
metadata = Base.metadata
