"""The features that a model of the solver becomes, and how its values, cells and quotients are called in UVL."""

from __future__ import annotations

from collections.abc import Mapping

from portal.configurator.engine import arithmetic
from portal.configurator.engine.model import Model, Value, Variable
from portal.configurator.engine.terms import Binary, If, Lookup, Number, Ref, Setting, Term
from portal.configurator.uvl.bounds import STEP_LIMIT
from portal.configurator.uvl.placing import FALSE, TRUE
from portal.configurator.uvl.writing import FeatureNames, Leaf, Plain, quoted

ROW_LIMIT = 2_000


class CannotSay(Exception):
    """UVL, or what we write of it, cannot say this; the message is the reason."""


class Vocabulary:
    """Features by variable, value, table row and quotient."""

    def __init__(self, model: Model, root: str, labels: Mapping[str, Mapping[str, Plain]]) -> None:
        self.variables: dict[str, Variable] = {variable.key: variable for variable in model.variables}
        self.derived, self.settings, self.functions = dict(model.derived), model.settings, model.functions
        self.names = FeatureNames()
        self.root = Leaf(self.names.fresh(root), attributes={"abstract": True})
        self.yes = quoted(self.root.name)
        self.no = f"!{self.yes}"
        self.constraints: dict[str, list[str]] = {}
        self.defined: dict[str, str] = {}
        self._features: dict[str, Leaf] = {}
        self._values: dict[tuple[str, Value], Leaf] = {}
        self._rows: dict[tuple[str, tuple[str, ...]], tuple[Leaf, dict[tuple[Value, ...], Leaf]]] = {}
        self._quotients: dict[Term, str] = {}
        for variable in model.variables:
            self._add(variable, labels)

    def _hang(self, group: str, leaf: Leaf) -> Leaf:
        self.root.below.setdefault(group, []).append(leaf)
        return leaf

    def _add(self, variable: Variable, labels: Mapping[str, Mapping[str, Plain]]) -> None:
        """Make the feature of a variable: a switch, an alternative of its values, or an Integer."""
        name = self.names.fresh(variable.key)
        attributes = dict(labels.get(variable.key, {}))
        if variable.kind != "choice":
            numbers = [value for value in variable.values if isinstance(value, int)]
            bounded: dict[str, Plain] = {"min": numbers[0], "max": numbers[-1], **attributes}
            self._features[variable.key] = self._hang("mandatory", Leaf(name, "Integer", bounded))
            texts = [f"{quoted(name)} >= {numbers[0]} & {quoted(name)} <= {numbers[-1]}"]
            if len(numbers) != numbers[-1] - numbers[0] + 1:
                texts.append("(" + " | ".join(f"{quoted(name)} == {number}" for number in numbers) + ")")
            self.constraints[f"values of {variable.key}"] = texts
        elif set(variable.values) == {TRUE, FALSE}:
            self._features[variable.key] = self._hang("optional", Leaf(name, "", attributes))
        else:
            leaf = self._features[variable.key] = self._hang("mandatory", Leaf(name, "", attributes))
            for value in variable.values:
                own = dict(labels.get(f"{variable.key}={value}", {}))
                self._values[variable.key, value] = Leaf(self.names.fresh(f"{variable.key}={value}"), "", own)
            leaf.below["alternative"] = [self._values[variable.key, value] for value in variable.values]

    def feature(self, key: str) -> str:
        """Return the name of a variable's feature."""
        return self._features[key].name

    def selection(self, key: str, value: Value) -> tuple[str, bool] | None:
        """Return the feature that says a value of a choice, and whether it is selected then; None for numbers."""
        if self.variables[key].kind != "choice":
            return None
        if (key, value) in self._values:
            return self._values[key, value].name, True
        return self._features[key].name, value == TRUE

    def equals(self, key: str, value: Value) -> str:
        """Say that a variable has a value."""
        chosen = self.selection(key, value)
        if chosen is None:
            return f"{quoted(self.feature(key))} == {value}"
        return quoted(chosen[0]) if chosen[1] else f"!{quoted(chosen[0])}"

    def differs(self, key: str, value: Value) -> str:
        """Say that a variable does not have a value."""
        chosen = self.selection(key, value)
        if chosen is None:
            return f"{quoted(self.feature(key))} != {value}"
        return f"!{quoted(chosen[0])}" if chosen[1] else quoted(chosen[0])

    def amount(self, key: str) -> str:
        """Say the number of a quantity in base units."""
        scale, name = self.variables[key].scale, quoted(self.feature(key))
        return name if scale == 1 else f"({scale} * {name})"

    def constrain(self, key: str, texts: list[str]) -> None:
        """Keep constraints under a key."""
        self.constraints.setdefault(key, []).extend(texts)

    def _simple(self, term: Lookup) -> bool:
        """Tell whether a cell is found by one choice, whose values are features."""
        return len(term.keys) == 1 and self.variables[term.keys[0]].kind == "choice"

    def _table(self, term: Lookup) -> tuple[Leaf, dict[tuple[Value, ...], Leaf]]:
        """Return the feature of a table's rows, making it: each row is selected when the attributes have its values."""
        known = self._rows.get((term.table, term.keys))
        if known is not None:
            return known
        rows = [row for row in self.functions[term.table, term.column] if self._reachable(term, row)]
        if len(rows) > ROW_LIMIT:
            raise CannotSay(f"the table {term.table} has more than {ROW_LIMIT} rows")
        if not rows:
            raise CannotSay(f"the table {term.table} has no row for these attributes")
        name = self.names.fresh(f"rows of {term.table.strip('=')}")
        leaf = self._hang("optional", Leaf(name, "", {"abstract": True}))
        made = {row: Leaf(self.names.fresh(f"{name} {place}")) for place, row in enumerate(rows, start=1)}
        leaf.below["alternative"] = list(made.values())
        for row, own in made.items():
            parts = " & ".join(self.equals(key, value) for key, value in zip(term.keys, row, strict=True))
            self.constrain(name, [f"{quoted(own.name)} <=> ({parts})"])
        self._rows[term.table, term.keys] = leaf, made
        return leaf, made

    def _reachable(self, term: Lookup, row: tuple[Value, ...]) -> bool:
        return all(value in self.variables[key].values for key, value in zip(term.keys, row, strict=True))

    def row(self, term: Lookup, row: tuple[Value, ...]) -> str:
        """Say that the attributes have the values of a table's row."""
        if not self._reachable(term, row):
            return self.no
        return self.equals(term.keys[0], row[0]) if self._simple(term) else quoted(self._table(term)[1][row].name)

    def any_row(self, term: Lookup) -> str:
        """Say that the table has a row for the values of the attributes."""
        if not self._simple(term):
            return quoted(self._table(term)[0].name)
        cells = self.functions[term.table, term.column]
        key = term.keys[0]
        there = [self.equals(key, value) for value in self.variables[key].values if (value,) in cells]
        return "(" + " | ".join(there) + ")" if there else self.no

    def covers(self, term: Lookup) -> bool:
        """Tell whether the table has a row for every value of the attribute."""
        cells = self.functions[term.table, term.column]
        return self._simple(term) and all((value,) in cells for value in self.variables[term.keys[0]].values)

    def cells(self, term: Lookup) -> str:
        """Say the cell: the sum of an attribute over the features of the rows."""
        attribute = f"{term.table.strip('=')}_{term.column}" if self._simple(term) else term.column
        if self._simple(term) and (term.keys[0], self.variables[term.keys[0]].values[0]) not in self._values:
            return self._switched(term, attribute)
        top, leaves = (
            self._table(term) if not self._simple(term) else (self._features[term.keys[0]], self._single(term))
        )
        for row, cell in self.functions[term.table, term.column].items():
            if isinstance(cell, int) and self._reachable(term, row):
                leaves[row].attributes[attribute] = cell
        if not any(attribute in leaf.attributes for leaf in top.below["alternative"]):
            return "0"
        return f"sum({quoted(top.name)}, {quoted(attribute)})"

    def _single(self, term: Lookup) -> dict[tuple[Value, ...], Leaf]:
        key = term.keys[0]
        return {(value,): self._values[key, value] for value in self.variables[key].values}

    def _switched(self, term: Lookup, attribute: str) -> str:
        """Say a cell that depends on true and false: an attribute of the one feature, 0 when it is not selected."""
        cells, feature = self.functions[term.table, term.column], self._features[term.keys[0]]
        chosen, other = cells.get((TRUE,)), cells.get((FALSE,))
        least = other if isinstance(other, int) else 0
        feature.attributes[attribute] = (chosen if isinstance(chosen, int) else 0) - least
        said = f"{quoted(feature.name)}.{quoted(attribute)}"
        return f"({least} + {said})" if least else said

    def forget(self, term: Binary) -> None:
        """Take a quotient back that could not be said."""
        name = self._quotients.pop(term)
        self.root.below["mandatory"] = [leaf for leaf in self.root.below["mandatory"] if leaf.name != name]

    def quotient(self, term: Binary, low: int, high: int) -> tuple[str, bool]:
        """Return the feature of a rounded quotient and whether it is new."""
        if term in self._quotients:
            return self._quotients[term], False
        if high - low >= STEP_LIMIT:
            raise CannotSay(f"its quotient may have more than {STEP_LIMIT} values")
        name = self.names.fresh(f"quotient {len(self._quotients) + 1}")
        self._quotients[term] = name
        self._hang("mandatory", Leaf(name, "Integer", {"min": low, "max": high}))
        return name, True

    def bounds(self, term: Term) -> tuple[int, int]:
        """Return the least and the greatest number a term may have."""
        low, high, _ = self._interval(term)
        if low > high:
            raise CannotSay("its quotient is never defined")
        return low, high

    def _interval(self, term: Term) -> arithmetic.Interval:
        if isinstance(term, Binary):
            return arithmetic.combine(term.operator, self._interval(term.left), self._interval(term.right))
        if isinstance(term, If):
            return _hull([self._interval(term.then), self._interval(term.otherwise)])
        if isinstance(term, Ref) and term.key in self.derived:
            return self._interval(self.derived[term.key])
        numbers: list[int] = []
        if isinstance(term, Number):
            numbers = [term.value]
        elif isinstance(term, Setting):
            numbers = [self.settings[term.key]]
        elif isinstance(term, Ref):
            variable = self.variables[term.key]
            numbers = [value * variable.scale for value in variable.values if isinstance(value, int)]
        elif isinstance(term, Lookup):
            cells = self.functions[term.table, term.column].values()
            numbers = [cell for cell in cells if isinstance(cell, int)]
        return (min(numbers), max(numbers), isinstance(term, Lookup)) if numbers else arithmetic.NEVER


def _hull(parts: list[arithmetic.Interval]) -> arithmetic.Interval:
    defined = [part for part in parts if part[0] <= part[1]]
    if not defined:
        return arithmetic.NEVER
    return min(part[0] for part in defined), max(part[1] for part in defined), True
