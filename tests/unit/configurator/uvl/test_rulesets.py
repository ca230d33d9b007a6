"""Feature models as rule sets of our own: the same configurations, in files that read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.writing import write_ruleset
from portal.configurator.uvl.errors import UvlErrors
from portal.configurator.uvl.importing import import_text
from portal.configurator.uvl.rulesets import to_ruleset
from portal.configurator.verification import build
from tests.unit.configurator.uvl.examples import EXAMPLES
from tests.unit.configurator.uvl.naive import Naive
from tests.unit.configurator.uvl.walking import frozen


def keyed(solution: dict[str, Any]) -> dict[str, Any]:
    """Return the features that a solution selects, with the values of typed ones, by their labels."""
    found = {key: value for key, value in solution.items() if value != "false" and not key.endswith(".value")}
    for key, value in solution.items():
        if key.endswith(".value") and key.removesuffix(".value") in found:
            found[key.removesuffix(".value")] = value
    return {key: True if value == "true" else value for key, value in found.items()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_python_constraint_finds_the_same_configurations(name: str, tmp_path: Path) -> None:
    converted = to_ruleset(import_text(EXAMPLES[name]), "text")
    write_ruleset(converted.ruleset, tmp_path / "rules")
    ruleset = read_ruleset(tmp_path / "rules")
    assert ruleset.content_hash == converted.ruleset.content_hash
    labels = {attribute.key: attribute.label.en for attribute in ruleset.attributes}
    found = [
        {**dict.fromkeys(converted.always, True), **keyed({labels[key]: value for key, value in each.items()})}
        for each in build(ruleset, {}).getSolutions()
    ]
    assert frozen(found) == frozen(Naive(EXAMPLES[name]).configurations())


def test_what_nobody_decides_is_not_asked_but_named() -> None:
    text = "features\n  A\n    mandatory\n      B\n    optional\n      C\n      D {Price 4}\nconstraints\n  !C"
    converted = to_ruleset(import_text(text), "text")
    assert [attribute.key for attribute in converted.ruleset.attributes] == ["d"]
    assert converted.always == ("A", "B")
    assert converted.never == ("C",)
    assert any("translation" in note for note in converted.notes())
    assert converted.ruleset.attributes[0].hint.en == "Price: 4"


def test_names_become_keys_of_the_format() -> None:
    text = (
        'features\n  A\n    optional\n      "in"\n      "Über 9000"\n      "9 lives"\n      x_1\n      X\n      "x 1"'
    )
    converted = to_ruleset(import_text(text), "text")
    keys = [attribute.key for attribute in converted.ruleset.attributes]
    assert keys == ["in_2", "ber_9000", "f_9_lives", "x_1", "x", "x_1_2"]


def test_long_sums_are_cut_into_derived_numbers(tmp_path: Path) -> None:
    features = [f"      F{number} {{cost {number % 7 + 1}}}" for number in range(120)]
    text = "\n".join(["features", "  A", "    optional", *features, "constraints", "  sum(cost) <= 30", "  F7"])
    converted = to_ruleset(import_text(text), "text")
    write_ruleset(converted.ruleset, tmp_path / "rules")
    assert any(attribute.kind == "derived" for attribute in converted.ruleset.attributes)
    assert all(len(rule.require) < 1000 for rule in converted.ruleset.rules)


def test_a_text_without_a_configuration_is_refused_with_the_lines() -> None:
    text = "features\n  A\n    optional\n      B\nconstraints\n  B\n  !B"
    with pytest.raises(UvlErrors) as caught:
        to_ruleset(import_text(text), "text.uvl")
    assert {error.line for error in caught.value.errors} == {6, 7}
