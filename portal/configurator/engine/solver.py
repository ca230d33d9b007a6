"""The library's door: compile rules once, then ask for domains, reasons, releases, completions and bill lines."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from functools import partial
from threading import RLock
from time import monotonic

from portal.configurator.engine.answers import Answers
from portal.configurator.engine.completing import Completion
from portal.configurator.engine.evaluating import BoxNumber, box_number, point_number, point_truth
from portal.configurator.engine.explaining import Pair, Reasons
from portal.configurator.engine.model import HasModel, Line, Model, Value, Variable
from portal.configurator.engine.network import Network
from portal.configurator.engine.optimizing import Optimizer
from portal.configurator.engine.pricing import Bill, bill_of
from portal.configurator.engine.program import Program
from portal.configurator.engine.results import BomLine, Domains, Explanation, Impossible, Optimum, Repair
from portal.configurator.engine.scope import Box, Slot

RESULTS = 512

Choices = Mapping[str, Value]


class Compiled:
    """A compiled model; every method may be called from any thread (one lock), answers depend on arguments only.

    Where several minimal reasons exist, which of them `explain` names may differ from call to call. Without `scanned`
    it is ready sooner and the first answers take longer.
    """

    def __init__(self, model: Model, *, scanned: bool = True) -> None:
        self.model = model
        self._lock = RLock()
        self._program = Program(model)
        self._network = Network(self._program, scanned=scanned)
        self._reasons = Reasons(self._program, self._network)
        self._variables = {variable.key: variable for variable in model.variables}
        self._slots = {slot.key: slot for slot in self._program.base}
        self._derived = [(key, self._bounds(key)) for key, _ in model.derived]
        self._results: OrderedDict[frozenset[tuple[str, Value]], Domains] = OrderedDict()
        self._exact = Answers(self._program, self._network)

    def _bounds(self, key: str) -> BoxNumber:
        scope = self._program.scope
        term = dict(self.model.derived)[key]
        return box_number(term, scope)

    def _pairs(self, choices: Choices) -> list[Pair]:
        """Translate choices; a key or value the model does not have raises KeyError."""
        return [self._pair(key, value) for key, value in choices.items()]

    def _pair(self, key: str, value: Value) -> Pair:
        slot = self._slots[key]
        if isinstance(value, bool) or value not in slot.positions:
            raise KeyError(f"{key} has no value {value!r}")
        return slot.index, slot.positions[value]

    def _words(self, pairs: list[Pair]) -> tuple[tuple[str, Value], ...]:
        base = self._program.base
        return tuple((base[slot].key, base[slot].values[value]) for slot, value in pairs)

    def domains(self, choices: Choices) -> Domains:
        """Return what is still possible for every attribute given the other choices; Impossible if they contradict."""
        with self._lock:
            pairs = self._pairs(choices)
            known = frozenset(choices.items())
            if known in self._results:
                self._results.move_to_end(known)
                return self._results[known]
            masks = self._network.masks(dict(pairs))
            if masks is None:
                raise Impossible(self._explain(pairs, []))
            result = self._read(masks, dict(pairs))
            self._results[known] = result
            if len(self._results) > RESULTS:
                self._results.popitem(last=False)
            return result

    def exact(self, choices: Choices) -> dict[str, tuple[Value, ...]]:
        """Return what is still possible for every attribute under all choices; Impossible if they contradict.

        A chosen attribute has just its value. Of a fact the lowest and the highest possible value are given.
        """
        with self._lock:
            found = self._exact.values(choices)
            if found is None:
                raise Impossible(self._explain(self._pairs(choices), []))
            return found

    def retract(self, choices: Choices, key: str) -> Domains:
        """Return what is possible when the choice of one attribute is taken back."""
        return self.domains(_without(choices, key))

    def _read(self, masks: Mapping[int, int], fixed: Mapping[int, int]) -> Domains:
        """Turn masks into values, ranges and implied values."""
        values: dict[str, tuple[Value, ...]] = {}
        ranges: dict[str, tuple[int, int]] = {}
        implied: dict[str, Value] = {}
        for slot in self._program.base:
            mask = masks[slot.index]
            low, high = (mask & -mask).bit_length() - 1, mask.bit_length() - 1
            if slot.exact:
                values[slot.key] = tuple(slot.values[place] for place in range(slot.size) if mask >> place & 1)
            else:
                ranges[slot.key] = (_number(slot, low), _number(slot, high))
            if slot.index not in fixed and low == high:
                implied[slot.key] = slot.values[low]
        return Domains(values, ranges, implied, self._derived_bounds(self._box(masks, fixed)))

    def _derived_bounds(self, box: Box) -> dict[str, tuple[int, int] | None]:
        """Bound derived numbers within a box; materialised ones narrow as they are met, in order of definition."""
        result: dict[str, tuple[int, int] | None] = {}
        slots = self._program.scope.slots
        for key, bounds in self._derived:
            low, high, undefined = bounds(box)
            result[key] = None if undefined or low > high else (low, high)
            if key in slots:
                inside = [place for place, number in enumerate(slots[key].numbers) if low <= number <= high]
                box.append((inside[0], inside[-1]))
        return result

    def possible(self, choices: Choices, key: str, value: Value) -> bool:
        """Tell whether key = value can hold with the choices made for the other attributes."""
        with self._lock:
            wish = self._pair(key, value)
            fixed = dict(self._pairs(_without(choices, key)))
            return self._network.possible({**fixed, wish[0]: wish[1]})

    def explain(self, choices: Choices, key: str, value: Value) -> Explanation:
        """Return a subset-minimal reason why key = value is impossible; ValueError if it is possible."""
        with self._lock:
            return self._explain(self._pairs(_without(choices, key)), [self._pair(key, value)])

    def _explain(self, choices: list[Pair], wish: list[Pair]) -> Explanation:
        few = self._reasons.few_choices(choices, wish)
        if few is None:
            raise ValueError("nothing to explain: this is possible")
        return self._reason(few, wish)

    def _reason(self, few: list[Pair], wish: list[Pair]) -> Explanation:
        rules = self._reasons.few_rules([*few, *wish])
        return Explanation(self._words(few), tuple(self._program.rules[rule] for rule in rules))

    def reasons(self, choices: Choices, key: str, value: Value, limit: int = 8) -> tuple[Explanation, ...]:
        """Return every minimal set of choices that excludes key = value, shortest first, at most `limit`."""
        with self._lock:
            wish = [self._pair(key, value)]
            found = self._reasons.all_choices(self._pairs(_without(choices, key)), wish, limit)
            return tuple(self._reason(few, wish) for few in found)

    def release(self, choices: Choices, key: str, value: Value) -> tuple[tuple[str, Value], ...]:
        """Return a smallest set of other choices to give up for key = value; Impossible if none helps."""
        with self._lock:
            pairs, wish = self._pairs(_without(choices, key)), [self._pair(key, value)]
            given_up = self._reasons.release(pairs, wish)
            if given_up is None:
                raise Impossible(self._explain([], wish))
            return self._words(given_up)

    def repairs(
        self, choices: Choices, key: str, value: Value, costs: Mapping[str, int] | None = None, limit: int = 5
    ) -> tuple[Repair, ...]:
        """Return minimal sets of other choices to give up for key = value, each with the proposal that then results.

        Cheapest first, then fewest changes; without `costs` fewest changes first. The smallest set is always among
        them. A number that is given up stays as near to what it was as it can. None when the rules forbid the value.
        """
        with self._lock:
            others = _without(choices, key)
            releases = self._reasons.all_releases(self._pairs(others), [self._pair(key, value)], limit)
            bill = bill_of(self._program, self._variables, costs) if costs is not None else None
            found = [self._repair(others, key, value, self._words(released), bill, costs) for released in releases]
            return tuple(sorted(found, key=lambda repair: (repair.cost or 0, len(repair.released))))

    def _repair(
        self,
        others: Choices,
        key: str,
        value: Value,
        released: tuple[tuple[str, Value], ...],
        bill: Bill | None,
        costs: Mapping[str, int] | None,
    ) -> Repair:
        given_up = dict(released)
        kept = {name: chosen for name, chosen in others.items() if name not in given_up}
        point = self._complete_point(self._pairs({**kept, key: value}), costs, given_up)
        assert point is not None
        proposal = self._assignment(point)
        changed = tuple((name, before, proposal[name]) for name, before in released)
        return Repair(released, changed, proposal, bill.total(point) if bill else None)

    def cheapest(self, choices: Choices, costs: Mapping[str, int], seconds: float = 2.0) -> Optimum:
        """Return the full configuration with the lowest total of its bill, or the best one found within `seconds`.

        `costs` gives minor money per sku; a product without a price counts as dearer than everything else. The time is
        that of the whole call, but a first configuration is always found.
        """
        with self._lock:
            begun = monotonic()
            pairs = self._pairs(choices)
            start = self._complete_point(pairs, costs)
            masks = self._network.strict(dict(pairs))
            if start is None or masks is None:
                raise Impossible(self._explain(pairs, []))
            bill = bill_of(self._program, self._variables, costs)
            box = self._program.derive_box(self._box(masks, dict(pairs)))
            optimizer = Optimizer(self._network, bill, dict(pairs), box)
            try:
                point, total, proved = optimizer.run(start, max(0.0, seconds - (monotonic() - begun)))
            finally:
                optimizer.close()
            return Optimum(self._assignment(point), total, total if proved else optimizer.lower, proved)

    def _box(self, masks: Mapping[int, int], fixed: Mapping[int, int]) -> Box:
        """Return the box of what is possible; chosen slots have their value only."""
        box: Box = []
        for slot in self._program.base:
            mask = 1 << fixed[slot.index] if slot.index in fixed else masks[slot.index]
            box.append(((mask & -mask).bit_length() - 1, mask.bit_length() - 1) if slot.ordered else mask)
        return box

    def complete(self, choices: Choices, costs: Mapping[str, int] | None = None) -> dict[str, Value]:
        """Return the same full proposal every time: each attribute in turn takes its most preferred possible value.

        `costs` gives minor money per sku for attributes that prefer the cheapest; without it their listed order counts.
        """
        with self._lock:
            pairs = self._pairs(choices)
            point = self._complete_point(pairs, costs)
            if point is None:
                raise Impossible(self._explain(pairs, []))
            return self._assignment(point)

    def _complete_point(
        self, pairs: list[Pair], costs: Mapping[str, int] | None, near: Choices | None = None
    ) -> list[int] | None:
        """Return the completion of choices, None when they contradict; attributes in `near` come first."""
        fixed, near = dict(pairs), near or {}
        if not self._network.possible(fixed):
            return None
        completion = Completion(self._network, fixed)
        for key in dict.fromkeys([*near, *self.model.completion, *self._slots]):
            slot = self._slots[key]
            if slot.index not in fixed:
                places = preference(self._variables[key], costs or {})
                if key in near and slot.ordered:
                    was = slot.positions[near[key]]
                    places.sort(key=partial(_distance, was))
                fixed[slot.index] = completion.take(slot, places)
        return self._program.derive_point([fixed[slot.index] for slot in self._program.base])

    def _assignment(self, point: list[int]) -> dict[str, Value]:
        """Return a full point in words, with the derived numbers that are defined."""
        result: dict[str, Value] = {slot.key: slot.values[point[slot.index]] for slot in self._program.base}
        for key, term in self.model.derived:
            number = point_number(term, self._program.scope)(point)
            if number is not None:
                result[key] = number
        return result

    def lines(self, assignment: Choices) -> tuple[BomLine, ...]:
        """Return the bill of a full assignment in the authored order; lines of quantity zero are left out."""
        point = self._program.derive_point([slot.positions[assignment[slot.key]] for slot in self._program.base])
        found = [self._line(line, assignment, point) for line in self.model.lines]
        return tuple(line for line in found if line is not None)

    def _line(self, line: Line, assignment: Choices, point: list[int]) -> BomLine | None:
        scope = self._program.scope
        if line.when is not None and point_truth(line.when, scope)(point) is not True:
            return None
        sku = line.sku
        if line.product is not None:
            variable = self._variables[line.product]
            sku = variable.skus[variable.values.index(assignment[line.product])]
        quantity = point_number(line.quantity, scope)(point)
        if quantity is None:
            raise ValueError(f"line {line.key} has no quantity")
        return BomLine(sku, quantity, line.group, line.key) if sku is not None and quantity > 0 else None


def preference(variable: Variable, costs: Mapping[str, int]) -> list[int]:
    """Order the value indexes of a variable from most to least preferred."""
    places = list(range(len(variable.values)))
    if variable.order == "largest":
        places.reverse()
    if variable.order == "cheapest" and variable.skus:
        dearest = max(costs.values(), default=0) + 1
        price = [0 if sku is None else costs.get(sku, dearest) for sku in variable.skus]
        places.sort(key=lambda place: price[place])
    if variable.favourite is not None:
        wanted = variable.values.index(variable.favourite)
        if variable.kind == "choice":
            places.sort(key=lambda place: place != wanted)
        else:
            places.sort(key=lambda place: abs(place - wanted))
    return places


def _distance(here: int, there: int) -> int:
    return abs(here - there)


def _number(slot: Slot, position: int) -> int:
    value = slot.values[position]
    assert isinstance(value, int)
    return value


def _without(choices: Choices, key: str) -> dict[str, Value]:
    return {name: value for name, value in choices.items() if name != key}


def compile_rules(rules: Model | HasModel) -> Compiled:
    """Compile a model, or anything that has one; expensive, meant to be kept per content hash."""
    return Compiled(rules if isinstance(rules, Model) else rules.model())


__all__ = ["BomLine", "Compiled", "Domains", "Explanation", "Impossible", "Optimum", "Repair", "compile_rules"]
