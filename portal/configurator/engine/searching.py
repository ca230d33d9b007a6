"""One computation of all possible values: propagation, then solving for what no witness proves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING

from portal.configurator.engine.layout import bits
from portal.configurator.engine.scope import Slot
from portal.configurator.engine.stretching import stretched, tightened

if TYPE_CHECKING:
    from portal.configurator.engine.asking import Chosen
    from portal.configurator.engine.component import Component

REFUSALS = 2
LEANED = 5000
MANY, FEW = 20, 64


class Search:
    """Decides open values under choices; `proven` and `alive` grow by every witness found.

    `allowed` holds at least all possible values of the slots looked at.
    """

    def __init__(self, component: Component, chosen: Chosen, allowed: int, proven: int, alive: list[int]) -> None:
        self.component, self.layout, self.chosen = component, component.layout, chosen
        self.proven, self.alive = proven, alive
        self.open = allowed & ~proven
        self._need = sum(1 << bit for bit in chosen)
        self._missed: dict[int, int] = {}
        self._tried: dict[int, list[int]] = {}
        self._allowed = allowed | proven
        self.assumptions = component.assumptions(chosen)

    @cached_property
    def _held(self) -> frozenset[int]:
        return frozenset(self.layout.owner[bit][0].index for bit in self.chosen)

    def run(self) -> bool:
        """Decide every open value; False when the choices contradict each other."""
        component = self.component
        component.refresh()
        if not self._propagate():
            return False
        if component.piece.watches:
            base = component.base(self.chosen, self.alive)
            if base is not None:
                self._keep(base)
        if not self.alive and not self._ask([], self.chosen):
            return False
        if component.piece.watches:
            for slot in component.slots:
                if self.open & self.layout.masks[slot.index]:
                    self._adapt(slot)
            self._tighten(self.proven | self.open)
        for slot in component.ordered:
            self._bound(slot)
        for slot in component.facts:
            self._fill(slot)
        self._rest()
        return True

    def one(self, slot: Slot) -> int:
        """Decide the open values of one slot, given a witness, and return what is possible."""
        self._cover(slot)
        self._allowed = self.component.known(self.chosen) | self.proven | self.open
        if self.open:
            self._fit(slot)
            for bit in self._wanted(slot):
                self._again(self._base(), bit)
            self._cover(slot)
        if self.open:
            self.component.refresh()
            self._propagate()
            self._adapt(slot)
            self._cover(slot)
        if self.open:
            self._tighten(self._allowed)
        if self.open and slot.ordered:
            self._bound(slot)
        if not slot.exact:
            self._fill(slot)
        self._rest()
        return self.proven

    def _cover(self, slot: Slot) -> None:
        """Leave out what lies between values of a fact that are proven."""
        if not slot.exact:
            seen = self.proven & self.layout.masks[slot.index]
            self.open &= ~((1 << seen.bit_length()) - (seen & -seen))

    def _propagate(self) -> bool:
        consistent, implied = self.component.solver.propagate(assumptions=self.assumptions)
        if consistent:
            kills = self.layout.kills
            self.open &= ~reduce(or_, [kills[literal] for literal in implied if literal in kills], 0)
        return bool(consistent)

    def _rest(self) -> None:
        """Decide what is still open: together where watched rules leave little to be found, then value by value."""
        component, refused = self.component, 0
        if component.piece.watches and self.open:
            for bit in reversed(bits(self.open)):
                if self.open >> bit & 1:
                    self._try(bit)
            self._refuse()
        while self.open:
            bit = self.open.bit_length() - 1
            if component.piece.watches and self._try(bit):
                continue
            if self._ask(self.layout.assume[bit], self.chosen | {bit}):
                self._follow(self.layout.owner[bit][0])
            else:
                self.open &= ~(1 << bit)
                refused += 1
                if refused >= REFUSALS and self.chosen and not component.piece.watches:
                    self._refuse()

    def _tighten(self, allowed: int) -> None:
        """Refuse what interval reasoning over single rules excludes."""
        if self.open:
            self.open &= ~tightened(self.component, allowed, self.open)

    def _ask(self, more: list[int], held: Chosen) -> bool:
        """Solve under the choices and `more`; a witness proves a value of every slot."""
        self._lean()
        values = self.component.solve(self.assumptions + more, held)
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
            values = self.component.any_of(self.assumptions, [literal for _, literal in single], self.chosen)
            if values is None:
                for bit, _ in single:
                    self.open &= ~(1 << bit)
                return
            self._prove(values)
            for bit, _ in single if self.component.piece.watches else ():
                if values >> bit & 1:
                    self._relink(self._base(), bit, values)

    def _lean(self) -> None:
        """Turn the search towards open values; the solver forgets it with every model, so it is said each time.

        Where there is arithmetic it is turned to a witness that is known: rules break less near to it.
        """
        if self.component.piece.watches:
            if near := self.component.base(self.chosen, self.alive):
                self.component.solver.set_phases(self.component.polarities(near))
            return
        assume, shift = self.layout.assume, max(0, self.open.bit_length() - LEANED)
        leaned = bits(self.open >> shift << shift)
        self.component.solver.set_phases([literal for bit in leaned for literal in assume[bit]])

    def _prove(self, values: int) -> None:
        """Count every value of a witness, which may hold several values of one slot, as possible."""
        self.alive.append(values)
        self.proven |= values
        self.open &= ~values

    def _keep(self, values: int) -> None:
        self.component.remember(values)
        self._prove(values)

    # -- witnesses from witnesses ----------------------------------------------------------------------------------

    def _base(self) -> int:
        """Return the witness that changes begin from."""
        base = self.component.base(self.chosen, self.alive)
        assert base is not None
        return base

    def _wanted(self, slot: Slot) -> list[int]:
        """Return the open values of a slot, of a number only the highest and lowest beyond those proven."""
        wanted = self.layout.bits_of(slot, self.open)
        if not slot.ordered or not wanted:
            return wanted
        proven = self.proven & self.layout.masks[slot.index]
        return [
            bit for bit in dict.fromkeys((wanted[-1], wanted[0])) if not proven >> bit or not proven & (1 << bit) - 1
        ]

    def _adapt(self, slot: Slot) -> None:
        """Prove open values of a slot by changing it in a known witness; of a number only its ends are looked at."""
        self._sweep(slot, self._base())
        self._fit(slot)
        for bit in self._wanted(slot):
            if self.open >> bit & 1 and not self._again(self._base(), bit) and not self._repair(bit):
                self._relink(self._base(), bit)

    def _repair(self, bit: int) -> bool:
        """Prove a value by putting it into the base and moving other slots until all rules hold."""
        component, base = self.component, self._base()
        slot = self.layout.owner[bit][0]
        moves = component.adapter(base).repaired(slot, component.single(bit), self._held, self._options)
        if moves is not None:
            self._made(bit, base, moves)
        return moves is not None

    def _options(self, index: int) -> list[int]:
        """Return positions of a slot to try, none that is known to be impossible; of many numbers only a few."""
        known = self._tried.get(index)
        if known is None:
            slot = self.layout.own.get(index)
            found = self.layout.bits_of(slot, self._allowed) if slot else []
            if slot and slot.ordered and len(found) > FEW:
                found = [found[len(found) * part // FEW - (part == FEW)] for part in range(FEW + 1)]
            known = self._tried[index] = [self.component.single(bit) for bit in found]
        return known

    def _made(self, bit: int, base: int, moves: Mapping[int, int]) -> None:
        """Count a value as proven by a change of the base."""
        made = self.component.change(bit, base, moves)
        self.component.remember(made, self.component.bits_at(moves))
        self._prove(made)
        self._drift(bit, base, moves)

    def _fit(self, slot: Slot) -> None:
        """Prove the values that the base takes with nothing else changed."""
        component = self.component
        few = slot.exact and (self.open & self.layout.masks[slot.index]).bit_count() <= MANY
        open_bits = self.layout.bits_of(slot, self.open) if few else self._wanted(slot)
        wanted = {component.single(bit): bit for bit in open_bits}
        for position in component.adapter(self._base()).fitting(slot, wanted) if wanted else ():
            self.proven |= 1 << wanted[position]
            self.open &= ~(1 << wanted[position])

    def _sweep(self, slot: Slot, values: int) -> None:
        """Prove all values of a number that fit into a witness, if there are more than a few."""
        wanted = self.open & self.layout.masks[slot.index]
        if slot.ordered and slot.exact and wanted.bit_count() > MANY and slot.index not in self.component.piece.spans:
            found = stretched(self.component, slot, values, wanted)
            self.proven |= found
            self.open &= ~found

    def _again(self, base: int, bit: int) -> bool:
        """Prove a value by the change that led to it before."""
        component, need = self.component, self._need
        found = component.again(bit, base, need)
        if found is None:
            moves = component.last_change(bit)
            if (
                not moves
                or not component.adapter(base).takes(moves.items())
                or component.moved(base, moves) & need != need
            ):
                return False
            found = component.change(bit, base, moves)
            self._drift(bit, base, moves)
        self.proven |= found
        self.open &= ~found
        return True

    def _drift(self, bit: int, base: int, moves: Mapping[int, int]) -> None:
        moved = self.component.drift(bit, base, moves)
        if moved is not None:
            self._prove(moved)
            self._sweep(self.layout.owner[bit][0], moved)

    def _relink(self, base: int, bit: int, found: int | None = None) -> bool:
        """Prove a value by a base and a donor that has it, the witness just `found` or the latest one."""
        component = self.component
        donor = found or component.donor(bit)
        if donor is None or self._missed.get(bit) == donor:
            return False
        slot, position = self.layout.owner[bit][0], component.single(bit)
        adapter, point = component.adapter(base), component.base_point(donor)
        moves = adapter.towards(slot, position, point, self._held)
        if moves is None and found is not None:
            moves = adapter.away(slot, position, point, self._held)
        if moves is None:
            self._missed[bit] = donor
            return False
        self._made(bit, base, moves)
        return True

    def _try(self, bit: int) -> bool:
        """Prove a value by adapting what was found last: checking rules is much cheaper than a search."""
        component, base = self.component, self._base()
        slot, _ = self.layout.owner[bit]
        if component.adapter(base).fits(slot, component.single(bit)):
            self.proven |= 1 << bit
            self.open &= ~(1 << bit)
            return True
        return self._again(base, bit) or (slot.ordered and self._repair(bit)) or self._relink(base, bit)

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
            if self.component.piece.watches and self._try(top):
                continue
            ask = best + (top - best) // 2 if tries else top
            tries += 1
            if self._ask([ask + 1], self.chosen | {ask}):
                self._follow(slot)
            else:
                self.open &= ~(mask & -(1 << ask))
        tries = 0
        while below := self.open & mask & (self.proven & mask & -(self.proven & mask)) - 1:
            best = (self.proven & mask & -(self.proven & mask)).bit_length() - 1
            bottom = (below & -below).bit_length() - 1
            if self.component.piece.watches and self._try(bottom):
                continue
            ask = best - 1 - (best - 1 - bottom) // 2 if tries else bottom
            tries += 1
            if self._ask([-(ask + 2)], self.chosen | {ask}):
                self._follow(slot)
            else:
                self.open &= ~(mask & (1 << ask + 1) - 1)

    def _follow(self, slot: Slot) -> None:
        """Use the witness found last for more values of its slot, and let the base learn from it."""
        if self.component.piece.watches:
            found = self.alive[-1]
            self._relink(self._base(), (found & self.layout.masks[slot.index]).bit_length() - 1, found)
            self._sweep(slot, found)
