"""Which missing facts are asked of an engineer: those that would be read where the value is wanted, and no others."""

from dataclasses import replace

from portal.configurator.language.ruleset import Column, Rule, RuleSet, Table
from portal.configurator.needing import needed_facts
from tests.factories.gaps import gap_rules
from tests.unit.configurator.worlds import SAME, choice, derived, quantity, repeated, require, ruleset

BY_DAY: dict[str, str | int] = {"dark": "no_", "distance": 25, "camera": "CAM-1", "cameras": 4}
AT_NIGHT = {**BY_DAY, "dark": "yes_"}


def test_a_fact_is_needed_where_a_rule_reads_it() -> None:
    rules = gap_rules()
    assert needed_facts(rules, "camera", "CAM-2", AT_NIGHT) == ("reach",)
    assert needed_facts(rules, "camera", "CAM-2", BY_DAY) == ()


def test_a_value_that_lacks_nothing_needs_nothing() -> None:
    assert needed_facts(gap_rules(), "camera", "CAM-1", AT_NIGHT) == ()
    assert needed_facts(gap_rules(reach="60"), "camera", "CAM-2", AT_NIGHT) == ()
    assert needed_facts(gap_rules(), "dark", "yes_", AT_NIGHT) == ()


def grouped(expression: str, when: str = "") -> RuleSet:
    """A group g whose choice a has a table of its own in which the weight of x is missing."""
    weight = Table("weight", ("a",), (Column("a", None), Column("w", "count")), (("x", None), ("y", 3)))
    asked = replace(choice("a", "xy", group="g"), table="weight")
    attributes = [asked, choice("s", "pq", group="g"), derived("load", "a.w * 2", "g")]
    return ruleset(attributes, [require("r", expression, when)], groups=[repeated("g", 1, 3)], tables=[weight])


def test_in_groups_the_member_counts_that_it_is_wanted_for() -> None:
    values: dict[str, str | int] = {"g": 2, "g[1].a": "y", "g[2].a": "y", "g[1].s": "p", "g[2].s": "q"}
    rules = grouped("load <= 9", "s == 'p'")
    assert needed_facts(rules, "g[1].a", "x", values) == ("w",)
    assert needed_facts(rules, "g[2].a", "x", values) == ()
    assert needed_facts(grouped("sum(g: load) <= 9"), "g[2].a", "x", values) == ("w",)
    assert needed_facts(grouped("sum(g: load) <= 9 or g == 2"), "g[2].a", "x", values) == ()


def test_a_list_of_what_goes_together_reads_its_cells() -> None:
    rules = grouped("g >= 1")
    listed = Rule("t", SAME, "", table="weight", columns=(("a", "a"), ("w", "n")))
    rules = replace(rules, rules=(listed,), attributes=(*rules.attributes, quantity("n", 0, 3, group="g")))
    values: dict[str, str | int] = {"g": 1, "g[1].a": "y", "g[1].s": "p", "g[1].n": 3}
    assert needed_facts(rules, "g[1].a", "x", values) == ("w",)
