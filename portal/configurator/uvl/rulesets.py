"""A feature model as a rule set of our own format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from portal.configurator.engine.model import Value as EngineValue
from portal.configurator.engine.model import Variable
from portal.configurator.engine.results import Impossible
from portal.configurator.engine.solver import compile_rules
from portal.configurator.engine.terms import And, Compare, Term
from portal.configurator.language.grammar import RESERVED
from portal.configurator.language.ruleset import Attribute, Prefer, Rule, RuleSet, Section, Text, Value
from portal.configurator.uvl.errors import UvlReport
from portal.configurator.uvl.folding import Folding
from portal.configurator.uvl.importing import Imported, counting, idle, sentence_of
from portal.configurator.uvl.placing import FALSE, TRUE, Place, PlacedGroup
from portal.configurator.uvl.printing import Printer
from portal.configurator.uvl.summing import Sums

SECTION = "features"
EMPTY = Text("", "")
YES, NO = Text("Yes", "是"), Text("No", "否")


@dataclass(frozen=True)
class Converted:
    """The rule set and what a person should know: features nobody has to decide, names to translate."""

    ruleset: RuleSet
    always: tuple[str, ...]
    never: tuple[str, ...]
    untranslated: int

    def notes(self) -> list[str]:
        """Return sentences about what became of the text."""
        found = [
            f"{len(self.ruleset.attributes)} attributes, {len(self.ruleset.rules)} rules.",
            f"{self.untranslated} names stand in both languages as they are in the UVL text: they need translation.",
        ]
        for names, fate in ((self.always, "always selected"), (self.never, "never possible")):
            if names:
                found.append(f"Not asked, because {fate}: {', '.join(names)}.")
        return found


@dataclass
class _Keys:
    """Gives every name of the text a key of the rule format, each once."""

    used: set[str] = field(default_factory=set)

    def fresh(self, name: str) -> str:
        """Return a key made from a name."""
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:34].rstrip("_")
        plain = plain if plain[:1].isalpha() else f"f_{plain}".rstrip("_")
        key, number = plain, 1
        while key in self.used or key in RESERVED:
            number += 1
            key = f"{plain}_{number}"
        self.used.add(key)
        return key


def to_ruleset(imported: Imported, name: str) -> Converted:
    """Return a rule set; raises UvlErrors when no configuration is possible."""
    root = imported.places[0].feature
    report = UvlReport(name)
    try:
        possible = compile_rules(imported.model).domains({}).values
    except Impossible as impossible:
        for key in impossible.explanation.rules:
            line = int(key.split("-")[1])
            report.add(line, 0, f"no configuration is possible; one of the reasons: {imported.sentences[key]}")
        report.stop_if_any()
    fixed: dict[str, EngineValue] = {key: values[0] for key, values in possible.items() if len(values) == 1}
    keys = _Keys()
    asked = [variable for variable in imported.model.variables if variable.key not in fixed]
    names = {variable.key: keys.fresh(variable.key) for variable in asked}
    printer = Printer(names)
    sums = Sums(lambda: keys.fresh("sum"))
    folding = Folding(possible, imported.model.functions)
    rules = tuple(_rules(imported, lambda term: sums.cut(folding.fold(term)), printer))
    places = {key: place for place in imported.places for key in (place.switch, place.value_key) if key}
    attributes = [_attribute(names[item.key], item, places[item.key], possible[item.key]) for item in asked]
    attributes += [_derived(key, printer.expression(term)) for key, term in sums.derived.items()]
    ruleset = RuleSet(
        key=re.sub(r"[^a-z0-9]+", "-", root.name.lower()).strip("-") or "features",
        title=_same(root.name),
        sections=(Section(SECTION, Text("Features", "特性"), EMPTY),),
        attributes=tuple(attributes),
        tables=(),
        settings=(),
        rules=rules,
        groups=(),
        lines=(),
        completion=(),
        examples=(),
    )
    always = tuple(key for key, value in fixed.items() if value != FALSE)
    never = tuple(key for key, value in fixed.items() if value == FALSE)
    return Converted(ruleset, always, never, len(asked) + 1)


def _same(name: str) -> Text:
    return Text(name, name)


def _attribute(key: str, variable: Variable, place: Place, possible: tuple[EngineValue, ...]) -> Attribute:
    """Return the attribute of a variable with the values that some configuration has."""
    label, hint = _same(variable.key), _same(_described(place))
    if variable.kind == "quantity":
        numbers = [value for value in possible if isinstance(value, int)]
        low, high = min(numbers), max(numbers)
        return Attribute(key, "quantity", label, hint, "count", (), low, high, SECTION, Prefer("smallest"))
    if variable.key == place.switch:
        yes, no = Value(TRUE, YES, None, 1), Value(FALSE, NO, None, 0)
        return Attribute(key, "choice", label, hint, "count", (yes, no), 0, 0, SECTION, Prefer("first", FALSE))
    values = tuple(Value(str(word), _same(str(word)), None, len(str(word))) for word in possible)
    return Attribute(key, "choice", label, hint, "count", values, 0, 0, SECTION, Prefer("first"))


def _derived(key: str, expression: str) -> Attribute:
    label = Text(f"Sum {key}", f"合计 {key}")
    return Attribute(key, "derived", label, EMPTY, "count", (), 0, 0, SECTION, Prefer("first"), None, expression)


def _described(place: Place) -> str:
    """Write a feature's attributes out, so that none is lost."""
    if place.clone:
        return ""
    return "; ".join(f"{name}: {_shown(value)}" for name, value in place.feature.attributes.items())


def _shown(value: object) -> str:
    if isinstance(value, Fraction) and value.denominator != 1:
        return str(float(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _rules(imported: Imported, simple: Callable[[Term], Term], printer: Printer) -> Iterator[Rule]:
    """Yield the rules of groups, of values that do not count, and of constraints; what is always true is left out."""
    used: set[str] = set()

    def written(key: str, line: int, because: Text, terms: list[Term]) -> Iterator[Rule]:
        for term in terms:
            folded = simple(term)
            for part in folded.parts if isinstance(folded, And) else (folded,):
                number = 1
                name = key
                while name in used:
                    number += 1
                    name = f"{key}-{number}"
                used.add(name)
                yield Rule(name, because, f"UVL line {line}", printer.expression(part))

    for place in imported.places:
        for group in place.groups:
            yield from written(f"line-{group.line}", group.line, _group_text(group), list(_group_terms(group)))
        if place.typed and place.switch is not None:
            text = Text(f"The value of {place.key} counts only with it.", f"未选 {place.key} 时其数值不计。")
            yield from written(f"line-{place.feature.line}", place.feature.line, text, [idle(place, imported.bounds)])
    for statement in imported.statements:
        text = Text(f"UVL constraint: {statement.sentence}", f"UVL 约束：{statement.sentence}")
        yield from written(statement.key, statement.line, text, list(statement.terms))


def _group_terms(group: PlacedGroup) -> Iterator[Term]:
    """Yield a group's conditions over the numbers 1 and 0 of its members."""
    parent = group.parent.indicator()
    members = group.members
    if group.kind == "clones":
        before = parent
        for index, member in enumerate(members):
            yield Compare("==" if index < group.least else "<=", member.indicator(), before)
            before = member.indicator()
        return
    most = len(members) if group.most is None else min(group.most, len(members))
    if group.kind == "mandatory":
        yield And(tuple(Compare("==", member.indicator(), parent) for member in members))
        return
    if most > 1 or not members:
        yield And(tuple(Compare("<=", member.indicator(), parent) for member in members))
    if group.kind == "alternative":
        yield Compare("==", _sum(group), parent)
    else:
        yield And(tuple(counting(group, group.least, most)))


def _sum(group: PlacedGroup) -> Term:
    tests = counting(group, 1, len(group.members))
    assert isinstance(tests[0], Compare)
    return tests[0].left


def _group_text(group: PlacedGroup) -> Text:
    """Say in both languages what a group asks for."""
    names = "、".join(member.key for member in group.members[:5]) + ("……" if len(group.members) > 5 else "")
    most = len(group.members) if group.most is None else group.most
    if group.kind == "optional":
        return Text(f"{sentence_of(group)}.", f"只有选择 {group.parent.key} 时才能选 {names}。")
    much = {"mandatory": "全部", "or": "至少一个", "alternative": "恰好一个"}
    count = much.get(group.kind, f"{group.least} 至 {most} 个")
    return Text(f"{sentence_of(group)}.", f"{group.parent.key} 须从 {names} 中选{count}。")
