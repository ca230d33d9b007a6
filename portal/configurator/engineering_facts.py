"""Facts that an engineer found: read from his form, laid into the rules, written into the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from portal.configurator.language.csvtables import FORMULA
from portal.configurator.language.errors import Fault
from portal.configurator.language.ruleset import Column, RuleSet, Table
from portal.configurator.language.units import UNITS, whole
from portal.configurator.missing import cells_of, table_of
from portal.errors import Conflict, Invalid
from portal.words import N_

LONGEST_VALUE: Final = 100
LONGEST_SOURCE: Final = 200
NO_ROW: Final = N_("The newest rules do not have this value any more. Answer with a text.")
OTHER_VALUE: Final = N_("The newest rules say of %(column)s already: %(value)s.")
NO_NUMBER: Final = N_("Enter an amount of %(unit)s, for example 12.5.")
FORBIDDEN: Final = N_("A value may not begin with =, +, - or @.")
NEEDS_SOURCE: Final = N_("Say where this is written: a data sheet, a measurement, a person.")


@dataclass(frozen=True, slots=True)
class Fact:
    """One value with its unit, empty for words and plain numbers, and where it is written."""

    column: str
    value: str
    unit: str
    source: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Fact":
        """Return a fact as it was kept in a row."""
        return cls(*(str(stored[name]) for name in ("column", "value", "unit", "source")))

    def stored(self) -> dict[str, str]:
        """Return the fact as plain data."""
        return asdict(self)


def units_like(unit: str) -> tuple[str, ...]:
    """Return the units in which an amount may be given, that of the column first."""
    base = UNITS[unit][0] if unit in UNITS else ""
    return (unit, *(other for other in UNITS if other != unit and base and UNITS[other][0] == base))


def column_of(table: Table, name: str) -> Column:
    """Return a column by its name."""
    return next(column for column in table.columns if column.name == name)


def checked(table: Table, fact: Fact, *, field: str = "") -> Fact:
    """Return the fact as it may stand in a cell; Invalid says what is wrong with it."""
    column = column_of(table, fact.column)
    if not fact.source:
        raise Invalid(NEEDS_SOURCE, field=f"{field}-source")
    if column.unit is None:
        if fact.value.startswith(FORMULA):
            raise Invalid(FORBIDDEN, field=f"{field}-value")
        return replace(fact, unit="")
    try:
        if fact.unit not in units_like(column.unit):
            raise Fault("unit")
        whole(fact.value, fact.unit)
    except Fault:
        raise Invalid(NO_NUMBER, field=f"{field}-value", unit=column.unit) from None
    return fact


def fill(ruleset: RuleSet, key: str, value: str, facts: Sequence[Fact]) -> RuleSet:
    """Return the rules with the empty cells of one value filled; Conflict when its row is gone or says otherwise."""
    plain = key.rpartition("].")[2]
    attribute = next((item for item in ruleset.attributes if item.key == plain), None)
    table = table_of(ruleset, attribute) if attribute else None
    if table is None or not cells_of(table, value):
        raise Conflict(NO_ROW)
    filled = _filled(table, value, facts)
    return replace(ruleset, tables=tuple(filled if one.key == table.key else one for one in ruleset.tables))


def _filled(table: Table, value: str, facts: Sequence[Fact]) -> Table:
    names = [column.name for column in table.columns]
    own = names.index(table.keys[0])
    rows = list(table.rows)
    at = next(place for place, row in enumerate(rows) if row[own] == value)
    cells = list(rows[at])
    for fact in facts:
        if fact.column not in names:
            raise Conflict(NO_ROW)
        unit = column_of(table, fact.column).unit
        cell = whole(fact.value, fact.unit) if unit is not None else fact.value
        place = names.index(fact.column)
        if cells[place] not in (None, cell):
            raise Conflict(OTHER_VALUE, column=fact.column, value=str(cells[place]))
        cells[place] = cell
    rows[at] = tuple(cells)
    return replace(table, rows=tuple(rows))
