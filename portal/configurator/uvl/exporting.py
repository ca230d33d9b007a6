"""A rule set as UVL text: choices as alternatives, numbers as Integer features, tables and rules as constraints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.configurator.engine.model import Allowed, Clause, Model, Rule
from portal.configurator.language.ruleset import RuleSet, Text
from portal.configurator.uvl.saying import Speaker
from portal.configurator.uvl.vocabulary import CannotSay, Vocabulary
from portal.configurator.uvl.writing import Plain, comment, constraint_lines, quoted

LEVELS = ("Boolean.group-cardinality", "Arithmetic.*", "Type.*")
TUPLE_LIMIT = 2_000


@dataclass(frozen=True)
class Exported:
    """The text, and what it does not say: pairs of an id and the reason."""

    text: str
    left_out: tuple[tuple[str, str], ...]
    words: Vocabulary


def export_ruleset(ruleset: RuleSet) -> Exported:
    """Export a rule set; bill lines, preferences and examples are listed as left out."""
    sentences = {rule.key: rule.because.en for rule in ruleset.rules}
    return export_model(ruleset.model(), ruleset.key, sentences, _labels(ruleset), tuple(_beyond(ruleset)))


def export_model(
    model: Model,
    title: str,
    sentences: Mapping[str, str] | None = None,
    labels: Mapping[str, Mapping[str, Plain]] | None = None,
    beyond: tuple[tuple[str, str], ...] = (),
) -> Exported:
    """Export a model of the solver; rules that UVL cannot say are listed with the reason."""
    words = Vocabulary(model, title, labels or {})
    speaker = Speaker(words)
    left_out: dict[str, str] = {}
    said: dict[str, list[str]] = {}
    for rule in model.rules:
        try:
            said.setdefault(rule.key, []).extend(_say(rule, speaker))
        except CannotSay as reason:
            left_out.setdefault(f"rule {rule.key}", str(reason))
    missing = (*left_out.items(), *beyond)
    text = "\n".join(_text(words, said, sentences or {}, missing)) + "\n"
    return Exported(text, missing, words)


def _say(rule: Rule | Allowed | Clause, speaker: Speaker) -> list[str]:
    words = speaker.words
    if isinstance(rule, Rule):
        return speaker.require(rule.term)
    if isinstance(rule, Clause):
        said = (words.equals(key, value) if sign else words.differs(key, value) for key, value, sign in rule.literals)
        return [speaker.any_of(list(said))]
    if len(rule.tuples) > TUPLE_LIMIT:
        raise CannotSay(f"its table has more than {TUPLE_LIMIT} rows")
    known = [row for row in sorted(rule.tuples, key=str) if _reachable(rule, row, words)]
    rows = [[words.equals(key, value) for key, value in zip(rule.variables, row, strict=True)] for row in known]
    return [speaker.any_of([speaker.all_of(row) for row in rows])]


def _reachable(rule: Allowed, row: tuple[str | int, ...], words: Vocabulary) -> bool:
    return all(value in words.variables[key].values for key, value in zip(rule.variables, row, strict=True))


def _text(
    words: Vocabulary, said: Mapping[str, list[str]], sentences: Mapping[str, str], missing: tuple[tuple[str, str], ...]
) -> Iterator[str]:
    """Yield the lines of the whole text."""
    for key, reason in missing:
        yield comment(f"not in this text: {key}: {reason}")
    yield f"namespace {quoted(words.root.name)}"
    yield ""
    yield "include"
    yield from ("\t" + level for level in LEVELS)
    yield ""
    yield "features"
    yield from words.root.lines()
    constraints = {**words.constraints, **{key: texts for key, texts in said.items() if texts}}
    if constraints:
        yield ""
        yield "constraints"
        yield from constraint_lines(constraints, sentences)


def _labels(ruleset: RuleSet) -> dict[str, dict[str, Plain]]:
    """Return names in both languages, units and products as attributes of features."""
    found: dict[str, dict[str, Plain]] = {group.key: _named(group.title) for group in ruleset.repeated}
    members = {group.key: range(1, group.maximum + 1) for group in ruleset.repeated}
    for attribute in ruleset.attributes:
        unit: dict[str, Plain] = {} if attribute.unit == "count" else {"unit": attribute.unit}
        places = members.get(attribute.group)
        keys = [f"{attribute.group}[{place}].{attribute.key}" for place in places] if places else [attribute.key]
        for key in keys:
            found[key] = {**_named(attribute.label), **unit}
            for value in attribute.values:
                sku: dict[str, Plain] = {"sku": value.sku} if value.sku else {}
                found[f"{key}={value.key}"] = {**_named(value.label), **sku}
    return found


def _named(text: Text) -> dict[str, Plain]:
    return {"name_en": text.en, "name_zh": text.zh}


def _beyond(ruleset: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield what UVL has no words for."""
    for line in ruleset.lines:
        yield f"line {line.key}", "UVL has no bill of material"
    for accessory in ruleset.accessories:
        yield f"accessory {accessory.key}", "UVL has no bill of material"
    for example in ruleset.examples:
        yield f"example {example.key}", "UVL has no examples"
    if ruleset.completion:
        yield "completion", "UVL has no order of decisions and no preferences"
