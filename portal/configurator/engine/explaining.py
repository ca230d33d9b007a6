"""Minimal reasons and smallest releases, with one selector literal per authored rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from pysat.solvers import Minisat22

from portal.configurator.engine.network import Network
from portal.configurator.engine.program import Program
from portal.configurator.engine.session import Session

Pair = tuple[int, int]
"""Slot index and value index."""


class Reasons:
    """Asks the components which choices contradict a wish, and a guarded session which rules do."""

    def __init__(self, program: Program, network: Network) -> None:
        self.program, self.network = program, network
        self._session: Session | None = None

    def _guarded(self) -> Session:
        """Make the session with a selector per rule when the first reason is asked for."""
        if self._session is None:
            self._session = Session(self.program)
        return self._session

    def meets(self, pairs: Sequence[Pair]) -> bool:
        """Tell whether all pairs can hold together under all rules."""
        fixed: dict[int, int] = {}
        for slot, value in pairs:
            if fixed.setdefault(slot, value) != value:
                return False
        return self.network.possible(fixed)

    def few_choices(self, choices: Sequence[Pair], wish: Sequence[Pair]) -> list[Pair] | None:
        """Return a subset-minimal set of choices that contradicts the wish under all rules; None when none does."""
        if self.meets([*choices, *wish]):
            return None
        if not self.meets(wish):
            return []
        kept = self.network.needed(choices, wish)
        place = 0
        while place < len(kept):
            trial = kept[:place] + kept[place + 1 :]
            if self.meets([*trial, *wish]):
                place += 1
            else:
                kept = trial
        return kept

    def few_rules(self, pairs: Sequence[Pair]) -> tuple[int, ...]:
        """Return a subset-minimal set of rules that contradicts the pairs, which must be contradictory."""
        session = self._guarded()
        kept = self._refuted(session, pairs, range(len(self.program.rules)))
        assert kept is not None
        place = 0
        while place < len(kept):
            fewer = self._refuted(session, pairs, kept[:place] + kept[place + 1 :])
            if fewer is None:
                place += 1
            else:
                kept = fewer
        return tuple(sorted(kept))

    def _refuted(self, session: Session, pairs: Sequence[Pair], rules: Sequence[int]) -> list[int] | None:
        """Return those of the rules that a refutation of the pairs needed, in the same order; None when all agree."""
        encoding, base = self.program.encoding, self.program.base
        wanted = [literal for slot, value in pairs for literal in encoding.literals(base[slot], value)]
        selectors = [session.selector(rule) for rule in rules]
        if session.agrees(wanted + selectors, frozenset(slot for slot, _ in pairs), frozenset(rules)):
            return None
        core = set(session.core())
        return [rule for rule, selector in zip(rules, selectors, strict=True) if selector in core]

    def all_choices(self, choices: Sequence[Pair], wish: Sequence[Pair], limit: int) -> list[list[Pair]]:
        """Enumerate minimal contradicting sets of choices, at most `limit`, shortest first."""
        found: list[list[Pair]] = []
        for conflict, _ in self._explore(choices, wish):
            if conflict is not None:
                found.append(conflict)
            if len(found) == limit:
                break
        order = {pair: number for number, pair in enumerate(choices)}
        return sorted(found, key=lambda reason: (len(reason), [order[pair] for pair in reason]))

    def all_releases(self, choices: Sequence[Pair], wish: Sequence[Pair], limit: int) -> list[list[Pair]]:
        """Enumerate minimal sets of choices whose removal makes the wish possible, a smallest one among them."""
        smallest = self.release(choices, wish)
        if smallest is None:
            return []
        found = [smallest]
        for _, released in self._explore(choices, wish):
            if released is not None and set(released) != set(smallest):
                found.append(released)
            if len(found) >= limit:
                break
        return found[:limit]

    def _explore(
        self, choices: Sequence[Pair], wish: Sequence[Pair]
    ) -> Iterator[tuple[list[Pair] | None, list[Pair] | None]]:
        """Yield minimal conflicts and minimal releases as they are met: seeds from a map of what is not yet known."""
        numbers = {pair: number for number, pair in enumerate(choices, start=1)}
        with Minisat22(bootstrap_with=[[number, -number] for number in numbers.values()]) as unknown:
            unknown.set_phases(list(numbers.values()))
            while unknown.solve():
                model = set(unknown.get_model() or [])
                seed = [pair for pair in choices if numbers[pair] in model]
                conflict = self.few_choices(seed, wish)
                if conflict is not None:
                    yield conflict, None
                    if not conflict:
                        return
                    unknown.add_clause([-numbers[pair] for pair in conflict])
                    unknown.set_phases(list(numbers.values()))
                    continue
                kept = set(self._grow(seed, choices, wish))
                released = [pair for pair in choices if pair not in kept]
                yield None, released
                if not released:
                    return
                unknown.add_clause([numbers[pair] for pair in released])

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
