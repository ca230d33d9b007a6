"""What differs between two revisions of a quote, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class AnyLine(Protocol):
    """A quote line as far as it is compared."""

    sku: str
    name_en: str
    name_zh: str
    quantity: int
    unit_minor: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One product that is new, gone or changed; quantities and amounts of zero stand for "not there"."""

    sku: str
    name_en: str
    name_zh: str
    kind: str  # added, removed, changed
    quantity_before: int
    quantity_after: int
    unit_before: int
    unit_after: int
    net_before: int
    net_after: int


@dataclass(frozen=True, slots=True)
class _Product:
    """All lines of one product together."""

    sku: str
    name_en: str
    name_zh: str
    quantity: int
    unit_minor: int
    net_minor: int


def _by_product(lines: Sequence[AnyLine]) -> dict[str, _Product]:
    """Add up what stands on several lines: one product may belong to two groups."""
    found: dict[str, _Product] = {}
    for line in lines:
        there = found.get(line.sku)
        quantity, net = (there.quantity, there.net_minor) if there else (0, 0)
        sums = (quantity + line.quantity, line.unit_minor, net + line.net_minor)
        found[line.sku] = _Product(line.sku, line.name_en, line.name_zh, *sums)
    return found


def differences(before: Sequence[AnyLine], after: Sequence[AnyLine]) -> tuple[Difference, ...]:
    """Return the products that differ, in the order of the newer quote and then of the older one."""
    old, new = _by_product(before), _by_product(after)
    found = []
    for sku in dict.fromkeys([*new, *old]):
        was, now = old.get(sku), new.get(sku)
        shown = now or was
        assert shown is not None
        if (
            was
            and now
            and (was.quantity, was.unit_minor, was.net_minor) == (now.quantity, now.unit_minor, now.net_minor)
        ):
            continue
        kind = "changed" if was and now else "added" if now else "removed"
        quantities = (was.quantity if was else 0, now.quantity if now else 0)
        units = (was.unit_minor if was else 0, now.unit_minor if now else 0)
        nets = (was.net_minor if was else 0, now.net_minor if now else 0)
        found.append(Difference(sku, shown.name_en, shown.name_zh, kind, *quantities, *units, *nets))
    return tuple(found)
