"""What every chosen slot could be switched to beside all other choices: one slot at a time, from one base."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from portal.configurator.engine.searching import Search

if TYPE_CHECKING:
    from portal.configurator.engine.asking import Chosen
    from portal.configurator.engine.component import Component


def switches(component: Component, chosen: Chosen, before: Mapping[int, int]) -> dict[int, int]:
    """Return the possible values of the slot of each chosen bit; `before` are the answers under fewer choices."""
    record = component.record(chosen)
    assert record is not None
    base = component.base(chosen, record.alive)
    assert base is not None
    every = component.known(frozenset())
    proven = component.straying(chosen)
    found: dict[int, int] = {}
    for bit in chosen:
        slot, _ = component.layout.owner[bit]
        mask = component.layout.masks[slot.index]
        limits = before.get(bit, every) & mask
        search = Search(component, chosen - {bit}, limits, proven[bit] | 1 << bit, [base])
        found[bit] = search.one(slot) & mask
    return found
