"""Compile terms to functions of a point (one value per slot) and of a box (a set of values per slot)."""

from __future__ import annotations

from collections.abc import Callable

from portal.configurator.engine import arithmetic, linear
from portal.configurator.engine.arithmetic import FALSE, NEVER, TRUE, UNDEFINED, Interval
from portal.configurator.engine.model import Value
from portal.configurator.engine.scope import Box, Part, Point, Scope, Slot, count, holds, positions
from portal.configurator.engine.terms import (
    And,
    Binary,
    Compare,
    If,
    Lookup,
    Member,
    Not,
    Number,
    Or,
    Ref,
    Same,
    Setting,
    Symbol,
    Term,
    children,
)

PointNumber = Callable[[Point], int | None]
PointWord = Callable[[Point], str | None]
PointTruth = Callable[[Point], bool | None]
BoxNumber = Callable[[Box], Interval]
BoxWords = Callable[[Box], tuple[frozenset[str], bool]]
BoxTruth = Callable[[Box], int]

MEMO_SIZE = 4096


def slots_of(term: Term, scope: Scope) -> tuple[Slot, ...]:
    """Return the slots a term reads, through inlined derived numbers, in slot order."""
    found: dict[int, Slot] = {}
    stack = [term]
    while stack:
        node = stack.pop()
        keys = (node.key,) if isinstance(node, Ref) else node.keys if isinstance(node, Lookup) else ()
        for key in keys:
            if key in scope.slots:
                found[scope.slots[key].index] = scope.slots[key]
            else:
                stack.append(scope.inlined[key])
        stack.extend(children(node))
    return tuple(found[index] for index in sorted(found))


def cells_of(lookup: Lookup, scope: Scope) -> tuple[tuple[int, ...], dict[tuple[int, ...], Value]]:
    """Return slot indexes and the defined cells by value indexes."""
    slots = [scope.slots[key] for key in lookup.keys]
    cells: dict[tuple[int, ...], Value] = {}
    for row, cell in scope.functions[lookup.table, lookup.column].items():
        places = tuple(slot.positions.get(value, -1) for slot, value in zip(slots, row, strict=True))
        if cell is not None and -1 not in places:
            cells[places] = cell
    return tuple(slot.index for slot in slots), cells


def point_number(term: Term, scope: Scope) -> PointNumber:
    """Compile a numeric term for points; None is undefined."""
    if isinstance(term, (Number, Setting)):
        constant = term.value if isinstance(term, Number) else scope.settings[term.key]
        return lambda _point: constant
    if isinstance(term, Ref):
        if term.key in scope.inlined:
            return point_number(scope.inlined[term.key], scope)
        slot = scope.slots[term.key]
        index, numbers = slot.index, slot.numbers
        return lambda point: numbers[point[index]]
    if isinstance(term, Lookup):
        indexes, cells = cells_of(term, scope)
        amounts = {places: cell for places, cell in cells.items() if isinstance(cell, int)}
        return lambda point: amounts.get(tuple([point[index] for index in indexes]))
    return _point_if(term, scope) if isinstance(term, If) else _point_binary(term, scope)


def _point_binary(term: Term, scope: Scope) -> PointNumber:
    if not isinstance(term, Binary):
        raise TypeError(f"not a number: {term!r}")
    if linear.is_sum(term):
        found = linear.flatten(term, scope)
        return linear.point_sum(found, scope, [point_number(part, scope) for _, part in found.rest])
    left, right = point_number(term.left, scope), point_number(term.right, scope)
    operate = arithmetic.EXACT[term.operator]

    def binary(point: Point) -> int | None:
        first, second = left(point), right(point)
        return None if first is None or second is None else operate(first, second)

    return binary


def _point_if(term: If, scope: Scope) -> PointNumber:
    condition = point_truth(term.condition, scope)
    then, otherwise = point_number(term.then, scope), point_number(term.otherwise, scope)

    def choose(point: Point) -> int | None:
        truth = condition(point)
        return None if truth is None else then(point) if truth else otherwise(point)

    return choose


def point_word(term: Term, scope: Scope) -> PointWord:
    """Compile a symbolic term for points; None is undefined."""
    if isinstance(term, Symbol):
        constant = term.value
        return lambda _point: constant
    if isinstance(term, Ref):
        slot = scope.slots[term.key]
        index, words = slot.index, tuple(str(value) for value in slot.values)
        return lambda point: words[point[index]]
    if not isinstance(term, Lookup):
        raise TypeError(f"not a word: {term!r}")
    indexes, cells = cells_of(term, scope)
    texts = {places: str(cell) for places, cell in cells.items()}
    return lambda point: texts.get(tuple([point[index] for index in indexes]))


def _point_all(parts: tuple[PointTruth, ...], stop: bool) -> PointTruth:
    """Compile `and` (stop at False) or `or` (stop at True)."""

    def walk(point: Point) -> bool | None:
        result: bool | None = not stop
        for part in parts:
            truth = part(point)
            if truth is stop:
                return stop
            if truth is None:
                result = None
        return result

    return walk


def _point_compare(term: Compare, scope: Scope) -> PointTruth:
    left, right = point_number(term.left, scope), point_number(term.right, scope)
    test = arithmetic.COMPARE[term.operator]

    def decide(point: Point) -> bool | None:
        first, second = left(point), right(point)
        return None if first is None or second is None else test(first, second)

    return decide


def _point_words(term: Same | Member, scope: Scope) -> PointTruth:
    if isinstance(term, Member):
        inner, symbols = point_word(term.term, scope), frozenset(term.symbols)

        def member(point: Point) -> bool | None:
            word = inner(point)
            return None if word is None else word in symbols

        return member
    left, right = point_word(term.left, scope), point_word(term.right, scope)

    def same(point: Point) -> bool | None:
        first, second = left(point), right(point)
        return None if first is None or second is None else first == second

    return same


def point_truth(term: Term, scope: Scope) -> PointTruth:
    """Compile a condition for points; None is undefined."""
    if isinstance(term, Compare):
        return _point_compare(term, scope)
    if isinstance(term, (Same, Member)):
        return _point_words(term, scope)
    if isinstance(term, Not):
        inner = point_truth(term.part, scope)

        def inverted(point: Point) -> bool | None:
            truth = inner(point)
            return None if truth is None else not truth

        return inverted
    if isinstance(term, (And, Or)):
        return _point_all(tuple(point_truth(part, scope) for part in term.parts), isinstance(term, Or))
    raise TypeError(f"not a condition: {term!r}")


def _box_cells(lookup: Lookup, scope: Scope) -> Callable[[Box], tuple[tuple[Value, ...], bool]]:
    """Compile a lookup to the possible cells within a box, remembered per combination of parts."""
    indexes, cells = cells_of(lookup, scope)
    memo: dict[tuple[Part, ...], tuple[tuple[Value, ...], bool]] = {}
    single = indexes[0] if len(indexes) == 1 else None

    def find(box: Box) -> tuple[tuple[Value, ...], bool]:
        parts = (box[single],) if single is not None else tuple([box[index] for index in indexes])
        known = memo.get(parts)
        if known is None:
            inside = [
                cell
                for places, cell in cells.items()
                if all(holds(part, at) for part, at in zip(parts, places, strict=True))
            ]
            space = 1
            for part in parts:
                space *= count(part)
            if len(memo) >= MEMO_SIZE:
                memo.clear()
            known = memo[parts] = (tuple(dict.fromkeys(inside)), len(inside) < space)
        return known

    return find


def _box_lookup_number(term: Lookup, scope: Scope) -> BoxNumber:
    find = _box_cells(term, scope)
    memo: dict[tuple[Value, ...], tuple[int, int]] = {}

    def bounds(box: Box) -> Interval:
        cells, undefined = find(box)
        known = memo.get(cells)
        if known is None:
            numbers = [cell for cell in cells if isinstance(cell, int)]
            known = (min(numbers), max(numbers)) if numbers else (1, 0)
            if len(memo) >= MEMO_SIZE:
                memo.clear()
            memo[cells] = known
        return (known[0], known[1], undefined)

    return bounds


def box_number(term: Term, scope: Scope) -> BoxNumber:
    """Compile a numeric term for boxes."""
    if isinstance(term, (Number, Setting)):
        constant = term.value if isinstance(term, Number) else scope.settings[term.key]
        fixed = (constant, constant, False)
        return lambda _box: fixed
    if isinstance(term, Ref):
        if term.key in scope.inlined:
            return box_number(scope.inlined[term.key], scope)
        slot = scope.slots[term.key]
        index, numbers = slot.index, slot.numbers

        def bounds(box: Box) -> Interval:
            part = box[index]
            return (numbers[part[0]], numbers[part[1]], False) if isinstance(part, tuple) else NEVER

        return bounds
    if isinstance(term, Lookup):
        return _box_lookup_number(term, scope)
    return _box_if(term, scope) if isinstance(term, If) else _box_binary(term, scope)


def _box_binary(term: Term, scope: Scope) -> BoxNumber:
    if not isinstance(term, Binary):
        raise TypeError(f"not a number: {term!r}")
    if linear.is_sum(term):
        found = linear.flatten(term, scope)
        return linear.box_sum(found, scope, [box_number(part, scope) for _, part in found.rest])
    left, right, operator = box_number(term.left, scope), box_number(term.right, scope), term.operator
    return lambda box: arithmetic.combine(operator, left(box), right(box))


def _box_if(term: If, scope: Scope) -> BoxNumber:
    condition = box_truth(term.condition, scope)
    then, otherwise = box_number(term.then, scope), box_number(term.otherwise, scope)

    return lambda box: choice_of(condition(box), then(box), otherwise(box))


def choice_of(truth: int, then: Interval, otherwise: Interval) -> Interval:
    """Return what one of two numbers may be, given the truth values that their condition may take."""
    if truth == TRUE:
        return then
    if truth == FALSE:
        return otherwise
    parts = [then] if truth & TRUE else []
    parts += [otherwise] if truth & FALSE else []
    defined = [part for part in parts if part[0] <= part[1]]
    if not defined:
        return NEVER
    undefined = bool(truth & UNDEFINED) or any(part[2] for part in parts)
    return min(part[0] for part in defined), max(part[1] for part in defined), undefined


def box_words(term: Term, scope: Scope) -> BoxWords:
    """Compile a symbolic term for boxes."""
    if isinstance(term, Symbol):
        fixed = (frozenset({term.value}), False)
        return lambda _box: fixed
    if isinstance(term, Ref):
        slot = scope.slots[term.key]
        words = tuple(str(value) for value in slot.values)
        index = slot.index
        return lambda box: (frozenset(words[at] for at in positions(box[index])), False)
    if not isinstance(term, Lookup):
        raise TypeError(f"not a word: {term!r}")
    find = _box_cells(term, scope)

    def texts(box: Box) -> tuple[frozenset[str], bool]:
        cells, undefined = find(box)
        return frozenset(str(cell) for cell in cells), undefined

    return texts


def _box_words_truth(term: Same | Member, scope: Scope) -> BoxTruth:
    left = box_words(term.term if isinstance(term, Member) else term.left, scope)
    symbols = frozenset(term.symbols) if isinstance(term, Member) else None
    right = box_words(term.right, scope) if isinstance(term, Same) else None

    def decide(box: Box) -> int:
        words, undefined = left(box)
        if symbols is not None:
            yes, no = bool(words & symbols), bool(words - symbols)
        else:
            assert right is not None
            others, missing = right(box)
            undefined = undefined or missing
            yes = bool(words & others)
            no = bool(words and others) and not (len(words) == 1 and words == others)
        return (UNDEFINED if undefined else 0) | (TRUE if yes else 0) | (FALSE if no else 0)

    return decide


def _box_parts(parts: tuple[BoxTruth, ...], invert: bool) -> BoxTruth:
    """Compile `and`, or `or` as the negation of `and` over negated parts."""

    def walk(box: Box) -> int:
        result = TRUE
        for part in parts:
            truth = part(box)
            result = arithmetic.conjoin(result, arithmetic.negate(truth) if invert else truth)
            if result == FALSE:
                break
        return arithmetic.negate(result) if invert else result

    return walk


def box_truth(term: Term, scope: Scope) -> BoxTruth:
    """Compile a condition to the set of truth values it may take within a box."""
    if isinstance(term, Compare):
        left, right, operator = box_number(term.left, scope), box_number(term.right, scope), term.operator
        return lambda box: arithmetic.compare(operator, left(box), right(box))
    if isinstance(term, (Same, Member)):
        return _box_words_truth(term, scope)
    if isinstance(term, Not):
        inner = box_truth(term.part, scope)
        return lambda box: arithmetic.negate(inner(box))
    if isinstance(term, (And, Or)):
        return _box_parts(tuple(box_truth(part, scope) for part in term.parts), isinstance(term, Or))
    raise TypeError(f"not a condition: {term!r}")
