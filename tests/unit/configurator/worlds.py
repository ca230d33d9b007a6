"""Small random rule sets and the enumeration that the solver is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from types import ModuleType
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st

from portal.configurator.engine import (
    asking,
    component,
    encoding,
    evaluating,
    lifting,
    network,
    optimizing,
    program,
    searching,
    session,
    solver,
)
from portal.configurator.engine.model import Model
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.language.ruleset import (
    Accessory,
    Attribute,
    Column,
    Line,
    Prefer,
    Repeated,
    Rule,
    RuleSet,
    Section,
    Table,
    Text,
    Value,
)
from portal.configurator.verification import build

SAME = Text("x", "x")
FIRST = Prefer("first")


def choice(
    key: str,
    words: Iterable[str],
    prefer: Prefer = FIRST,
    numbers: dict[str, int] | None = None,
    group: str = "",
) -> Attribute:
    values = tuple(Value(word, Text(word, word), f"SKU-{word}", (numbers or {}).get(word)) for word in words)
    return Attribute(key, "choice", SAME, SAME, "count", values, 0, 0, "s", prefer, group=group)


def quantity(
    key: str, low: int, high: int, kind: str = "quantity", prefer: Prefer = FIRST, group: str = ""
) -> Attribute:
    return Attribute(key, kind, SAME, SAME, "count", (), low, high, "s", prefer, group=group)


def derived(key: str, expression: str, group: str = "") -> Attribute:
    return Attribute(key, "derived", SAME, SAME, "count", (), 0, 0, "s", FIRST, None, expression, group)


def repeated(key: str, low: int, high: int, prefer: Prefer = FIRST) -> Repeated:
    """A group of attributes (those with `group=key`) that exists `low` to `high` times."""
    return Repeated(key, SAME, SAME, SAME, "s", low, high, prefer)


def accessory(
    key: str, sku: str, quantity: str, when: str = "", parents: Iterable[str] = (), product: str = ""
) -> Accessory:
    """A line added because of a requirement: `sku`, or `product` (a choice), for each piece of its parents."""
    return Accessory(key, SAME, "", "g", sku, product, quantity, when, tuple(parents))


def ruleset(
    attributes: Iterable[Attribute],
    rules: Iterable[Rule],
    tables: Iterable[Table] = (),
    lines: Iterable[Line] = (),
    groups: Iterable[Repeated] = (),
    accessories: Iterable[Accessory] = (),
) -> RuleSet:
    return RuleSet(
        key="small",
        title=SAME,
        sections=(Section("s", SAME, SAME),),
        attributes=tuple(attributes),
        tables=tuple(tables),
        settings=(),
        rules=tuple(rules),
        groups=(),
        lines=tuple(lines),
        completion=(),
        examples=(),
        repeated=tuple(groups),
        accessories=tuple(accessories),
    )


def require(key: str, expression: str, when: str = "") -> Rule:
    return Rule(key, SAME, "", expression, when)


def solutions(
    rules: RuleSet, fixed: dict[str, Any] | None = None, only: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """Every configuration; with `only` just the rules named count (group:KEY holds members that do not exist)."""
    found: list[dict[str, Any]] = build(rules, fixed or {}, only=None if only is None else set(only)).getSolutions()
    return found


def with_rules(rules: RuleSet, keys: Iterable[str]) -> RuleSet:
    wanted = set(keys)
    return replace(rules, rules=tuple(rule for rule in rules.rules if rule.key in wanted))


class Tuned:
    """A solver with other limits than the shipped ones: some count while compiling, some with every question."""

    def __init__(self, rules: RuleSet | Model, mode: str) -> None:
        self._compiling, self._asking = MODES[mode]
        with limits(self._compiling):
            self.compiled = compile_rules(rules)

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            with limits(self._asking):
                return getattr(self.compiled, name)(*arguments, **named)

        return call


Limits = dict[tuple[ModuleType, str], int]
UNPREPARED: Limits = {(program, "PAVE_BOXES"): 0, (program, "MATERIAL_POINTS"): 0, (encoding, "PAIRWISE_LIMIT"): 2}
PARTLY: Limits = {(program, "PAVE_BOXES"): 2, (program, "PAVE_HOLES"): 1}
FORGETTING: Limits = {(program, "NOGOOD_LIMIT"): 3, (session, "LEARNED_LIMIT"): 2}
SMALL: Limits = {
    (asking, "POOL_SIZE"): 2,
    (component, "RECORDS"): 1,
    (asking, "SWITCHES"): 0,
    (network, "PREPARED"): 0,
    (evaluating, "MEMO_SIZE"): 1,
    (lifting, "EARLY"): 1,
    (optimizing, "CONFLICTS"): 1,
    (searching, "REFUSALS"): 1,
    (searching, "LEANED"): 1,
    (solver, "RESULTS"): 1,
}
MODES: dict[str, tuple[Limits, Limits]] = {
    "shipped": ({}, {}),
    "lazy": (UNPREPARED, FORGETTING),
    "partly": (PARTLY, {}),
    "forgetful": (PARTLY | SMALL, FORGETTING | SMALL),
    "bare": (UNPREPARED | SMALL, FORGETTING | SMALL),
}
"""Everything is prepared and kept; nothing is; derived numbers are, rules hardly; little is kept besides; neither."""


@contextmanager
def limits(values: Limits) -> Iterator[None]:
    """Let the engine's limits be others for a while."""
    with ExitStack() as stack:
        for (module, name), value in values.items():
            stack.enter_context(patch.object(module, name, value))
        yield


def both(rules: RuleSet) -> tuple[Compiled, Any]:
    """Return the solver as shipped and the lazy one."""
    return compile_rules(rules), Tuned(rules, "lazy")


ASKED = ("a", "b", "n", "m", "f")
NUMBERS = ("n", "m", "f", "twice", "b.number", "weight.w(a)", "pair.p(a, b)")


@st.composite
def numbers(draw: st.DrawFn, depth: int = 2) -> str:
    if depth == 0 or draw(st.integers(0, 2)) == 0:
        return draw(st.sampled_from((*NUMBERS, "1", "2", "3", "5")))
    left, right = draw(numbers(depth - 1)), draw(numbers(depth - 1))
    shape = draw(
        st.sampled_from(
            ("({} + {})", "({} - {})", "({} * {})", "ceil({} / {})", "floor({} / {})", "min({}, {})", "max({}, {})")
        )
    )
    return shape.format(left, right)


@st.composite
def conditions(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.integers(0, 5 if depth else 3))
    if kind <= 1:
        sign = draw(st.sampled_from(("<", "<=", ">", ">=", "==", "!=")))
        return f"{draw(numbers())} {sign} {draw(numbers(1))}"
    if kind == 2:
        key, words = draw(st.sampled_from((("a", "xyz"), ("b", "pqr"))))
        some = draw(st.lists(st.sampled_from(words), min_size=1, max_size=2, unique=True))
        inner = ", ".join(f"'{word}'" for word in some)
        return f"{key} {draw(st.sampled_from(('in', 'not in')))} {{{inner}}}"
    if kind == 3:
        return draw(st.sampled_from(("weight.label(a) == b", "a != 'x'", "weight.label(a) == 'p'", "n in 1..2")))
    if kind == 4:
        return f"not ({draw(conditions(depth - 1))})"
    left, right = draw(conditions(depth - 1)), draw(conditions(depth - 1))
    return f"({left}) {draw(st.sampled_from(('and', 'or', 'implies')))} ({right})"


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    """Draw two choices, two quantities, a fact, derived numbers, gapped tables and one to five rules."""
    cell = st.one_of(st.none(), st.integers(-2, 6))
    weight = Table(
        "weight",
        ("key",),
        (Column("key", None), Column("w", "count"), Column("label", None)),
        (
            *((word, draw(cell), draw(st.sampled_from(("p", "q", None)))) for word in "xyz"),
            ("spare", 1, "p"),
            ("other", 1, "q"),
        ),
    )
    pairs = [(first, second) for first in "xyz" for second in "pqr"]
    kept = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=9))
    pair = Table(
        "pair",
        ("k1", "k2"),
        (Column("k1", None), Column("k2", None), Column("p", "count")),
        tuple((first, second, draw(cell)) for first, second in kept),
    )
    words = Table(
        "words",
        (),
        (Column("a", None), Column("n", "count")),
        tuple(
            draw(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 3)), min_size=1, max_size=8, unique=True))
        ),
    )
    prefer = st.sampled_from((FIRST, Prefer("smallest"), Prefer("largest")))
    attributes = [
        choice("a", "xyz", draw(prefer)),
        choice("b", "pqr", draw(prefer), {"p": 1, "q": 4, "r": draw(st.integers(-3, 3))}),
        quantity("n", 0, 3, prefer=draw(prefer)),
        quantity("m", draw(st.integers(-1, 1)), 4, prefer=draw(prefer)),
        quantity("f", 1, 6, "fact", draw(prefer)),
        derived(
            "twice",
            draw(st.sampled_from(("2 * n", "n + m", "ceil(f / 2)", "n * m", "weight.w(a) + n", "floor(m / n)"))),
        ),
    ]
    rules = [
        require(f"r{place}", draw(conditions()), draw(st.sampled_from(("", "", "a == 'x'", "n >= 1"))))
        for place in range(draw(st.integers(1, 4)))
    ]
    if draw(st.booleans()):
        rules.append(Rule("rt", SAME, "", table="words", columns=(("a", "a"), ("n", "n"))))
    return ruleset(attributes, rules, (weight, pair, words))


@st.composite
def some_choices(draw: st.DrawFn) -> dict[str, Any]:
    """Draw some choices in any order; they may contradict the rules."""
    options: dict[str, Any] = {
        "a": st.sampled_from("xyz"),
        "b": st.sampled_from("pqr"),
        "n": st.integers(0, 3),
        "m": st.integers(1, 4),
        "f": st.integers(1, 6),
    }
    keys = draw(st.lists(st.sampled_from(ASKED), unique=True, max_size=4))
    return {key: draw(options[key]) for key in keys}
