"""What the products of a bill draw, as the tables of the rules say it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from portal.configurator.engine.results import BomLine
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.units import unit_dimension

COLUMNS: Final = ("draw", "power")  # the first of them that a table has, counted in watts
WATT: Final = unit_dimension("W")


@dataclass(frozen=True, slots=True)
class Draw:
    """The sum of what is known in mW, of how many products, and how many more have no value."""

    known: int
    products: int
    unknown_products: int


def draws_of(ruleset: RuleSet) -> dict[str, int | None]:
    """Return what each product draws in mW, None where its cell is empty; empty when no table has such a column.

    Products of tables without the column draw nothing by themselves: cables, mounts, licences.
    """
    found: dict[str, int | None] = {}
    for table in ruleset.tables:
        places = {column.name: place for place, column in enumerate(table.columns)}
        units = {column.name: column.unit for column in table.columns}
        column = next((name for name in COLUMNS if units.get(name) and unit_dimension(units[name] or "") == WATT), None)
        if column is None or table.keys != ("sku",):
            continue
        for row in table.rows:
            value = row[places[column]]
            found[str(row[places["sku"]])] = value if isinstance(value, int) else None
    return found


def weights_of(ruleset: RuleSet, skus: Iterable[str]) -> dict[str, int]:
    """Return what a search for the smallest power weighs for each product.

    A product without a value counts like the thirstiest of its table: a gap is never a reason to take something.
    """
    draws = draws_of(ruleset)
    worst: dict[str, int] = {}
    for table in ruleset.tables:
        if table.keys == ("sku",):
            place = [column.name for column in table.columns].index("sku")
            own = [str(row[place]) for row in table.rows]
            most = max((draws.get(sku) or 0 for sku in own), default=0)
            worst |= dict.fromkeys(own, most)
    return {sku: _weight(draws, worst, sku) for sku in skus}


def _weight(draws: Mapping[str, int | None], worst: Mapping[str, int], sku: str) -> int:
    if sku not in draws:
        return 0
    value = draws[sku]
    return worst[sku] if value is None else value


def power_of(draws: Mapping[str, int | None], lines: Iterable[BomLine]) -> Draw:
    """Return what the products of a bill draw together."""
    known, told, untold = 0, set(), set()
    for line in lines:
        value = draws.get(line.sku, 0)
        if value is None:
            untold.add(line.sku)
        elif line.sku in draws:
            known += value * line.quantity
            told.add(line.sku)
    return Draw(known, len(told), len(untold))
