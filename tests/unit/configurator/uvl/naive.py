"""Configurations of a UVL text by plain enumeration: neither terms nor the solver are used, only the parsed tree."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import Any

from lark import Token, Tree

from portal.configurator.uvl.bounds import bounds_of
from portal.configurator.uvl.errors import UvlReport
from portal.configurator.uvl.reading import read_text
from portal.configurator.uvl.tree import Feature, Group, UvlModel, name_of

Selected = dict[str, Any]
"""Key of every selected place, with its value when the feature has one, else True."""


class Naive:
    """One text, enumerated."""

    def __init__(self, text: str) -> None:
        report = UvlReport("text")
        self.model: UvlModel = read_text(text, report)
        assert self.model.root is not None
        self.root = self.model.root
        self.features = {feature.name: feature for feature in self.root.below()}
        self.bounds = bounds_of(self.features.values(), self.model.constraints, report)
        report.stop_if_any()
        self.parents: dict[str, str | None] = {self.root.name: None}
        for feature in self.root.below():
            for group in feature.groups:
                for child in group.features:
                    self.parents[child.name] = feature.name

    def configurations(self) -> list[Selected]:
        return [found for found in self._subtree(self.root, "") if self._valid(found)]

    def _subtree(self, feature: Feature, prefix: str) -> Iterator[Selected]:
        """Yield what can be selected when this feature is."""
        key = prefix + feature.name
        if feature.cardinality == (1, 1):
            for value, below in product(self._values(feature), list(self._groups(feature, prefix))):
                yield {key: value, **below}
            return
        least, most = feature.cardinality
        assert most is not None
        for many in range(least, most + 1):
            each = [
                [{f"{key}[{index}]": True, **below} for below in self._groups(feature, f"{key}[{index}].")]
                for index in range(1, many + 1)
            ]
            for parts in product(*each):
                yield {key: True, **{name: value for part in parts for name, value in part.items()}}

    def _values(self, feature: Feature) -> list[Any]:
        if feature.kind == "Integer":
            low, high = self.bounds[feature.name]
            return list(range(low, high + 1))
        return list(feature.listed) if feature.kind == "String" else [True]

    def _groups(self, feature: Feature, prefix: str) -> Iterator[Selected]:
        for parts in product(*(list(self._members(group, prefix)) for group in feature.groups)):
            yield {name: value for part in parts for name, value in part.items()}

    def _members(self, group: Group, prefix: str) -> Iterator[Selected]:
        size = len(group.features)
        most = size if group.most is None else group.most
        least = size if group.kind == "mandatory" else group.least
        for chosen in product((False, True), repeat=size):
            if least <= sum(chosen) <= most:
                wanted = [feature for feature, taken in zip(group.features, chosen, strict=True) if taken]
                for parts in product(*(list(self._subtree(feature, prefix)) for feature in wanted)):
                    yield {name: value for part in parts for name, value in part.items()}

    def _valid(self, selected: Selected) -> bool:
        return all(self._holds(constraint.tree, selected) for constraint in self.model.constraints)

    def _cloned(self, name: str) -> str | None:
        """Return the innermost cloned feature above a feature (tests nest no clones)."""
        above = self.parents[name]
        while above is not None:
            if self.features[above].cardinality != (1, 1):
                return above
            above = self.parents[above]
        return None

    def _holds(self, tree: Tree[Token], selected: Selected) -> bool:
        loops = {self._cloned(names[0]) for names in self._named(tree) if names[0] in self.features} - {None}
        assert len(loops) <= 1
        if not loops:
            return self._eval(tree, selected, "") is True
        top = loops.pop()
        clones = [key for key in selected if key.startswith(f"{top}[") and key.endswith("]")]
        return all(self._eval(tree, selected, f"{clone}.") is True for clone in clones)

    def _named(self, tree: Tree[Token]) -> Iterator[list[str]]:
        for reference in tree.find_data("reference"):
            yield self._path(reference)

    def _path(self, reference: Any) -> list[str]:
        names = [name_of(part) for part in reference.children if isinstance(part, Token)]
        space = self.model.namespace.split(".")
        return names[len(space) :] if names[: len(space)] == space else names

    def _key(self, name: str, prefix: str) -> str:
        return (prefix if self._cloned(name) else "") + name

    def _eval(self, node: Any, selected: Selected, prefix: str, truth: bool = True) -> Any:  # noqa: PLR0911
        kind, parts = str(node.data), node.children

        def read(part: Any, asked: bool = True) -> Any:
            return self._eval(part, selected, prefix, asked)

        if kind in {"disjunction", "conjunction"}:
            return (any if kind == "disjunction" else all)([read(part) for part in parts])
        if kind == "implies":
            return not read(parts[0]) or read(parts[1])
        if kind == "iff":
            return read(parts[0]) == read(parts[1])
        if kind == "inverse":
            return not read(parts[0])
        if kind == "just":
            return read(parts[0])
        if kind == "constant":
            return parts[0] == "true"
        if kind == "comparison":
            left, right = read(parts[0], False), read(parts[2], False)
            if left is None or right is None:
                return False
            signs = {"==": left == right, "!=": left != right}
            if isinstance(left, str):
                return signs[parts[1]]
            signs |= {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
            return signs[parts[1]]
        if kind == "reference":
            names = self._path(node)
            key = self._key(names[0], prefix)
            if len(names) > 1:
                value = self.features[names[0]].attributes[".".join(names[1:])]
                return value if key in selected else {str: "", bool: False}.get(type(value), 0)
            feature = self.features[names[0]]
            if truth or feature.kind == "Boolean":
                return key in selected
            return selected.get(key, 0 if feature.kind == "Integer" else "")
        return self._number(kind, parts, read, selected, prefix)

    def _number(self, kind: str, parts: Any, read: Any, selected: Selected, prefix: str) -> Any:  # noqa: PLR0911
        if kind == "number":
            return Fraction(str(parts[0]))
        if kind == "text":
            return str(parts[0])[1:-1]
        if kind == "negative":
            return -read(parts[0], False)
        if kind == "length":
            return len(read(parts[1], False))
        if kind == "rounded":
            inner = read(parts[1], False)
            return None if inner is None else (floor if parts[0] == "floor" else ceil)(inner)
        if kind == "binary":
            left, right = read(parts[0], False), read(parts[2], False)
            if left is None or right is None or (parts[1] == "/" and right == 0):
                return None
            return {"+": left + right, "-": left - right, "*": left * right}.get(
                str(parts[1]), Fraction(left) / Fraction(right) if right else None
            )
        assert kind == "aggregate"
        names = [".".join(name_of(part) for part in reference.children) for reference in parts[1:]]
        values = list(self._summed(names[-1], names[0] if len(names) == 2 else None, selected, prefix))
        if parts[0] == "sum":
            return sum(values)
        return sum(values) / Fraction(len(values)) if values else None

    def _summed(self, attribute: str, whole: str | None, selected: Selected, prefix: str) -> Iterator[Fraction]:
        inside = None if whole is None else {feature.name for feature in self.features[whole].below()}
        for key in selected:
            name = key.rpartition("].")[2]
            if name in self.features and (inside is None or name in inside):
                value = self.features[name].attributes.get(attribute)
                if isinstance(value, Fraction) and not isinstance(value, bool):
                    yield value
