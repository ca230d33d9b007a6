"""Our own capability overlay: single values with their own source, also for products that are known from an import."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.catalog.csvrows import HEADER, Problem, Wrong, rows, sku_of, text_of, truth_of
from portal.catalog.quantities import UNITS, number_of

OVERLAY: Final = "capabilities.csv"
COLUMNS: Final = ("key", "value", "unit", "source", "confirmed")
VALUE_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class CapabilityFact:
    """One value that rules may use, with where it comes from and whether somebody confirmed it."""

    value: str
    unit: str
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class OverlayFact:
    """One line of the overlay: a capability of the product with that number, or of that maker's model."""

    line: int
    sku: str
    maker: str
    model: str
    key: str
    capability: CapabilityFact


def read_overlay(path: Path, problems: list[Problem]) -> tuple[OverlayFact, ...]:
    """Read the overlay; notes what is wrong. An empty value says nothing and is an error: leave the line out."""
    found: dict[tuple[str, str, str, str], OverlayFact] = {}
    columns: dict[str, str] = {}
    for line, row in rows(path, COLUMNS, columns, problems):
        try:
            fact = _fact(line, row)
            who = (fact.sku, fact.maker.casefold(), fact.model.casefold(), fact.key)
            if who in found:
                raise Wrong(f"{fact.key} of this product stands in line {found[who].line} already")
            found[who] = fact
        except Wrong as wrong:
            problems.append(Problem(path.name, line, str(wrong)))
    return tuple(found.values())


def checked(value: str, unit: str) -> str:
    """Return a value that its unit can bear; raises Wrong for an unknown unit or what is no whole base units."""
    if len(value) > VALUE_LIMIT or not value.isprintable():
        raise Wrong(f"{value[:40]!r} is longer than {VALUE_LIMIT} characters, or not printable")
    if unit not in UNITS:
        raise Wrong(f"unknown unit {unit!r}; known are {', '.join(name for name in UNITS if name)}")
    if unit and number_of(value, unit) is None:
        raise Wrong(f"{value!r} is no whole number of {UNITS[unit][0] or 'pieces'} in {unit}")
    return value


def _fact(line: int, row: Mapping[str, str]) -> OverlayFact:
    sku, maker, model = (row.get(name, "") for name in ("sku", "maker", "model"))
    if bool(sku) == bool(maker and model) or bool(maker) != bool(model):
        raise Wrong("a product is named by its sku, or by maker and model")
    key = HEADER.fullmatch(row["key"])
    if key is None or key[2] is not None:
        raise Wrong(f"{row['key']!r} is no proper key: small letters, digits and _")
    value, unit = text_of(row, "value", VALUE_LIMIT), row["unit"]
    capability = CapabilityFact(checked(value, unit), unit, text_of(row, "source", 300), truth_of(row, "confirmed"))
    return OverlayFact(line, sku_of(row) if sku else "", maker, model, key[1], capability)
