"""Random demands that several products can meet together, so that the cheapest way is not the first one found."""

from __future__ import annotations

from hypothesis import strategies as st

from portal.configurator.language.ruleset import Line, Prefer, RuleSet
from tests.unit.configurator.wide_expressions import Names, truths
from tests.unit.configurator.worlds import accessory, choice, quantity, require, ruleset


@st.composite
def shops(draw: st.DrawFn) -> RuleSet:
    """Draw numbers of products, a choice that scales one of them, one or two demands and a side condition."""
    keys = "nmk"[: draw(st.integers(2, 3))]
    order = st.sampled_from(("first", "largest"))
    attributes = [quantity(key, 0, draw(st.integers(2, 6)), prefer=Prefer(draw(order))) for key in keys]
    sizes = {word: draw(st.integers(1, 4)) for word in "xyz"}
    attributes.append(choice("a", "xyz", Prefer(draw(st.sampled_from(("first", "largest", "cheapest")))), sizes))
    rules = []
    for number in range(draw(st.integers(1, 2))):
        parts = [f"{draw(st.integers(0, 4))} * {key}" for key in keys[1:]]
        whole = " + ".join([f"{draw(st.sampled_from(('1', 'a.number')))} * {keys[0]}", *parts])
        rules.append(require(f"demand-{number}", f"{whole} >= {draw(st.integers(1, 9))}"))
    names = Names((*keys, "a.number"), (("a", "xyz"),))
    rules.append(require("side", draw(truths(names)), draw(truths(names, 1))))
    lines = [Line(f"each-{key}", "bill", f"SKU-{key}", "", key, "") for key in keys]
    lines.append(Line("box", "bill", "", "a", draw(st.sampled_from(("1", *keys))), ""))
    more = [accessory("extra", "EXTRA", "1", draw(truths(names, 1)), [draw(st.sampled_from(lines)).key])]
    return ruleset(attributes, rules, lines=lines, accessories=more[: draw(st.integers(0, 1))])
