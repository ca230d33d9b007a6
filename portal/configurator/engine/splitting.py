"""Independent components: fix what follows from the rules alone, then part what no rule connects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from portal.configurator.engine.encoding import Clause, width
from portal.configurator.engine.program import Program, Watch
from portal.configurator.engine.scope import Slot, Span


@dataclass(frozen=True)
class Piece:
    """One component: its slots, clauses in its own literals 1 to `top`, watched rules and the way from global literals.

    The literals of the slots come first, in slot order. Numbers that no rule tells apart are one value of a `coarse`
    slot: `spans` holds the first and last position of each.
    """

    slots: tuple[Slot, ...]
    derived: tuple[Slot, ...]
    top: int
    clauses: list[Clause]
    watches: tuple[Watch, ...]
    local: dict[int, int]
    spans: dict[int, tuple[Span, ...]]

    def translate(self, clause: Iterable[int], fixed: Sequence[int]) -> Clause | None:
        """Rewrite a global clause; None when it holds already by what is fixed."""
        result: Clause = []
        for literal in clause:
            variable = abs(literal)
            if variable in self.local:
                result.append(self.local[variable] if literal > 0 else -self.local[variable])
            elif (fixed[variable] > 0) == (literal > 0) and fixed[variable]:
                return None
        return result


def propagated(top: int, clauses: Iterable[Clause]) -> list[int] | None:
    """Return for every literal 1, -1 or 0 (open) by unit propagation; None when the clauses contradict each other."""
    fixed = [0] * (top + 1)
    waiting: dict[int, list[Clause]] = {}
    queue: list[int] = []
    for clause in clauses:
        if len(clause) == 1:
            queue.append(clause[0])
        elif not clause:
            return None
        for literal in clause:
            waiting.setdefault(-literal, []).append(clause)
    while queue:
        literal = queue.pop()
        sign = 1 if literal > 0 else -1
        if fixed[abs(literal)] == sign:
            continue
        if fixed[abs(literal)]:
            return None
        fixed[abs(literal)] = sign
        for clause in waiting.get(literal, ()):
            left = _unit(clause, fixed)
            if left == 0:
                return None
            if left is not None:
                queue.append(left)
    return fixed


def _unit(clause: Clause, fixed: Sequence[int]) -> int | None:
    """Return the only literal left, 0 when none is, None when the clause holds or leaves more than one."""
    left = 0
    for literal in clause:
        value = fixed[abs(literal)]
        if value == 0:
            if left:
                return None
            left = literal
        elif (value > 0) == (literal > 0):
            return None
    return left


class _Groups:
    """Union of literals that hang together."""

    def __init__(self, top: int) -> None:
        self._parent = list(range(top + 1))

    def find(self, variable: int) -> int:
        parent = self._parent
        while parent[variable] != variable:
            parent[variable] = parent[parent[variable]]
            variable = parent[variable]
        return variable

    def join(self, variables: Sequence[int]) -> None:
        if variables:
            first = self.find(variables[0])
            for variable in variables[1:]:
                self._parent[self.find(variable)] = first


def pieces(program: Program, fixed: Sequence[int], extra: Iterable[Clause] = ()) -> list[Piece]:
    """Return the components that are left when the `fixed` literals are taken out; fixed slots belong to none."""
    encoding = program.encoding
    everything = [*program.clauses, *(clause for _, clause in program.rule_clauses), *extra]
    live = [reduced for clause in everything if (reduced := _open(clause, fixed)) is not None]
    groups = _Groups(encoding.top)
    for clause in live:
        groups.join([abs(literal) for literal in clause])
    ranges = [range(first, first + width(slot)) for slot, first in zip(encoding.slots, encoding.first, strict=True)]
    is_open = [any(not fixed[variable] for variable in literals) for literals in ranges]
    for literals, still in zip(ranges, is_open, strict=True):
        if still:
            groups.join(literals)
    for watch in program.watches:
        groups.join([ranges[slot.index][0] for slot in watch.slots if is_open[slot.index]])
    members: dict[int, list[int]] = {}
    for variable in range(1, encoding.top + 1):
        members.setdefault(groups.find(variable), []).append(variable)
    slots: dict[int, list[Slot]] = {}
    for slot, literals, still in zip(encoding.slots, ranges, is_open, strict=True):
        if still:
            slots.setdefault(groups.find(literals[0]), []).append(slot)
    clauses: dict[int, list[Clause]] = {}
    for clause in live:
        clauses.setdefault(groups.find(abs(clause[0])), []).append(clause)
    watches: dict[int, list[Watch]] = {}
    for watch in program.watches:
        still_open = [slot for slot in watch.slots if is_open[slot.index]]
        if still_open:
            watches.setdefault(groups.find(ranges[still_open[0].index][0]), []).append(watch)
    base = len(program.base)
    return [
        _piece(own, base, ranges, fixed, members[root], clauses.get(root, []), watches.get(root, []))
        for root, own in slots.items()
        if any(slot.index < base for slot in own)
    ]


def _open(clause: Clause, fixed: Sequence[int]) -> Clause | None:
    """Leave out false literals; None when a literal is true."""
    left: Clause = []
    for literal in clause:
        value = fixed[abs(literal)]
        if value == 0:
            left.append(literal)
        elif (value > 0) == (literal > 0):
            return None
    return left


def _piece(
    own: list[Slot],
    base: int,
    ranges: Sequence[range],
    fixed: Sequence[int],
    members: Iterable[int],
    clauses: list[Clause],
    watches: list[Watch],
) -> Piece:
    local: dict[int, int] = {}
    watched = {slot.index for watch in watches for slot in watch.slots}
    plain = [slot for slot in own if slot.index < base and slot.ordered and slot.index not in watched]
    spans = _spans(plain, ranges, fixed, clauses)
    ordered = [_coarse(slot, spans) for slot in own if slot.index < base] + [s for s in own if s.index >= base]
    unused: set[int] = set()
    chains: list[Clause] = []
    for slot in ordered:
        literals = list(ranges[slot.index])
        if slot.index in spans:
            used = [literals[low] for low, _ in spans[slot.index]]
            unused.update(set(literals).difference(used))
            chains += [[-high, low] for low, high in pairwise(used)]
            literals = used
        for variable in literals:
            local[variable] = len(local) + 1
    for variable in members:
        if not fixed[variable] and variable not in local and variable not in unused:
            local[variable] = len(local) + 1
    units = [[number if fixed[variable] > 0 else -number] for variable, number in local.items() if fixed[variable]]
    kept = [clause for clause in clauses if not any(abs(literal) in unused for literal in clause)] + chains
    own_clauses = [[local[x] if x > 0 else -local[-x] for x in clause] for clause in kept]
    return Piece(
        tuple(slot for slot in ordered if slot.index < base),
        tuple(slot for slot in ordered if slot.index >= base),
        len(local),
        units + own_clauses,
        tuple(watches),
        local,
        spans,
    )


def _spans(
    slots: Sequence[Slot], ranges: Sequence[range], fixed: Sequence[int], clauses: Iterable[Clause]
) -> dict[int, tuple[Span, ...]]:
    """Return first and last positions of numbers that no clause tells apart, for slots where there are any."""
    owner = {literal: slot.index for slot in slots for literal in ranges[slot.index]}
    used = {abs(literal) for clause in clauses if not _is_chain(clause, owner) for literal in clause}
    found: dict[int, tuple[Span, ...]] = {}
    for slot in slots:
        literals = ranges[slot.index]
        starts = [0] + [
            place
            for place in range(1, slot.size)
            if literals[place] in used
            or (fixed[literals[place]] < 0 <= fixed[literals[place - 1]])
            or (fixed[literals[place]] > 0 and (place + 1 == slot.size or fixed[literals[place + 1]] <= 0))
        ]
        if len(starts) < slot.size:
            found[slot.index] = tuple(zip(starts, [*(start - 1 for start in starts[1:]), slot.size - 1], strict=True))
    return found


def _is_chain(clause: Clause, owner: Mapping[int, int]) -> bool:
    """Tell whether a clause only says of one number that "at least the next value" means "at least this one"."""
    if len(clause) != 2:
        return False
    low, high = max(clause), -min(clause)
    return low > 0 and low + 1 == high and low in owner and owner[low] == owner.get(high)


def _coarse(slot: Slot, spans: Mapping[int, tuple[Span, ...]]) -> Slot:
    if slot.index not in spans:
        return slot
    low = [first for first, _ in spans[slot.index]]
    values, numbers = tuple(slot.values[place] for place in low), tuple(slot.numbers[place] for place in low)
    return Slot(slot.index, slot.key, True, values, numbers, slot.exact)
