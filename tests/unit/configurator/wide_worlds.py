"""Random rule sets of every kind of part at once, few enough configurations to list them all.

Choices of one to four values, quantities of up to twelve values (also negative), facts, tables with holes, derived
numbers, conditional numbers, a repeated group with aggregates, lines and accessories with products and prices.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from portal.configurator.language.errors import Fault
from portal.configurator.language.ruleset import Attribute, Column, Line, Prefer, Repeated, Rule, RuleSet, Table
from portal.configurator.verification import build, domain
from tests.unit.configurator.wide_expressions import Names, amounts, truths
from tests.unit.configurator.worlds import accessory, choice, derived, quantity, repeated, require, ruleset

WORDS = ("wxyz", "pqrs", "klmn")
MEMBER_WORDS = "abcd"
ORDERS = ("first", "smallest", "largest")


@st.composite
def choices_of(draw: st.DrawFn, key: str, words: str, group: str = "") -> Attribute:
    """Draw a choice: with numbers of which some may be missing, and values that carry no product."""
    numbers = draw(st.sampled_from(({}, dict.fromkeys(words, 0))))
    numbers = {word: draw(st.sampled_from((None, -2, 1, 2, 4))) for word in numbers}
    order = draw(st.sampled_from((*ORDERS, "cheapest")))
    favourite = draw(st.sampled_from((None, None, words[-1])))
    found = choice(key, words, Prefer(order, favourite), numbers, group)
    bare = draw(st.sampled_from(("", "", words[0], words[-1])))
    return replace(
        found, values=tuple(replace(value, sku=None) if value.key == bare else value for value in found.values)
    )


@st.composite
def numbers_of(draw: st.DrawFn, key: str, most: int, group: str = "") -> Attribute:
    """Draw a quantity or a fact of at most so many values."""
    low, size = draw(st.integers(-4, 3)), draw(st.integers(1, most))
    kind = draw(st.sampled_from(("quantity", "quantity", "fact")))
    favourite = draw(st.sampled_from((None, None, low + size // 2)))
    return quantity(key, low, low + size - 1, kind, Prefer(draw(st.sampled_from(ORDERS)), favourite), group)


def sizes(attributes: list[Attribute]) -> list[int]:
    return [len(domain(attribute)) for attribute in attributes]


@st.composite
def groups(draw: st.DrawFn) -> tuple[Repeated, list[Attribute]]:
    """Draw a repeated group and its attributes."""
    high = draw(st.integers(1, 3))
    low = draw(st.integers(0, high))
    attributes: list[Attribute] = []
    for key in draw(st.sampled_from((("p",), ("q",), ("p", "q")))):
        most = {1: 4, 2: 3, 3: 2}[high]
        if key == "p":
            attributes.append(draw(choices_of("p", MEMBER_WORDS[: draw(st.integers(1, most))], "g")))
        else:
            attributes.append(draw(numbers_of("q", most, "g")))
    prefer = Prefer(draw(st.sampled_from(ORDERS)), draw(st.sampled_from((None, low, high))))
    return repeated("g", low, high, prefer), attributes


def rows_of(draw: st.DrawFn, *domains: list[Any]) -> list[tuple[Any, ...]]:
    """Draw some of all combinations, about half or three quarters of them."""
    every = list(product(*domains))
    bits = st.integers(0, (1 << len(every)) - 1)
    kept = draw(bits) | (draw(bits) if draw(st.booleans()) else 0)
    return [row for place, row in enumerate(every) if kept >> place & 1]


CELLS = st.sampled_from((None, -2, 0, 1, 1, 2, 3, 6))


def lookup_tables(draw: st.DrawFn, picks: list[Attribute], counts: list[Attribute]) -> list[Table]:
    """Draw a table by one choice and one by a choice and a number; cells and rows may be missing."""
    found = []
    if picks:
        words = [value.key for value in picks[0].values]
        label = st.sampled_from(("u", "v", None))
        rows = [*((word, draw(CELLS), draw(label)) for word in words), ("spare", 1, "u"), ("other", 1, "v")]
        columns = (Column("k", None), Column("w", "count"), Column("label", None))
        found.append(Table("weight", ("k",), columns, tuple(rows)))
    if picks and counts:
        kept = rows_of(draw, [value.key for value in picks[-1].values], list(domain(counts[0])))
        columns = (Column("k", None), Column("n", "count"), Column("p", "count"))
        found.append(Table("grid", ("k", "n"), columns, tuple((*row, draw(CELLS)) for row in kept)))
    return found


def table_rule(draw: st.DrawFn, key: str, attributes: list[Attribute]) -> tuple[Rule, Table]:
    """Draw a table of two or three attributes, also quantities; a row may hold a value that nothing has."""
    some = draw(st.lists(st.sampled_from(attributes), min_size=1, max_size=3, unique_by=lambda item: item.key))
    rows = rows_of(draw, *(list(domain(item)) for item in some))
    strange = tuple("none" if item.kind == "choice" else 99 for item in some)
    columns = tuple(Column(item.key, None if item.kind == "choice" else "count") for item in some)
    table = Table(f"{key}_rows", (), columns, (*rows, strange))
    names = tuple((item.key, item.key) for item in some)
    return replace(require(key, ""), table=table.key, columns=names), table


def names_for(attributes: list[Attribute], tables: list[Table], sound: bool = False) -> tuple[list[str], list[str]]:
    """Return the numbers and words that can be read of attributes and tables."""
    numbers = [item.key for item in attributes if item.kind != "choice"]
    picks = [item for item in attributes if item.kind == "choice"]
    for pick in picks:
        given = [value.number for value in pick.values]
        if any(number is not None for number in given) and not (sound and None in given):
            numbers.append(f"{pick.key}.number")
    labels = []
    for table in tables if not sound else []:
        if table.key == "weight" and picks and {v.key for v in picks[0].values} <= {row[0] for row in table.rows}:
            numbers.append(f"weight.w({picks[0].key})")
            labels.append(f"weight.label({picks[0].key})")
        counts = [item for item in attributes if item.kind in {"quantity", "fact"}]
        if table.key == "grid" and picks and counts:
            numbers.append(f"grid.p({picks[-1].key}, {counts[0].key})")
    return numbers, labels


def speaking_of(site: list[Attribute], members: list[Attribute], tables: list[Table], sound: bool = False) -> Names:
    """Return the names of a site, with those of members for aggregates."""
    numbers, labels = names_for(site, tables, sound)
    words = tuple((item.key, "".join(value.key for value in item.values)) for item in site if item.kind == "choice")
    inner = member_names(site, members, tables, sound) if members else None
    return Names((*numbers, *(["g"] if members else [])), words, tuple(labels), "g" if members else "", inner, sound)


def member_names(site: list[Attribute], members: list[Attribute], tables: list[Table], sound: bool = False) -> Names:
    """Return the names that a rule about one member may speak of, those of members twice as often."""
    own, own_labels = names_for(members, tables, sound)
    numbers, labels = names_for(site, tables, sound)
    words = tuple((i.key, "".join(v.key for v in i.values)) for i in (*members, *site) if i.kind == "choice")
    return Names((*own, *own, *numbers, "g"), words, (*own_labels, *labels), "", None, sound)


@st.composite
def bills(draw: st.DrawFn, names: Names, inner: Names | None, picks: list[Attribute]) -> dict[str, Any]:
    """Draw lines whose quantity is always defined, and accessories that go with them."""
    lines = []
    for number in range(draw(st.integers(1, 3))):
        product_key = draw(st.sampled_from(("", *(item.key for item in picks if not item.group))))
        when = draw(truths(names, 1)) if draw(st.booleans()) else ""
        sku = "" if product_key else f"SITE-{number}"
        lines.append(Line(f"line-{number}", "bill", sku, product_key, draw(amounts(names, 1)), when))
    if inner is not None and draw(st.booleans()):
        product_key = draw(st.sampled_from(("", *(item.key for item in picks if item.group))))
        when = draw(truths(inner, 1)) if draw(st.booleans()) else ""
        own = "max(g, 1)" if product_key else draw(st.sampled_from(inner.numbers))
        lines.append(Line("each", "bill", "" if product_key else "EACH", product_key, own, when))
    more = []
    for number in range(draw(st.integers(0, 2))):
        parents = draw(st.lists(st.sampled_from([item.key for item in (*lines, *more)]), max_size=2, unique=True))
        when = draw(truths(names, 1)) if draw(st.booleans()) else ""
        each = draw(st.sampled_from(("1", "2", *names.numbers)))
        more.append(accessory(f"more-{number}", f"MORE-{number}", each, when, parents))
    return {"lines": lines, "accessories": more}


@st.composite
def worlds(draw: st.DrawFn, most: int = 800, most_rules: int = 6) -> RuleSet:
    """Draw a rule set of at most about so many configurations before any rule; one in two has none with its rules."""
    group, members = draw(groups()) if draw(st.booleans()) else (None, [])
    room = most
    if group is not None:
        each = prod(sizes(members))
        room //= sum(each**number for number in range(group.minimum, group.maximum + 1))
    site: list[Attribute] = []
    for number in range(draw(st.integers(2, 4))):
        key = f"{'abcn'[number]}"
        if number < 3 and draw(st.booleans()):
            item = draw(choices_of(key, WORDS[number][: draw(st.integers(1, 4))]))
        else:
            item = draw(numbers_of(key, max(1, min(12, room))))
        size = len(domain(item))
        if size <= room or not site:
            site.append(item)
            room //= size
    plain = [*site, *members]
    picks = [item for item in plain if item.kind == "choice"]
    counts = [item for item in plain if item.kind != "choice"]
    tables = lookup_tables(draw, picks, counts)
    names, sound = speaking_of(site, members, tables), speaking_of(site, members, tables, sound=True)
    inner = member_names(site, members, tables) if members else None
    more = []
    for number in range(draw(st.integers(0, 2))):
        more.append(derived(f"d{number}", draw(amounts(names))))
        names = replace(names, numbers=(*names.numbers, f"d{number}", f"d{number}"))
    if inner is not None and draw(st.booleans()):
        more.append(derived("load", draw(amounts(inner)), "g"))
        inner = replace(inner, numbers=(*inner.numbers, "load"))
        names = replace(names, inner=inner)
    rules: list[Rule] = []
    for number in range(draw(st.integers(1, most_rules))):
        about = inner if inner is not None and draw(st.booleans()) else names
        if draw(st.integers(0, 2)) == 0:
            rule, table = table_rule(draw, f"t{number}", plain)
            tables.append(table)
            rules.append(rule)
        else:
            when = draw(truths(about, 1)) if draw(st.integers(0, 2)) == 0 else ""
            rules.append(require(f"r{number}", draw(truths(about)), when))
    bill = draw(bills(sound, sound.inner, picks))
    found = ruleset([*site, *members, *more], rules, tables, groups=[group] if group else [], **bill)
    keys = [item.key for item in plain] + (["g"] if group else [])
    order = draw(st.lists(st.sampled_from(keys), unique=True, max_size=3))
    found = replace(found, completion=tuple(order))
    try:
        found.model()
    except Fault as fault:
        assume(fault.code not in {"long", "size", "group"})  # too much to write, or words of two members at once
        raise
    return found


@st.composite
def possible_worlds(draw: st.DrawFn, most: int = 800, most_rules: int = 6) -> RuleSet:
    """Draw a rule set that has configurations: the rules that leave none are dropped."""
    found = draw(worlds(most, most_rules))
    kept: list[Rule] = []
    for rule in found.rules:
        if build(replace(found, rules=(*kept, rule)), {}).getSolution() is not None:
            kept.append(rule)
    return replace(found, rules=tuple(kept))


@st.composite
def prices(draw: st.DrawFn, rules: RuleSet) -> dict[str, int]:
    """Draw a price for every product; one may have none, some may cost nothing or differ by little."""
    skus = {line.sku for line in rules.bill_lines if line.sku}
    skus |= {value.sku for item in rules.attributes for value in item.values if value.sku}
    most = draw(st.sampled_from((2, 5, 40)))
    found = {sku: draw(st.integers(0, most)) for sku in sorted(skus)}
    missing = draw(st.sampled_from((None, None, None, *sorted(skus))))
    return {sku: price for sku, price in found.items() if sku != missing}
