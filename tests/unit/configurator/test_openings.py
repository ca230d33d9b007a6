"""The first screen, templates, advice and pictures of a rule file: what is read, what is found, what answers choose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.configurator.engine.solver import Compiled
from portal.configurator.language.answering import NoMember, all_choices, answers_of, firm_choices, soft_choices
from portal.configurator.language.bounded import examine_here
from portal.configurator.language.errors import RuleErrors
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.starting import advice_of, begin, choices_of
from tests.factories.openings import opening_rules
from tests.unit.configurator.folders import OPENED, line_of, write_grouped

COMPILED = Compiled(opening_rules().model())


def opened(root: Path, old: str = "", new: str = "") -> Path:
    """Write the opened rules with one text replaced, which must occur exactly once."""
    assert not old or OPENED.count(old) == 1, old
    return write_grouped(root, OPENED.replace(old, new) if old else OPENED)


@pytest.fixture
def rules(tmp_path: Path) -> RuleSet:
    return read_ruleset(opened(tmp_path))


def found_in(folder: Path, severity: str = "error") -> list[tuple[int, str, str, str]]:
    return [
        (item.line, item.rule, item.code, item.message_en)
        for item in examine_here(folder).findings
        if item.severity == severity
    ]


MISTAKES: dict[str, tuple[str, str, str, str, str]] = {
    "an unknown view": ("view: full", "view: secret", "view: secret", "power", "unknown-value"),
    "a start question about nothing": (
        "    member: {group: camera_group, count: cameras, choices: {camera: light}}\n",
        "",
        "  light:",
        "light",
        "missing",
    ),
    "a group nobody declared": (
        "{group: camera_group, count: cameras, choices: {camera: light}}",
        "{group: crowd, count: cameras}",
        "crowd",
        "light",
        "undefined",
    ),
    "a count nobody declared": (
        "count: cameras, choices: {camera: heavy}",
        "count: people",
        "people",
        "heavy",
        "undefined",
    ),
    "a count of another kind": (
        "count: cameras, choices: {camera: heavy}",
        "count: camera",
        "count: camera}",
        "heavy",
        "kind",
    ),
    "a value a member cannot choose": (
        "choices: {camera: heavy}",
        "choices: {camera: huge}",
        "huge",
        "heavy",
        "unknown-value",
    ),
    "the count chosen twice": (
        "choices: {camera: heavy}",
        "choices: {cameras: 2}",
        "choices: {cameras",
        "heavy",
        "duplicate",
    ),
    "an answer beyond the attribute": (
        "maximum: 3\n    default: 2\n    member",
        "maximum: 9\n    default: 2\n    member",
        "maximum: 9",
        "light",
        "range",
    ),
    "a range upside down": (
        "minimum: 0\n    maximum: 2\n    default: 0",
        "minimum: 3\n    maximum: 2\n    default: 0",
        "minimum: 3",
        "heavy",
        "range",
    ),
    "a default beyond the range": ("default: 0\n", "default: 3\n", "default: 3", "heavy", "unknown-value"),
    "no Chinese label": ("zh: 轻型摄像机}", "zh: ''}", "label: {en: Light cameras", "light", "language"),
    "a number of another group member": (
        "member: {group: camera_group, count: cameras, choices: {camera: heavy}}",
        "sets: camera_group[2].cameras",
        "sets: camera_group[2]",
        "heavy",
        "group",
    ),
    "a choice as number": (
        "member: {group: camera_group, count: cameras, choices: {camera: heavy}}",
        "sets: recorder",
        "sets: recorder",
        "heavy",
        "kind",
    ),
    "an answer to no question": ("{light: 3, heavy: 1}", "{light: 3, dark: 1}", "dark: 1", "shop", "undefined"),
    "an answer out of range": ("{light: 3, heavy: 1}", "{light: 4}", "light: 4", "shop", "unknown-value"),
    "a template that chooses nothing known": (
        "choices: {recorder: large}",
        "choices: {reel: large}",
        "reel",
        "shop",
        "undefined",
    ),
    "a template that chooses a filled group": (
        "choices: {recorder: large}",
        "choices: {camera_group: 2}",
        "choices: {camera_group: 2",
        "shop",
        "duplicate",
    ),
    "a template that chooses what the question chose": (
        "members: {heavy: {mount: pole}}",
        "members: {heavy: {camera: light}}",
        "members: {heavy",
        "shop",
        "duplicate",
    ),
    "members of no question": (
        "members: {heavy: {mount: pole}}",
        "members: {dark: {mount: pole}}",
        "members: {dark",
        "shop",
        "unknown-key",
    ),
    "a template without title": (
        "    title: {en: Own site, zh: 自定义站点}\n",
        "    hint: {en: A, zh: 一}\n",
        "  own:",
        "own",
        "missing",
    ),
    "advice that is a number": ("when: power > 17 W", "when: power", "when: power", "hot", "kind"),
    "advice in another unit": ("when: power > 17 W", "when: power > 17 m", "17 m", "hot", "unit"),
    "advice without a condition": ("    when: power > 17 W\n", "", "  hot:", "hot", "missing"),
    "advice about nothing": ("when: power > 17 W", "when: heat > 17 W", "heat", "hot", "undefined"),
    "a picture of an unknown kind": ("{kind: bars, ", "{kind: film, ", "kind: film", "bars", "unknown-value"),
    "a picture of nothing known": ("{total: total, ", "{total: sum, ", "total: sum", "bars", "undefined"),
    "a picture without parts": (", parts: {total: total, count: camera_group}", "", "{kind: bars}", "bars", "missing"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_is_named_at_its_line_in_both_languages(tmp_path: Path, name: str) -> None:
    old, new, at, rule, code = MISTAKES[name]
    folder = opened(tmp_path, old, new)
    with pytest.raises(RuleErrors) as caught:
        read_ruleset(folder)
    errors = [(error.line, error.rule, error.code) for error in caught.value.errors]
    lines = (folder / "rules.yaml").read_text("utf-8").splitlines()
    line = max(number for number, text in enumerate(lines, start=1) if at in text)
    assert (line, rule, code) in errors, caught.value
    assert all(error.message_en and error.message_zh != error.message_en for error in caught.value.errors)


def test_too_many_are_refused(tmp_path: Path) -> None:
    question = "  q{}:\n    {{label: {{en: Q, zh: 问}}, minimum: 0, maximum: 1, default: 0, sets: recorder}}\n"
    advice = "  a{}: {{because: {{en: A, zh: 一}}, when: 1 == 2}}\n"
    template = "  t{}: {{title: {{en: T, zh: 样}}}}\n"
    for name, text, more in (("start", question, 4), ("advice", advice, 200), ("templates", template, 49)):
        extra = "".join(text.format(number) for number in range(more))
        folder = write_grouped(tmp_path / name, OPENED.replace(f"{name}:\n", f"{name}:\n{extra}", 1))
        with pytest.raises(RuleErrors) as caught:
            read_ruleset(folder)
        assert "size" in {error.code for error in caught.value.errors}, name


def test_more_members_than_there_may_be(tmp_path: Path) -> None:
    text = OPENED.replace("    minimum: 1\n    maximum: 3\nattributes", "    minimum: 1\n    maximum: 1\nattributes")
    assert text != OPENED
    with pytest.raises(RuleErrors, match="heavy: size"):
        read_ruleset(write_grouped(tmp_path, text))


def test_two_questions_about_one_number(tmp_path: Path) -> None:
    both = "    sets: run\n"
    run = "  run: {kind: fact, section: core, label: {en: Run, zh: 长}, minimum: 0, maximum: 9}\nrules:\n"
    text = OPENED.replace("rules:\n", run, 1)
    for kind in ("light", "heavy"):
        text = text.replace(f"    member: {{group: camera_group, count: cameras, choices: {{camera: {kind}}}}}\n", both)
    text = text.replace("    members: {heavy: {mount: pole}}\n", "")
    with pytest.raises(RuleErrors, match="heavy: duplicate"):
        read_ruleset(write_grouped(tmp_path, text))


def test_sound_ones_have_no_findings(tmp_path: Path) -> None:
    assert found_in(opened(tmp_path)) == []
    assert [item for item in found_in(tmp_path / "products" / "cameras-in-groups", "warning") if item[1] == "hot"] == []


def test_a_template_that_cannot_be_completed_is_an_error(tmp_path: Path) -> None:
    """Three light and two heavy cameras are more than the small recorder takes."""
    folder = opened(
        tmp_path,
        "start: {light: 3, heavy: 1}\n    choices: {recorder: large}",
        "start: {light: 3, heavy: 2}\n    choices: {recorder: small}",
    )
    ((line, rule, code, sentence),) = found_in(folder)
    assert (rule, code) == ("shop", "template")
    assert line == line_of(OPENED, "  shop:")
    assert "light = 3, heavy = 2" in sentence
    assert "channels" in sentence


def test_answers_at_the_ends_are_tried(tmp_path: Path) -> None:
    """The template's recorder would give way; a rule that no recorder meets does not."""
    text = OPENED.replace(
        "rules:\n",
        "rules:\n  few:\n    because: {en: At most four., zh: 最多四台。}\n"
        '    require: "sum(camera_group: cameras) <= 4"\n',
        1,
    )
    found = found_in(write_grouped(tmp_path, text))
    assert {(rule, code) for _, rule, code, _ in found} == {("shop", "template"), ("own", "template")}
    assert any("light = 3, heavy = 2" in sentence and "few" in sentence for *_, sentence in found)


def test_nobody_at_all_is_a_template_that_cannot_be_completed(tmp_path: Path) -> None:
    found = found_in(opened(tmp_path, "start: {light: 3, heavy: 1}", "start: {light: 0, heavy: 0}"))
    assert [(rule, code) for _, rule, code, _ in found] == [("shop", "template")]
    assert "camera_group = 0" in found[0][3]


def test_advice_that_is_never_given_is_a_warning(tmp_path: Path) -> None:
    found = found_in(opened(tmp_path, "when: power > 17 W", "when: power > 18 W"), "warning")
    assert (line_of(OPENED, "power > 17 W"), "hot", "never") in [item[:3] for item in found]


def test_what_only_advice_or_pictures_read_is_used(tmp_path: Path) -> None:
    run = "  run: {kind: fact, section: core, label: {en: Run, zh: 长}, minimum: 0, maximum: 9}\nrules:\n"
    text = OPENED.replace("rules:\n", run, 1)
    unused = {rule for _, rule, code, _ in found_in(write_grouped(tmp_path / "a", text), "warning") if code == "unused"}
    assert "run" in unused
    for number, more in enumerate(
        [("when: power > 17 W", "when: power > 17 W and run > 2"), ("{total: total,", "{total: run,")]
    ):
        folder = write_grouped(tmp_path / str(number), text.replace(*more))
        assert "run" not in {rule for _, rule, code, _ in found_in(folder, "warning") if code == "unused"}


def test_answers_make_members_in_order(rules: RuleSet) -> None:
    shop, own = rules.templates
    assert answers_of(rules, shop) == {"light": 3, "heavy": 1}
    assert answers_of(rules, own) == {"light": 2, "heavy": 0}
    assert all_choices(rules, shop, {"light": 3, "heavy": 1}) == {
        "camera_group": 2,
        "camera_group[1].cameras": 3,
        "camera_group[1].camera": "light",
        "camera_group[2].cameras": 1,
        "camera_group[2].camera": "heavy",
        "camera_group[2].mount": "pole",
        "recorder": "large",
    }


def test_an_answer_of_nothing_moves_the_next_member_up(rules: RuleSet) -> None:
    shop = rules.templates[0]
    answers = {"light": 0, "heavy": 1}
    assert firm_choices(rules, answers) == {
        "camera_group": 1,
        "camera_group[1].cameras": 1,
        "camera_group[1].camera": "heavy",
    }
    assert soft_choices(rules, shop, answers) == {"recorder": "large", "camera_group[1].mount": "pole"}
    assert soft_choices(rules, shop, {"light": 1, "heavy": 0}) == {"recorder": "large"}


def test_nothing_at_all_names_the_group(rules: RuleSet) -> None:
    with pytest.raises(NoMember) as none:
        firm_choices(rules, {"light": 0, "heavy": 0})
    assert none.value.group == "camera_group"


def test_advice_holds_for_members_of_the_complete_assignment(rules: RuleSet) -> None:
    compiled = Compiled(rules.model())
    two_heavy = compiled.complete(
        choices_of(rules, rules.templates[0], {"light": 3, "heavy": 2}) | {"recorder": "large"}
    )
    (found,) = advice_of(rules, two_heavy)
    assert (found.advice.key, found.group, found.members) == ("hot", "camera_group", (2,))
    one_heavy = compiled.complete(choices_of(rules, rules.templates[0], {"light": 3, "heavy": 1}))
    assert advice_of(rules, one_heavy) == ()


def test_advice_of_the_whole_and_undefined_advice(tmp_path: Path) -> None:
    more = "  whole:\n    because: {en: Much in all., zh: 总量较大。}\n    when: total > 10 W\n"
    more += "  odd:\n    because: {en: Never said., zh: 从不显示。}\n    when: ceil(total / 0) > 1 W\n"
    rules = read_ruleset(opened(tmp_path, "    when: power > 17 W\n", f"    when: power > 17 W\n{more}"))
    found = advice_of(rules, Compiled(rules.model()).complete({"camera_group[1].cameras": 3}))
    assert [(item.advice.key, item.group, item.members) for item in found] == [("whole", "", ())]


def test_a_template_gives_way_to_answers_one_choice_at_a_time(rules: RuleSet) -> None:
    compiled, template = Compiled(rules.model()), replace(rules.templates[0], choices=(("recorder", "small"),))
    begun = begin(rules, compiled, template, {"light": 3, "heavy": 2})
    assert begun.dropped == (("recorder", "small"),)
    assert begun.choices["camera_group[2].mount"] == "pole"
    assert begin(rules, compiled, template, {"light": 3, "heavy": 1}).dropped == ()


@given(st.integers(0, 3), st.integers(0, 2), st.sampled_from(["small", "large", ""]))
def test_whatever_is_answered_can_be_completed(light: int, heavy: int, recorder: str) -> None:
    """The first screen never leads to a page that cannot be completed."""
    rules = opening_rules()
    chosen = (("recorder", recorder),) if recorder else ()
    template = replace(rules.templates[0], choices=chosen)
    try:
        begun = begin(rules, COMPILED, template, {"light": light, "heavy": heavy})
    except NoMember:
        assert light == heavy == 0
        return
    assert begun.choices.items() <= COMPILED.complete(begun.choices).items()
    assert begun.choices.items() >= firm_choices(rules, {"light": light, "heavy": heavy}).items()


def test_one_answer_at_its_end_is_tried_alone(tmp_path: Path) -> None:
    odd = '  odd:\n    because: {en: Not three., zh: 不能是三台。}\n    require: "sum(camera_group: cameras) != 3"\n'
    found = found_in(write_grouped(tmp_path, OPENED.replace("rules:\n", f"rules:\n{odd}", 1)))
    said = {rule: sentence for _, rule, code, sentence in found if code == "template"}
    assert "light = 3, heavy = 0" in said["own"]
    assert "light = 3, heavy = 0" in said["shop"]
