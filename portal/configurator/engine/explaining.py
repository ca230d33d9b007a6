"""Minimal reasons and smallest releases, with one selector literal per authored rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from pysat.solvers import Minisat22

from portal.configurator.engine.program import Program
from portal.configurator.engine.session import Session

Pair = tuple[int, int]
"""Slot index and value index."""


class Reasons:
    """Asks the guarded session which choices and rules contradict a wish."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.session = Session(program, guarded=True)
        self._everything = frozenset(range(len(program.rules)))

    def _literals(self, pairs: Iterable[Pair]) -> list[int]:
        encoding, base = self.program.encoding, self.program.base
        return [literal for slot, value in pairs for literal in encoding.literals(base[slot], value)]

    def meets(self, pairs: Sequence[Pair], rules: frozenset[int] | None = None) -> bool:
        """Tell whether all pairs can hold together under all rules (or only `rules`)."""
        active = self._everything if rules is None else rules
        assumptions = self._literals(pairs) + [self.session.selector(rule) for rule in sorted(active)]
        return self.session.solve(assumptions, frozenset(slot for slot, _ in pairs), active) is not None

    def _core(self, pairs: Sequence[Pair], rules: frozenset[int]) -> tuple[list[Pair], frozenset[int]]:
        """Shrink a contradiction to what the failed solve needed."""
        core = set(self.session.core())
        needed = [pair for pair in pairs if core.intersection(self._literals([pair]))]
        return needed, frozenset(rule for rule in rules if self.session.selector(rule) in core)

    def few_choices(self, choices: Sequence[Pair], wish: Sequence[Pair]) -> list[Pair] | None:
        """Return a subset-minimal set of choices that contradicts the wish under all rules; None when none does."""
        if self.meets([*choices, *wish]):
            return None
        kept = [pair for pair in self._core(choices, self._everything)[0] if pair not in wish]
        place = 0
        while place < len(kept):
            trial = kept[:place] + kept[place + 1 :]
            if self.meets([*trial, *wish]):
                place += 1
            else:
                needed = self._core(trial, self._everything)[0]
                kept = [pair for pair in trial if pair in needed]
        return kept

    def few_rules(self, pairs: Sequence[Pair]) -> tuple[int, ...]:
        """Return a subset-minimal set of rules that contradicts the pairs, which must be contradictory."""
        self.meets(pairs)
        kept = sorted(self._core(pairs, self._everything)[1])
        place = 0
        while place < len(kept):
            trial = frozenset(kept[:place] + kept[place + 1 :])
            if self.meets(pairs, trial):
                place += 1
            else:
                kept = sorted(self._core(pairs, trial)[1])
        return tuple(kept)

    def all_choices(self, choices: Sequence[Pair], wish: Sequence[Pair], limit: int) -> list[list[Pair]]:
        """Enumerate minimal contradicting sets of choices: seeds from a map of what is not yet known."""
        found: list[list[Pair]] = []
        numbers = {pair: number for number, pair in enumerate(choices, start=1)}
        with Minisat22(bootstrap_with=[[number, -number] for number in numbers.values()]) as unknown:
            unknown.set_phases(list(numbers.values()))
            while len(found) < limit and unknown.solve():
                model = set(unknown.get_model() or [])
                seed = [pair for pair in choices if numbers[pair] in model]
                conflict = self.few_choices(seed, wish)
                if conflict is None:
                    seed = self._grow(seed, choices, wish)
                    unknown.add_clause([number for pair, number in numbers.items() if pair not in seed])
                    if len(seed) == len(choices):
                        break
                    continue
                found.append(conflict)
                if not conflict:
                    break
                unknown.add_clause([-numbers[pair] for pair in conflict])
                unknown.set_phases(list(numbers.values()))
        return sorted(found, key=lambda reason: (len(reason), [numbers[pair] for pair in reason]))

    def _grow(self, seed: list[Pair], choices: Sequence[Pair], wish: Sequence[Pair]) -> list[Pair]:
        """Add choices while the wish stays possible."""
        for pair in choices:
            if pair not in seed and self.meets([*seed, pair, *wish]):
                seed = [*seed, pair]
        return seed

    def release(self, choices: Sequence[Pair], wish: Sequence[Pair]) -> list[Pair] | None:
        """Return a smallest set of choices whose removal makes the wish possible; None when the rules alone forbid it.

        Ties go against the choices made last.
        """
        conflicts: list[set[Pair]] = []
        while True:
            given_up = _smallest_hitting(conflicts, choices)
            conflict = self.few_choices([pair for pair in choices if pair not in given_up], wish)
            if conflict is None:
                return [pair for pair in choices if pair in given_up]
            if not conflict:
                return None
            conflicts.append(set(conflict))


def _smallest_hitting(sets: list[set[Pair]], order: Sequence[Pair]) -> set[Pair]:
    """Return a smallest set that meets every set, preferring late elements of the order."""
    candidates = [pair for pair in reversed(order) if any(pair in group for group in sets)]
    for size in range(len(candidates) + 1):
        for picked in combinations(candidates, size):
            if all(group.intersection(picked) for group in sets):
                return set(picked)
    return set(candidates)
