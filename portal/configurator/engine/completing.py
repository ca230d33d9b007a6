"""One completion after another decision: witnesses that agree with all of them so far answer most of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from portal.configurator.engine.scope import Slot

if TYPE_CHECKING:
    from portal.configurator.engine.network import Fixed, Network


class Completion:
    """Slots are decided in turn; what is impossible beside the first choices is not asked again."""

    def __init__(self, network: Network, fixed: Fixed) -> None:
        chosen = network.split(fixed)
        assert chosen is not None, "choices that hold together belong to components"
        self._network = network
        self._chosen = {number: chosen.get(number, frozenset()) for number in range(len(network.components))}
        self._alive = {
            number: component.agreeing(self._chosen[number]) for number, component in enumerate(network.components)
        }
        self._allowed = {
            number: component.allowed(self._chosen[number]) for number, component in enumerate(network.components)
        }

    def take(self, slot: Slot, positions: Iterable[int]) -> int:
        """Decide a slot: the first position that can be had."""
        for position in positions:
            place = self._network.place(slot, position)
            if place is True or (place is not False and self._can(*place)):
                return position
        raise AssertionError("a consistent choice has a value for every attribute")

    def _can(self, number: int, bit: int) -> bool:
        if not self._allowed[number] >> bit & 1:
            return False
        alive = [values for values in self._alive[number] if values >> bit & 1]
        chosen = self._chosen[number] | {bit}
        if not alive:
            found = self._network.components[number].witness(chosen)
            if found is None:
                return False
            alive = [found]
        self._alive[number], self._chosen[number] = alive, chosen
        return True
