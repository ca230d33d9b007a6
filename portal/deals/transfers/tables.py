"""Tables by their names: what a transfer moves lies in packages above and below."""

from sqlalchemy import Table

from portal.db import Base


def table_of(name: str) -> Table:
    """Return a table by its name."""
    return Base.metadata.tables[name]
