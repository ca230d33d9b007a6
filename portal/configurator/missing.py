"""Facts that the catalogue lacks: values whose row has an empty cell that rules, lines or derived numbers read."""

from collections.abc import Mapping

from portal.catalog.facets import SETTLES
from portal.configurator.language.gaps import columns_read
from portal.configurator.language.ruleset import Attribute, RuleSet, Table
from portal.configurator.remembering import once_per_rules

Missing = Mapping[str, Mapping[str, tuple[str, ...]]]
KEPT = 16  # rule sets whose gaps are remembered in this process


@once_per_rules(KEPT)
def missing_facts(ruleset: RuleSet) -> Missing:
    """Return, for every question and by full name, the values with missing facts and the columns that are empty.

    What another fact settles is not missing: a device without PoE ports needs no PoE budget. Cells of tables with
    several keys belong to no single value and are not counted.
    """
    read = columns_read(ruleset)
    authored = {
        attribute.key: _gaps(table, read.get(attribute.key, set()))
        for attribute in ruleset.attributes
        if (table := table_of(ruleset, attribute)) is not None and len(table.keys) == 1
    }
    found: dict[str, Mapping[str, tuple[str, ...]]] = {key: gaps for key, gaps in authored.items() if gaps}
    for attribute in ruleset.everything:
        key = attribute.key.rpartition("].")[2]
        if key in found:
            found[attribute.key] = found[key]
    return found


def table_of(ruleset: RuleSet, attribute: Attribute) -> Table | None:
    """Return the table whose rows are the values of a choice."""
    return next((table for table in ruleset.tables if table.key == attribute.table), None)


def cells_of(table: Table, value: str) -> dict[str, str | int | None]:
    """Return the cells of a row by column; nothing when the table has no such row."""
    titles = [column.name for column in table.columns]
    rows = (dict(zip(titles, row, strict=True)) for row in table.rows)
    return next((cells for cells in rows if cells[table.keys[0]] == value), {}) if len(table.keys) == 1 else {}


def _gaps(table: Table, read: set[str]) -> dict[str, tuple[str, ...]]:
    """Return the empty cells of each row among the columns that are read."""
    names = [column.name for column in table.columns]
    own, found = names.index(table.keys[0]), {}
    for row in table.rows:
        cells = dict(zip(names, row, strict=True))
        settled = {name for (fact, said), others in SETTLES.items() if str(cells.get(fact)) == said for name in others}
        empty = tuple(name for name in names if name in read and cells[name] is None and name not in settled)
        if empty:
            found[str(row[own])] = empty
    return found
