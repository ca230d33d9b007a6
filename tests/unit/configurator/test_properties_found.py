"""What the random cases found once, as small as it can be, so that it stays found."""

from __future__ import annotations

from portal.configurator.engine.model import Clause, Model, Variable
from portal.configurator.engine.solver import compile_rules
from portal.configurator.language.ruleset import Line
from portal.configurator.verification import verify
from tests.unit.configurator.worlds import accessory, quantity, repeated, ruleset


def test_an_accessory_of_a_site_line_and_of_member_lines_counts_each_piece_once() -> None:
    rules = ruleset(
        [quantity("n", 1, 3), quantity("q", 0, 2, group="g")],
        [],
        lines=[Line("site", "bill", "SITE", "", "n", ""), Line("each", "bill", "EACH", "", "q", "")],
        groups=[repeated("g", 0, 3)],
        accessories=[accessory("bolts", "BOLT", "2", parents=["site", "each"])],
    )
    compiled = compile_rules(rules)
    for choices, bolts in (({"g": 0}, 2), ({"g": 3, "n": 3}, 6), ({"g": 2, "g[1].q": 1, "g[2].q": 2}, 8)):
        assignment = compiled.complete(choices)
        lines = compiled.lines(assignment)
        assert sum(line.quantity for line in lines if line.sku == "BOLT") == bolts
        verify(rules, assignment, lines)


def test_a_clause_may_speak_of_a_choice_with_one_value() -> None:
    only, free = Variable("only", "choice", ("a",)), Variable("free", "choice", ("a", "b"))
    holds = Clause("holds", (("only", "a", True), ("free", "a", True)))
    asks = Clause("asks", (("only", "a", False), ("free", "a", True)))
    assert compile_rules(Model((only, free), rules=(holds,))).domains({}).values["free"] == ("a", "b")
    assert compile_rules(Model((only, free), rules=(asks,))).domains({}).values["free"] == ("a",)
