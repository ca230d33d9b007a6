"""The numbers an Integer feature may have: declared as attributes min and max, or by plain constraints on it alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import ceil, floor

from lark import Token, Tree

from portal.configurator.uvl.errors import UvlReport
from portal.configurator.uvl.tree import Constraint, Feature, name_of

STEP_LIMIT = 2_000
LEAST, MOST = ("min", "minimum"), ("max", "maximum")

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}

Bounds = Mapping[str, tuple[int, int]]


def bounds_of(features: Iterable[Feature], constraints: Iterable[Constraint], report: UvlReport) -> Bounds:
    """Return the least and the greatest number of every Integer feature; what is not bounded goes to the report.

    What is declared wins: constraints beyond it are rules like all others. Else `Size >= 3`, `20 < Size & Size < 60`
    and `Size => Size <= 9` bound Size whenever it is selected.
    """
    asked = [feature for feature in features if feature.kind == "Integer"]
    lows: dict[str, list[int]] = {feature.name: [] for feature in asked}
    highs: dict[str, list[int]] = {feature.name: [] for feature in asked}
    for constraint in constraints:
        for name, sign, value in _plain(constraint.tree, ""):
            if name in lows:
                _narrow(lows[name], highs[name], sign, value)
    found: dict[str, tuple[int, int]] = {}
    for feature in asked:
        least, most = _declared(feature, LEAST), _declared(feature, MOST)
        low = ceil(max(least)) if least else max(lows[feature.name], default=None)
        high = floor(min(most)) if most else min(highs[feature.name], default=None)
        if low is None or high is None:
            missing = " and ".join(["no least"] * (low is None) + ["no greatest"] * (high is None))
            report.add(feature.line, 0, f"the Integer feature {feature.name} has {missing} number: {_HELP}")
        elif low > high:
            report.add(feature.line, 0, f"the Integer feature {feature.name} has no number between {low} and {high}")
        elif high - low >= STEP_LIMIT:
            report.add(feature.line, 0, f"the Integer feature {feature.name} has more than {STEP_LIMIT} numbers")
        else:
            found[feature.name] = (low, high)
    return found


_HELP = "write attributes such as {min 1, max 64} or constraints such as 1 <= Size & Size <= 64"


def _declared(feature: Feature, names: tuple[str, ...]) -> list[Fraction]:
    return [value for name in names if isinstance(value := feature.attributes.get(name), Fraction)]


def _narrow(lows: list[int], highs: list[int], sign: str, value: Fraction) -> None:
    if sign in {">=", "=="}:
        lows.append(ceil(value))
    if sign in {"<=", "=="}:
        highs.append(floor(value))
    if sign == ">":
        lows.append(floor(value) + 1)
    if sign == "<":
        highs.append(ceil(value) - 1)


def _plain(node: Tree[Token] | Token, only: str) -> list[tuple[str, str, Fraction]]:
    """List the comparisons of one feature with a constant that must hold; `only` is the feature that implies them."""
    if isinstance(node, Token):
        return []
    if node.data in {"conjunction", "just"}:
        return [found for part in node.children for found in _plain(part, only)]
    if node.data == "implies" and not only:
        name = _name(node.children[0])
        return [found for found in _plain(node.children[1], name) if found[0] == name] if name else []
    if node.data == "comparison":
        left, sign, right = node.children
        for first, second, way in ((left, right, str(sign)), (right, left, _TURNED.get(str(sign), ""))):
            name, value = _name(first), _constant(second)
            if name and value is not None and way in _TURNED:
                return [(name, way, value)]
    return []


def _name(node: Tree[Token] | Token) -> str:
    if isinstance(node, Tree) and node.data == "reference" and len(node.children) == 1:
        token = node.children[0]
        return name_of(token) if isinstance(token, Token) else ""
    return ""


def _constant(node: Tree[Token] | Token) -> Fraction | None:
    if isinstance(node, Token):
        return None
    if node.data == "number":
        return Fraction(str(node.children[0]))
    inner = _constant(node.children[0]) if node.data == "negative" else None
    return None if inner is None else -inner
