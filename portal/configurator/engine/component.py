"""One independent component: its solver, its witnesses, and what is known under each set of choices."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from portal.configurator.engine.asking import Chosen, bits_of
from portal.configurator.engine.changing import Changing
from portal.configurator.engine.layout import bits
from portal.configurator.engine.program import Program
from portal.configurator.engine.searching import Search
from portal.configurator.engine.splitting import Piece
from portal.configurator.engine.switching import switches

RECORDS = 512


@dataclass(slots=True)
class Record:
    """What holds under one set of choices: the values still possible and the witnesses that agree.

    Of a fact everything between its lowest and highest possible value is counted as possible. `decoded` is filled by
    whoever turns the values into words.
    """

    values: int
    alive: list[int]
    stamp: int
    base: int = 0
    decoded: dict[str, tuple[str | int, ...]] | None = field(default=None)


class Component(Changing):
    """Answers which values are possible; the same whatever was asked before. Not safe in threads by itself."""

    def __init__(self, program: Program, piece: Piece, fixed: Sequence[int], template: Sequence[int]) -> None:
        super().__init__(program, piece, fixed, template)
        self._records: OrderedDict[Chosen, Record | None] = OrderedDict()
        self._ready: dict[Chosen, Record | None] = {}
        self._switched: OrderedDict[Chosen, dict[int, int]] = OrderedDict()

    def allowed(self, chosen: Chosen) -> int:
        """Return a set that holds all values still possible: what is known already, without asking anything."""
        record = self._ready.get(chosen) or self._records.get(chosen)
        if record is None:
            return self.layout.all
        return record.values | self._slots_of(chosen)

    def switches(self, chosen: Chosen) -> dict[int, int]:
        """Return for every chosen value what its slot could have beside all other choices, as a set of values."""
        if not self.piece.watches or not chosen:
            return {bit: self._others(chosen, bit) for bit in chosen}
        known = self._switched.get(chosen)
        if known is None:
            fewer = max((known for known in self._switched if known < chosen), key=len, default=frozenset[int]())
            known = self._switched[chosen] = switches(self, chosen, self._switched.get(fewer, {}))
            if len(self._switched) > RECORDS:
                self._switched.popitem(last=False)
        return known

    def _others(self, chosen: Chosen, bit: int) -> int:
        record = self.record(chosen - {bit})
        assert record is not None
        return record.values

    def straying(self, chosen: Chosen) -> dict[int, int]:
        """Return by chosen bit the values of its slot that witnesses have which keep all other choices."""
        need, masks = bits_of(chosen), self.layout.masks
        found, common = dict.fromkeys(chosen, 0), 0
        for values in self._pool:
            missed = need & ~values
            if not missed:
                common |= values
            elif not missed & missed - 1:
                found[missed.bit_length() - 1] |= values
        return {bit: (known | common) & masks[self.layout.owner[bit][0].index] for bit, known in found.items()}

    def known(self, chosen: Chosen) -> int:
        """Return values of which those possible under the choices are a part."""
        record = self._of_fewer(chosen) or self.record(frozenset())
        return record.values if record else 0

    def _slots_of(self, chosen: Chosen) -> int:
        """Return all values of the slots that were chosen."""
        layout, found = self.layout, 0
        for bit in chosen:
            found |= layout.masks[layout.owner[bit][0].index]
        return found

    def record(self, chosen: Chosen) -> Record | None:
        """Return what is possible under the choices, None when they contradict each other."""
        records = self._records
        if chosen in self._ready:
            return self._ready[chosen]
        if chosen in records:
            records.move_to_end(chosen)
            return records[chosen]
        found = self._scan(chosen)
        records[chosen] = found
        if len(records) > RECORDS:
            records.popitem(last=False)
        return found

    def prepare(self, effort: int) -> int:
        """Answer the empty question for good, and first and second clicks within an effort; return what it took.

        The effort of a click is the number of literals that it looks at.
        """
        root = self.record(frozenset())
        self._ready[frozenset()] = root
        if root is None or self.piece.watches:
            return 0
        first, spent = bits(root.values), 0
        for clicks in (1, 2):
            cost = len(first) ** clicks * self.layout.literals
            if spent + cost > effort:
                break
            spent += cost
            for chosen in [known for known in self._ready if len(known) == clicks - 1]:
                record = self._ready[chosen]
                for bit in bits(record.values) if record else []:
                    more = chosen | {bit}
                    if more not in self._ready:
                        self._ready[more] = self._scan(more)
        if len(self.slots) == 1:
            self.rest()
        return spent

    def ready(self) -> list[tuple[Chosen, Record]]:
        """Return the questions answered in advance, fewer choices first."""
        found = [(chosen, record) for chosen, record in self._ready.items() if record is not None]
        return sorted(found, key=lambda pair: len(pair[0]))

    def _parent(self, chosen: Chosen) -> tuple[Record | None, bool]:
        """Return the tightest record of all choices but one, or of none; True when a part already contradicts."""
        best: Record | None = None
        for bit in chosen:
            fewer = chosen - {bit}
            if fewer in self._ready or fewer in self._records:
                known = self._ready[fewer] if fewer in self._ready else self._records[fewer]
                if known is None or not known.values >> bit & 1:
                    return None, True
                if best is None or known.values.bit_count() < best.values.bit_count():
                    best = known
        if best is None and chosen:
            best = self._of_fewer(chosen)
            if best is not None and any(not best.values >> bit & 1 for bit in chosen):
                return None, True
        return best, False

    def _of_fewer(self, chosen: Chosen) -> Record | None:
        """Return what is known under the largest part of the choices, after a retraction or a replacement."""
        known = [fewer for fewer, record in self._records.items() if record is not None and fewer <= chosen]
        largest = max(known, key=len, default=frozenset[int]())
        return self._records.get(largest) or self._ready.get(largest)

    def nearest(self, chosen: Chosen) -> Record | None:
        """Return the tightest known record of fewer choices."""
        return self._parent(chosen)[0]

    def _scan(self, chosen: Chosen) -> Record | None:
        layout = self.layout
        parent, refused = self._parent(chosen)
        if refused:
            return None
        self._scans += 1
        need = bits_of(chosen)
        allowed = parent.values if parent else layout.all
        allowed = allowed & ~self._slots_of(chosen) | need
        fresh = self._pool[max(0, (parent.stamp if parent else 0) - self._forgotten) :]
        old = parent.alive if parent else []
        alive = [values for values in old if values & need == need]
        alive += [values for values in fresh if values & need == need]
        if self.piece.watches:
            alive = [values & allowed for values in alive]
        proven = reduce(or_, alive, 0)
        if allowed & ~proven or not alive:
            if parent is not None and parent.base:
                self._base = parent.base
            search = Search(self, chosen, allowed, proven, alive)
            if not search.run():
                return None
            proven = search.proven
        return Record(proven, alive, self._forgotten + len(self._pool), self._base)
