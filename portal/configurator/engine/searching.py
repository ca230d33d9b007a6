"""One computation of all possible values: propagation, then solving for what no witness proves."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from portal.configurator.engine.layout import bits
from portal.configurator.engine.scope import Slot
from portal.configurator.engine.stretching import shifted, stretched, tightened

if TYPE_CHECKING:
    from portal.configurator.engine.component import Chosen, Component

LINES = 3
REFUSALS = 2
LEANED = 5000


class Search:
    """Decides open values under choices; `proven` and `alive` grow by every witness found."""

    def __init__(self, component: Component, chosen: Chosen, allowed: int, proven: int, alive: list[int]) -> None:
        self.component, self.layout, self.chosen = component, component.layout, chosen
        self.proven, self.alive = proven, alive
        self.open = allowed & ~proven
        self.assumptions = component.assumptions(chosen)

    def run(self) -> bool:
        """Decide every open value; False when the choices contradict each other."""
        component = self.component
        component.refresh()
        consistent, implied = component.solver.propagate(assumptions=self.assumptions)
        if not consistent:
            return False
        kills = self.layout.kills
        self.open &= ~reduce(or_, [kills.get(literal, 0) for literal in implied], 0)
        if not self.alive and not self._ask([], self.chosen):
            return False
        if component.piece.watches:
            self._tighten()
        for slot in component.ordered:
            self._bound(slot)
        for slot in component.facts:
            self._fill(slot)
        refused = 0
        while self.open:
            bit = self.open.bit_length() - 1
            if component.piece.watches and self._line(bit):
                continue
            if not self._ask(self.layout.assume[bit], self.chosen | {bit}):
                self.open &= ~(1 << bit)
                refused += 1
                if refused >= REFUSALS and self.chosen and not component.piece.watches:
                    self._refuse()
        return True

    def _tighten(self) -> None:
        """Refuse what interval reasoning over single rules excludes."""
        if self.open:
            self.open &= ~tightened(self.component, self.proven | self.open, self.open)

    def _ask(self, more: list[int], held: Chosen) -> bool:
        """Solve under the choices and `more`; a witness proves a value of every slot."""
        component = self.component
        if component.piece.watches:
            near = self.alive[-1] if self.alive else None
            if near is not None:
                component.solver.set_phases(component.polarities(near))
        else:
            self._lean()
        values = component.solve(self.assumptions + more, held)
        if values is None:
            return False
        self._prove(values)
        return True

    def _refuse(self) -> None:
        """Ask for any of the open values at once: a witness proves some, a refusal refuses all."""
        layout = self.layout
        while True:
            single = [(bit, found[0]) for bit in bits(self.open) if len(found := layout.assume[bit]) == 1]
            if len(single) < REFUSALS:
                return
            self._lean()
            values = self.component.any_of(self.assumptions, [literal for _, literal in single])
            if values is None:
                for bit, _ in single:
                    self.open &= ~(1 << bit)
                return
            self._prove(values)

    def _lean(self) -> None:
        """Turn the search towards open values; the solver forgets it with every model, so it is said each time."""
        assume, shift = self.layout.assume, max(0, self.open.bit_length() - LEANED)
        leaned = bits(self.open >> shift << shift)
        self.component.solver.set_phases([literal for bit in leaned for literal in assume[bit]])

    def _prove(self, values: int) -> None:
        """Count every value of a witness, which may hold several values of one slot, as possible."""
        self.alive.append(values)
        self.proven |= values
        self.open &= ~values

    def _line(self, bit: int) -> bool:
        """Stretch a known witness along one slot: checking its rules is much cheaper than a search."""
        component = self.component
        slot, _ = self.layout.owner[bit]
        for values in self.alive[: -LINES - 1 : -1]:
            allowed = self.proven | self.open
            found = stretched(component, slot, values, allowed, bit)
            if found is None and slot.ordered:
                found = shifted(component, slot, values, allowed, bit)
            if found is not None:
                component.remember(found)
                self._prove(found)
                return True
        return False

    def _fill(self, slot: Slot) -> None:
        """Count all values of a fact between its ends as possible."""
        mask = self.layout.masks[slot.index]
        seen = self.proven & mask
        self.proven |= (1 << seen.bit_length()) - (seen & -seen)
        self.open &= ~mask

    def _bound(self, slot: Slot) -> None:
        """Find the highest and lowest possible value: the end itself, then by halving; what lies beyond is refused."""
        mask = self.layout.masks[slot.index]
        tries = 0
        while above := (self.open & mask) >> (best := (self.proven & mask).bit_length()):
            top = best - 1 + above.bit_length()
            if self.component.piece.watches and self._line(top):
                continue
            ask = best + (top - best) // 2 if tries else top
            tries += 1
            if not self._ask([ask + 1], self.chosen | {ask}):
                self.open &= ~(mask & -(1 << ask))
        tries = 0
        while below := self.open & mask & (self.proven & mask & -(self.proven & mask)) - 1:
            best = (self.proven & mask & -(self.proven & mask)).bit_length() - 1
            bottom = (below & -below).bit_length() - 1
            if self.component.piece.watches and self._line(bottom):
                continue
            ask = best - 1 - (best - 1 - bottom) // 2 if tries else bottom
            tries += 1
            if not self._ask([-(ask + 2)], self.chosen | {ask}):
                self.open &= ~(mask & (1 << ask + 1) - 1)
