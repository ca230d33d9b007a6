"""Witnesses of one component from witnesses: a base that keeps the choices, and the changes that led to values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.configurator.engine.adapting import Adapter
from portal.configurator.engine.asking import Asking, Chosen, bits_of
from portal.configurator.engine.layout import bits
from portal.configurator.engine.program import Program
from portal.configurator.engine.splitting import Piece

PULL = 3


@dataclass(frozen=True, slots=True)
class Delta:
    """A change that led to a value: all values of its slots, the new ones, and what rules without sums saw beside."""

    moves: Mapping[int, int]
    changed: int
    part: int
    beside: int
    seen: int


class Changing(Asking):
    """Moves a base along with what is asked, so that most values are one step away from it."""

    def __init__(self, program: Program, piece: Piece, fixed: Sequence[int], template: Sequence[int]) -> None:
        super().__init__(program, piece, fixed, template)
        self._deltas: dict[int, Delta] = {}
        self._base = self._standing = self._scans = 0
        self._pulled: dict[int, int] = {}
        self._adapter: Adapter | None = None

    def adapter(self, values: int) -> Adapter:
        """Return the rules standing at a witness."""
        if self._adapter is None:
            self._adapter = Adapter(self, self.base_point(values))
        elif self._standing != values:
            self._adapter.stand(self.base_point(values))
        self._standing = values
        return self._adapter

    def base(self, chosen: Chosen, alive: list[int]) -> int | None:
        """Return a witness that has the chosen values, near the one before, so that changes still fit."""
        need = bits_of(chosen)
        if not self._base or self._base & need != need:
            self._base = self._nearer(chosen, need, alive) or (
                self._approached(chosen, alive[-1]) if alive else self._base
            )
        return self._base if self._base and self._base & need == need else None

    def _approached(self, chosen: Chosen, values: int) -> int:
        """Return a witness with as many slots as possible moved to where the base has them."""
        values = self.alone(values)
        if not self._base:
            return values
        held = {self.layout.owner[bit][0].index for bit in chosen}
        aim = [pair for pair in map(self._where.__getitem__, bits(self._base & ~values)) if pair[0] not in held]
        adapter = self.adapter(values)
        before = len(aim) + 1
        while len(aim) < before:
            before, left = len(aim), []
            for pair in aim:
                if adapter.takes([pair]):
                    values = self.moved(values, dict([pair]))
                    adapter.stand(self.base_point(values))
                else:
                    left.append(pair)
            aim = left
        self._standing = values
        self.remember(values)
        return values

    def drift(self, bit: int, base: int, moves: Mapping[int, int]) -> int | None:
        """Move the base along with a change that a value asked for where sums were too tight, but not to the value.

        So the base comes to a place from where most values are one step away. One value does not pull again and again.
        """
        slot, adapter = self.layout.owner[bit][0], self.adapter(base)
        if len(moves) < 2 or self._scans - self._pulled.get(bit, -PULL) < PULL:
            return None
        if adapter.keeps_sums({slot.index: self.single(bit)}):
            return None
        self._pulled[bit] = self._scans
        point = adapter.point
        rest = [(index, position) for index, position in moves.items() if index != slot.index]
        fitting = adapter.all_of(rest, point, {slot.index}) or {}
        rest = [(index, position) for index, position in fitting.items() if position != point[index]]
        if not rest:
            return None
        self._base = self.moved(base, dict(rest))
        self.remember(self._base, self.bits_at(dict(rest)))
        return self._base

    def _nearer(self, chosen: Chosen, need: int, alive: list[int]) -> int | None:
        """Return the base with the chosen values it lacks and what they bring with them."""
        missing = bits(need & ~self._base)
        held = {self.layout.owner[bit][0].index for bit in chosen}
        donors = [alive[-1]] if alive else [donor for bit in missing if (donor := self.donor(bit)) is not None]
        if self._base:
            for donor in dict.fromkeys(donors):
                wanted = [self._where[bit] for bit in missing]
                moves = self.adapter(self._base).all_of(wanted, self.base_point(donor), held)
                if moves is not None:
                    return self.moved(self._base, moves)
        return None

    def change(self, bit: int, base: int, moves: Mapping[int, int]) -> int:
        """Keep how a value comes about from a base: it fits again wherever the sums allow it, all else being alike."""
        changed = beside = 0
        for index in moves:
            changed |= self.layout.masks[index]
            beside |= self._near[index]
        found = self.moved(base, moves)
        beside &= ~changed
        self._deltas[bit] = Delta(dict(moves), changed, found & changed, beside, found & beside)
        return found

    def again(self, bit: int, base: int, need: int) -> int | None:
        """Return the base with the change that last led to a value, when it is sure to fit."""
        delta = self._deltas.get(bit)
        if delta is None or base & delta.beside != delta.seen:
            return None
        found = base & ~delta.changed | delta.part
        return found if found & need == need and self.adapter(base).keeps_sums(delta.moves) else None

    def last_change(self, bit: int) -> Mapping[int, int]:
        """Return the positions of the change that last led to a value, nothing without one."""
        delta = self._deltas.get(bit)
        return delta.moves if delta is not None else {}

    def donor(self, bit: int) -> int | None:
        """Return a witness with a value, the latest one."""
        return self._donors.get(bit)
