"""Content to files and back without loss, and what differs between two rule sets in words."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.configurator.language import parts, writing
from portal.configurator.language.authored import amount, document
from portal.configurator.language.differences import differences
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.writing import CannotWrite, files_of, write_ruleset
from portal.words import Text
from tests.unit.configurator.folders import GROUPED, OPENED, SOUND, changed, write, write_grouped
from tests.unit.configurator.worlds import rule_sets

SHIPPED = Path(__file__).parents[3] / "rules" / "products"
LETTERS = st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"), blacklist_characters="\ufeff\ufffe\uffff")
WORDS = st.text(LETTERS, min_size=1, max_size=30).map(str.strip).filter(bool)
small = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def sound(tmp_path: Path, rules: str = SOUND, name: str = "a") -> RuleSet:
    return read_ruleset(write(tmp_path / name, rules))


def round_trip(rules: RuleSet, folder: Path) -> RuleSet:
    write_ruleset(rules, folder)
    return read_ruleset(folder)


@pytest.mark.parametrize("folder", sorted(SHIPPED.iterdir()), ids=lambda folder: folder.name)
def test_the_shipped_rules_come_back(tmp_path: Path, folder: Path) -> None:
    rules = read_ruleset(folder)
    again = round_trip(rules, tmp_path / "out")
    assert again == rules
    assert again.content_hash == rules.content_hash
    assert differences(rules, again) == ()


def test_groups_accessories_and_examples_come_back(tmp_path: Path) -> None:
    for rules in (read_ruleset(write_grouped(tmp_path)), sound(tmp_path)):
        assert round_trip(rules, tmp_path / f"out-{rules.key}") == rules


def test_first_screen_templates_advice_and_pictures_come_back(tmp_path: Path) -> None:
    rules = read_ruleset(write_grouped(tmp_path, OPENED))
    assert round_trip(rules, tmp_path / "out") == rules
    assert {item.view for item in rules.attributes} == {"simple", "full"}
    assert RuleSet.from_content(rules.content()) == rules


def test_rules_without_them_keep_their_content(tmp_path: Path) -> None:
    """Content published before these keys existed has the same hash."""
    content = read_ruleset(write_grouped(tmp_path)).content()
    assert not {"start", "templates", "advice", "pictures"} & content.keys()
    assert all("view" not in attribute for attribute in content["attributes"])


@small
@given(rule_sets())
def test_any_rules_come_back(tmp_path_factory: pytest.TempPathFactory, rules: RuleSet) -> None:
    """Products come from tables only, so the drawn values lose theirs first."""
    plain = [
        replace(item, hint=Text("", ""), values=tuple(replace(value, sku=None) for value in item.values))
        for item in rules.attributes
    ]
    tables = tuple(table for table in rules.tables if table.rows)
    rules = replace(rules, attributes=tuple(plain), tables=tables, lines=(), examples=(), accessories=())
    known = {table.key for table in tables}
    rules = replace(rules, sections=(replace(rules.sections[0], hint=Text("", "")),))
    if any("pair." in rule.require for rule in rules.rules) and "pair" not in known:
        return
    again = round_trip(rules, tmp_path_factory.mktemp("any") / "out")
    assert again == rules


@small
@given(WORDS, WORDS, WORDS)
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, one: str, two: str, three: str) -> None:
    folder = tmp_path_factory.mktemp("text")
    rules = sound(folder)
    rule = replace(rules.rules[0], because=Text(one, two), source=three)
    rules = replace(rules, rules=(rule, *rules.rules[1:]), title=Text(three, one))
    assert round_trip(rules, folder / "out") == rules


@small
@given(WORDS)
def test_any_cell_comes_back_or_is_refused(tmp_path_factory: pytest.TempPathFactory, word: str) -> None:
    folder = tmp_path_factory.mktemp("cell")
    rules = sound(folder)
    table = rules.tables[0]
    wide = replace(
        table, columns=(*table.columns, parts.Column("note", None)), rows=tuple((*row, word) for row in table.rows)
    )
    rules = replace(rules, tables=(wide, *rules.tables[1:]))
    if word.startswith(("=", "+", "-", "@")):
        with pytest.raises(CannotWrite, match="formula"):
            write_ruleset(rules, folder / "out")
        assert not (folder / "out").exists()
    else:
        assert round_trip(rules, folder / "out") == rules


@given(st.integers(-(10**12), 10**12), st.sampled_from(["count", "kg", "m", "TB", "fps", "U", "CNY", "kbit/s·min"]))
def test_amounts_are_exact(number: int, unit: str) -> None:
    assert "E" not in amount(number, unit)
    assert float(amount(number, unit)) == pytest.approx(number / writing_factor(unit))


def writing_factor(unit: str) -> int:
    return {"kg": 1000, "m": 1000, "TB": 10**6, "fps": 10, "U": 2, "CNY": 100}.get(unit, 1)


def test_an_amount_without_a_decimal_is_refused(tmp_path: Path) -> None:
    rules = sound(tmp_path)
    hours = replace(rules.tables[0], columns=(rules.tables[0].columns[0], parts.Column("weight", "h")))
    with pytest.raises(CannotWrite, match="decimal"):
        files_of(replace(rules, tables=(replace(hours, rows=(("small", 1),)),)))


def test_a_folder_with_anything_in_it_is_left_alone(tmp_path: Path) -> None:
    rules = sound(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(CannotWrite, match="not an empty folder"):
        write_ruleset(rules, tmp_path / "out")
    with pytest.raises(CannotWrite, match="not an empty folder"):
        write_ruleset(rules, tmp_path / "out" / "mine.txt")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_content_that_files_cannot_say_is_not_written(tmp_path: Path) -> None:
    rules = sound(tmp_path)
    first = rules.attributes[0]
    marked = replace(first, values=tuple(replace(value, sku="X") for value in first.values))
    with pytest.raises(CannotWrite, match="same content"):
        write_ruleset(replace(rules, attributes=(marked, *rules.attributes[1:])), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_long_rule_sets_are_divided(tmp_path: Path) -> None:
    rules = sound(tmp_path)
    because = Text("Because. " * 60, "因为。")
    many = tuple(replace(rules.rules[0], key=f"rule-{number}", because=because) for number in range(500))
    rules = replace(rules, rules=(*many, *rules.rules))
    rules = replace(
        rules, rules=tuple(replace(item, because=Text(item.because.en.strip(), "因为。")) for item in rules.rules)
    )
    assert round_trip(rules, tmp_path / "out") == rules
    assert len(list((tmp_path / "out").glob("30-rules-*.yaml"))) > 1


def test_every_field_of_the_format_is_written() -> None:
    """Who adds a field to the parts of a rule set must write it too: this names those that are known."""
    known = {
        "Value": "key label sku number",
        "Prefer": "order value",
        "Attribute": "key kind label hint unit values minimum maximum section prefer table expression group view",
        "Repeated": "key title label hint section minimum maximum prefer",
        "Section": "key title hint",
        "Setting": "key value shown unit label source",
        "Column": "name unit",
        "Table": "key keys columns rows",
        "Rule": "key because source require when table columns",
        "Group": "key title",
        "Line": "key group sku product quantity when",
        "Accessory": "key because source group sku product quantity when parents",
        "Reason": "attribute value because",
        "Example": "key title choices possible ranges offered refused derived reasons completed bill",
        "Authored": (
            "key title sections attributes tables settings rules groups lines completion examples repeated accessories"
            " start templates advice pictures"
        ),
        "Start": "key label hint minimum maximum default sets group count choices",
        "Template": "key title hint start choices members",
        "Advice": "key because source when",
        "Picture": "key kind parts",
    }
    for name, words in known.items():
        assert [item.name for item in fields(getattr(parts, name))] == words.split()


def test_the_heading_is_a_comment_and_no_content(tmp_path: Path) -> None:
    rules = sound(tmp_path)
    write_ruleset(rules, tmp_path / "out", "small, revision 3")
    assert (tmp_path / "out" / "10-product.yaml").read_text("utf-8").startswith("# small, revision 3\n")
    assert read_ruleset(tmp_path / "out").content_hash == rules.content_hash
    with (tmp_path / "out" / "weights.csv").open(encoding="utf-8") as stream:
        assert list(csv.reader(stream)) == [["size", "weight[kg]"], ["small", "1.5"], ["large", "4"]]


Change = Callable[[RuleSet], RuleSet]

CHANGES: dict[str, tuple[str, str, list[str]]] = {
    "a rule's expression": (
        "weight <= 8 kg",
        "weight <= 9 kg",
        ["~ rule not-heavy: require: weight <= 8 kg -> weight <= 9 kg"],
    ),
    "a text": ("zh: 太重。", "zh: 超重。", ["~ rule not-heavy: because zh: 太重。 -> 超重。"]),
    "a setting": ('value: "25"', 'value: "30"', ["~ setting reserve: value: 25 -> 30"]),
    "a range": ("maximum: 90", "maximum: 80", ["~ attribute run: maximum: 90 -> 80"]),
    "a condition less": (
        "    when: size == 'large'\n",
        "",
        ["~ rule not-heavy: when: size == 'large' -> nothing"],
    ),
    "a line": ("quantity: count,", "quantity: 2 * count,", ["~ line boxes: quantity: count -> 2 * count"]),
    "another line": (
        "lines:\n",
        "lines:\n  lids: {sku: LID, quantity: 1, group: goods}\n",
        ["+ line lids"],
    ),
    "the order of the completion": (
        "completion: [size, count]",
        "completion: [count, size]",
        ["~ rule set: completion: [size, count] -> [count, size]"],
    ),
    "the title": (
        "title: {en: Small, zh: 小}\ncompletion",
        "title: {en: Tiny, zh: 小}\ncompletion",
        ["~ rule set: title en: Small -> Tiny"],
    ),
    "an example": (
        "possible: {count: [1, 2]}",
        "refused: {count: [3]}",
        [
            "~ example two-large: possible: {count: [1, 2]} -> nothing",
            "~ example two-large: refused: nothing -> {count: [3]}",
        ],
    ),
}


OPENING_CHANGES: dict[str, tuple[str, str, list[str]]] = {
    "an answer": ("start: {light: 3, heavy: 1}", "start: {light: 2, heavy: 1}", [
        "~ template shop: start light: 3 -> 2",
    ]),
    "a choice of a template": ("choices: {recorder: large}", "choices: {recorder: small}", [
        "~ template shop: choices recorder: large -> small",
    ]),
    "a question": ("default: 2\n    member", "default: 1\n    member", ["~ start question light: default: 2 -> 1"]),
    "advice": ("when: power > 17 W", "when: power > 18 W", ["~ advice hot: when: power > 17 W -> power > 18 W"]),
    "a picture": ("{total: total, ", "{total: power, ", ["~ picture bars: parts total: total -> power"]),
    "the view": ("    view: full\n", "", ["~ attribute power: view: full -> nothing"]),
}  # fmt: skip


@pytest.mark.parametrize("name", OPENING_CHANGES)
def test_each_change_of_the_first_screen_is_one_line(tmp_path: Path, name: str) -> None:
    old, new, expected = OPENING_CHANGES[name]
    assert OPENED.count(old) == 1
    before = read_ruleset(write_grouped(tmp_path / "a", OPENED))
    after = read_ruleset(write_grouped(tmp_path / "b", OPENED.replace(old, new)))
    assert [str(item) for item in differences(before, after)] == expected
    plain = read_ruleset(write_grouped(tmp_path / "c", GROUPED))
    assert "- advice hot" in [str(item) for item in differences(before, plain)]


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_is_one_line(tmp_path: Path, name: str) -> None:
    old, new, expected = CHANGES[name]
    before, after = sound(tmp_path), sound(tmp_path, changed(old, new), "b")
    assert [str(item) for item in differences(before, after)] == expected
    assert len(differences(after, before)) == len(expected)


def test_a_value_less_is_one_line(tmp_path: Path) -> None:
    before = sound(tmp_path)
    size = replace(before.attributes[0], values=before.attributes[0].values[:1])
    after = replace(before, attributes=(size, *before.attributes[1:]))
    assert [str(item) for item in differences(before, after)] == [
        "~ attribute size: values large: {label: {en: Large, zh: 大}} -> nothing"
    ]


def test_changes_of_tables_are_told_by_row_and_column(tmp_path: Path) -> None:
    before = sound(tmp_path)
    table = replace(before.tables[0], rows=(("small", 2000), ("huge", 9000)))
    after = replace(before, tables=(table, before.tables[1]))
    assert [str(item) for item in differences(before, after)] == [
        "- row weights: large",
        "~ row weights: small: weight: 1.5 kg -> 2 kg",
        "+ row weights: huge",
    ]
    wide = replace(
        before.tables[0],
        columns=(*before.tables[0].columns, parts.Column("depth", "mm")),
        rows=tuple((*row, 5) for row in before.tables[0].rows),
    )
    assert [str(item) for item in differences(before, replace(before, tables=(wide, before.tables[1])))] == [
        "+ column weights.depth"
    ]
    turned = replace(before.tables[0], rows=before.tables[0].rows[::-1])
    assert [str(item) for item in differences(before, replace(before, tables=(turned, before.tables[1])))] == [
        "~ table weights: order of rows"
    ]


@small
@given(rule_sets(), rule_sets())
def test_no_difference_means_the_same_content(one: RuleSet, two: RuleSet) -> None:
    assert differences(one, one) == ()
    assert (differences(one, two) == ()) == (one.content_hash == two.content_hash)


def test_what_is_said_nowhere_is_left_out(tmp_path: Path) -> None:
    whole: dict[str, Any] = document(sound(tmp_path))
    assert "hint" not in whole["sections"]["one"]
    assert "when" not in whole["lines"]["boxes"]
    assert whole["attributes"]["weight"]["unit"] == "kg"
    assert writing.FILES.keys() == {
        "10-product.yaml",
        "20-attributes.yaml",
        "30-rules.yaml",
        "40-lines.yaml",
        "50-examples.yaml",
    }
