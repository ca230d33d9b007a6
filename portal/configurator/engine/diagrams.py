"""Table rules as reduced decision diagrams: rows that go on alike share one node, nodes become literals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portal.configurator.engine.encoding import Clause, Encoding
from portal.configurator.engine.scope import Slot

Row = tuple[int, ...]
Node = dict[int, int]
"""Value index to the number of the child within the next layer."""


def reduced(rows: Sequence[Row], width: int) -> list[list[Node]]:
    """Return the nodes of the diagram, layer by layer, the root alone in the first; no rows give no nodes.

    Equal continuations are shared, so tables that are products of parts shrink to a few nodes.
    """
    tree: list[dict[Row, dict[int, None]]] = [{} for _ in range(width)]
    for row in rows:
        for depth in range(width):
            tree[depth].setdefault(row[:depth], {})[row[depth]] = None
    layers: list[list[Node]] = [[] for _ in range(width)]
    numbers: dict[Row, int] = {}
    for depth in reversed(range(width)):
        known: dict[tuple[tuple[int, int], ...], int] = {}
        above: dict[Row, int] = {}
        for prefix, values in tree[depth].items():
            key = tuple((value, numbers.get((*prefix, value), 0)) for value in sorted(values))
            above[prefix] = known.setdefault(key, len(known))
        layers[depth] = [dict(key) for key in known]
        numbers = above
    return layers


def encode(layers: list[list[Node]], slots: Sequence[Slot], encoding: Encoding) -> tuple[list[Clause], list[Clause]]:
    """Return the clauses that lead from node to node, and those that make the diagram a rule.

    The first part alone forbids nothing: all nodes may be false.
    """
    names = [[encoding.new_literal() for _ in layer] for layer in layers]
    walks: list[Clause] = []
    rule: list[Clause] = [names[0]]
    for depth, (layer, slot) in enumerate(zip(layers, slots, strict=True)):
        parents: dict[int, list[int]] = {}
        support: dict[int, list[int]] = {}
        walks += encoding.at_most_one(names[depth])
        for node, name in zip(layer, names[depth], strict=True):
            for value, child in node.items():
                support.setdefault(value, []).append(name)
                parents.setdefault(child, []).append(name)
            for low, high, next_node in _runs(node, slot):
                away = _outside(encoding, slot, low, high)
                if next_node is None:
                    walks.append([-name, *away])
                elif depth + 1 < len(layers):
                    walks.append([-name, *away, names[depth + 1][next_node]])
        for value in range(slot.size):
            rule.append([*(-literal for literal in encoding.literals(slot, value)), *support.get(value, [])])
        if depth + 1 < len(layers):
            rule += [[-names[depth + 1][child], *dict.fromkeys(above)] for child, above in parents.items()]
    return walks, rule


def _runs(node: Node, slot: Slot) -> Iterator[tuple[int, int, int | None]]:
    """Yield first and last value and child of values that go on alike; None: such values stand in no row."""
    low = 0
    for value in range(1, slot.size + 1):
        if value == slot.size or not slot.ordered or node.get(value) != node.get(low):
            yield low, value - 1, node.get(low)
            low = value


def _outside(encoding: Encoding, slot: Slot, low: int, high: int) -> Clause:
    """Return the clause of a run's other values; a word is denied, a span of numbers left on either side."""
    if slot.ordered:
        return encoding.beyond(slot, (low, high))
    return [-literal for literal in encoding.literals(slot, low)]
