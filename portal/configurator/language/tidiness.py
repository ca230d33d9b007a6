"""What is in a rule set for nothing, and texts that look as if a language was forgotten: warnings only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from portal.configurator.engine.model import Allowed, Clause, Model
from portal.configurator.engine.terms import Lookup, Setting, Term, children, names
from portal.configurator.language.findings import Finding
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.subject import Subject, authored
from portal.configurator.language.units import UNITS
from portal.words import Text

CHINESE = re.compile("[\u3400-\u9fff]")
WORD = re.compile("[A-Za-z]+")
LEAST = 4  # letters of a word that would be translated; shorter ones are mostly abbreviations
ALL_UNITS = " ".join(UNITS)
SHOWN = 60  # characters of a text in a finding

Path = tuple[str, ...]


def tidiness(subject: Subject) -> Iterator[Finding]:
    """Yield what nothing uses, and suspicious texts."""
    ruleset, model = subject.ruleset, subject.model
    terms = list(_terms(model, ruleset.parsed.advice.values()))
    drawn = {name for picture in ruleset.pictures for _, name in picture.parts}
    yield from _unused(subject, "settings", (item.key for item in ruleset.settings), _settings(terms, subject) | drawn)
    yield from _unused(subject, "tables", (item.key for item in ruleset.tables), _tables(terms, ruleset))
    asked = (item.key for item in ruleset.attributes if item.kind != "derived")
    used = {authored(key) for key in _attributes(terms, model)}
    yield from _unused(subject, "attributes", asked, used | drawn)
    shown = {item.section for item in ruleset.attributes} | {item.section for item in ruleset.repeated}
    yield from _unused(subject, "sections", (item.key for item in ruleset.sections), shown)
    headings = {item.group for item in ruleset.lines} | {item.group for item in ruleset.accessories}
    yield from _unused(subject, "groups", (item.key for item in ruleset.groups), headings)
    for path, text in texts(ruleset):
        yield from _suspicious(subject, path, text)


def _unused(subject: Subject, kind: str, keys: Iterable[str], used: set[str]) -> Iterator[Finding]:
    for key in keys:
        if key not in used:
            yield subject.found("unused", (kind, key), key)


def _terms(model: Model, advice: Iterable[Term]) -> Iterator[Term]:
    """Yield every term and its parts."""
    waiting = [*advice, *(term for _, term in model.derived)]
    waiting += [rule.term for rule in model.rules if not isinstance(rule, (Allowed, Clause))]
    for line in model.lines:
        waiting += [line.quantity] if line.when is None else [line.quantity, line.when]
    while waiting:
        term = waiting.pop()
        yield term
        waiting.extend(children(term))


def _settings(terms: list[Term], subject: Subject) -> set[str]:
    """Return the settings that are read; values may name one as their number."""
    return {term.key for term in terms if isinstance(term, Setting)} | subject.places.numbers


def _tables(terms: list[Term], ruleset: RuleSet) -> set[str]:
    used = {term.table for term in terms if isinstance(term, Lookup)}
    used |= {item.table for item in ruleset.attributes if item.table}
    return used | {item.table for item in ruleset.rules if item.table}


def _attributes(terms: list[Term], model: Model) -> set[str]:
    used = {line.product for line in model.lines if line.product}
    for rule in model.rules:
        used.update(rule.variables if isinstance(rule, Allowed) else ())
        used.update([key for key, _, _ in rule.literals] if isinstance(rule, Clause) else ())
    for term in terms:
        used.update([] if children(term) else names(term))
    return used


def texts(ruleset: RuleSet) -> Iterator[tuple[Path, Text]]:
    """Yield every text that people read, with its path; hints only where there is one."""
    yield ("title",), ruleset.title
    for section in ruleset.sections:
        yield ("sections", section.key, "title"), section.title
        yield from _hint(("sections", section.key), section.hint)
    for group in ruleset.groups:
        yield ("groups", group.key, "title"), group.title
    for setting in ruleset.settings:
        yield ("settings", setting.key, "label"), setting.label
    for repeated in ruleset.repeated:
        yield ("repeated", repeated.key, "title"), repeated.title
        yield ("repeated", repeated.key, "label"), repeated.label
        yield from _hint(("repeated", repeated.key), repeated.hint)
    for attribute in ruleset.attributes:
        yield ("attributes", attribute.key, "label"), attribute.label
        yield from _hint(("attributes", attribute.key), attribute.hint)
        for value in attribute.values:
            yield ("attributes", attribute.key, "values", value.key), value.label
    for rule in ruleset.rules:
        yield ("rules", rule.key, "because"), rule.because
    for accessory in ruleset.accessories:
        yield ("accessories", accessory.key, "because"), accessory.because
    for start in ruleset.start:
        yield ("start", start.key, "label"), start.label
        yield from _hint(("start", start.key), start.hint)
    for template in ruleset.templates:
        yield ("templates", template.key, "title"), template.title
        yield from _hint(("templates", template.key), template.hint)
    for advice in ruleset.advice:
        yield ("advice", advice.key, "because"), advice.because
    for example in ruleset.examples:
        yield ("examples", example.key, "title"), example.title


def _hint(path: Path, hint: Text) -> Iterator[tuple[Path, Text]]:
    if hint.en or hint.zh:
        yield (*path, "hint"), hint


def _suspicious(subject: Subject, path: Path, text: Text) -> Iterator[Finding]:
    """Yield doubts about the language of a text; names of products are the same in both."""
    if len(path) == 4 and path not in subject.places.known:
        return
    if CHINESE.search(text.en):
        yield subject.found("script", path, text.en[:SHOWN])
    if text.zh and not CHINESE.search(text.zh) and _translatable(text.zh):
        yield subject.found("same-text" if text.zh == text.en else "script", path, text.zh[:SHOWN])


def _translatable(text: str) -> bool:
    """Tell whether a text holds a word in small letters that is no unit."""
    return any(word.islower() and len(word) >= LEAST and word not in ALL_UNITS for word in WORD.findall(text))
