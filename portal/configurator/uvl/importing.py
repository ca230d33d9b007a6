"""A UVL text as a model of the solver.

Every feature is a choice of the words true and false under its own name; a clone of `A cardinality [1..3]` is `A[2]`,
what stands below it `A[2].B`. An Integer feature that is always selected is a quantity; one that may be left out is a
choice, with its number as `NAME.value`, which stays at the least number while the feature is not selected. The same
holds for String features with listed values (`{values ['a', 'b']}`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, count
from pathlib import Path

from portal.configurator.engine.model import Clause, Model, Rule, Value, Variable
from portal.configurator.engine.terms import And, Compare, Number, Or, Ref, Same, Symbol, Term
from portal.configurator.uvl.bounds import Bounds, bounds_of
from portal.configurator.uvl.clauses import clauses_of
from portal.configurator.uvl.conditions import Resolver
from portal.configurator.uvl.errors import UvlFault, UvlReport
from portal.configurator.uvl.finding import Places
from portal.configurator.uvl.placing import FALSE, TRUE, Place, PlacedGroup, place_all
from portal.configurator.uvl.reading import read_text
from portal.configurator.uvl.summing import Sums
from portal.configurator.uvl.tree import Feature, UvlModel
from portal.configurator.uvl.values import product, total

SIZE_LIMIT = 8 * 1024 * 1024
PAIRS = 40
VALUE_LIMIT = 500


@dataclass(frozen=True)
class Statement:
    """A rule of the text: its key, its line, a sentence that says it, and one condition per clone."""

    key: str
    line: int
    sentence: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Imported:
    """What a text became: the tree, its places, the statements of its constraints, and the solver's model."""

    tree: UvlModel
    places: tuple[Place, ...]
    statements: tuple[Statement, ...]
    bounds: Bounds
    model: Model
    sentences: Mapping[str, str]


def import_uvl(path: Path) -> Imported:
    """Import a file; raises UvlErrors with every finding."""
    report = UvlReport(path.name)
    with path.open("rb") as stream:
        data = stream.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        report.add(0, 0, f"the file is larger than {SIZE_LIMIT // 1024 // 1024} MB")
        report.stop_if_any()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        report.add(data.count(b"\n", 0, error.start) + 1, 0, "this is not UTF-8 text")
        report.stop_if_any()
    return import_text(text, path.name)


def import_text(text: str, name: str = "text") -> Imported:
    """Import a text; raises UvlErrors with every finding."""
    report = UvlReport(name)
    tree = read_text(text, report)
    features = list(tree.root.below()) if tree.root is not None else []
    for feature in features:
        _check_kind(feature, report)
    bounds = bounds_of(features, tree.constraints, report)
    if tree.root is None:
        report.stop_if_any()
    assert tree.root is not None
    places = place_all(tree.root, report)
    resolver = Resolver(Places(places, tree.namespace))
    statements: list[Statement] = []
    keys: dict[int, int] = {}
    for constraint in tree.constraints:
        try:
            terms = resolver.resolve(constraint)
        except UvlFault as fault:
            report.fault(fault, constraint.first)
            continue
        keys[constraint.line] = keys.get(constraint.line, 0) + 1
        suffix = f"-{keys[constraint.line]}" if keys[constraint.line] > 1 else ""
        statements.append(Statement(f"line-{constraint.line}{suffix}", constraint.line, constraint.text, tuple(terms)))
    report.stop_if_any()
    return _assemble(tree, places, statements, bounds)


def _check_kind(feature: Feature, report: UvlReport) -> None:
    if feature.kind == "Real":
        report.add(feature.line, 0, f"Real features are not supported: {feature.name}; Integer with a unit is")
    if feature.kind == "String" and not feature.listed:
        report.add(feature.line, 0, f"a String feature needs listed values: {feature.name} {{values ['…', '…']}}")
    if len(feature.listed) > VALUE_LIMIT:
        report.add(feature.line, 0, f"{feature.name} has more than {VALUE_LIMIT} values")
    if feature.kind in {"Integer", "String"} and feature.cardinality != (1, 1):
        report.add(feature.line, 0, f"a cardinality of the {feature.kind} feature {feature.name} is not supported")


def _assemble(tree: UvlModel, places: list[Place], statements: list[Statement], bounds: Bounds) -> Imported:
    variables: list[Variable] = []
    functions: dict[tuple[str, str], Mapping[tuple[Value, ...], Value | None]] = {}
    for place in places:
        for variable in variables_of(place, bounds):
            variables.append(variable)
            if variable.kind == "choice":
                functions[f"={variable.key}", "number"] = {
                    (word,): numeral(str(word), place, variable.key) for word in variable.values
                }
    rules: list[Rule | Clause] = []
    sentences: dict[str, str] = {}
    sums = Sums(map("sum.{}".format, count(1)).__next__)
    for key, sentence, parts in _tree_rules(places, bounds):
        sentences.setdefault(key, sentence)
        rules += [Rule(part.key, sums.cut(part.term)) if isinstance(part, Rule) else part for part in parts]
    for statement in statements:
        sentences[statement.key] = statement.sentence
        for term in statement.terms:
            clauses = clauses_of(term)
            if clauses is None:
                rules.append(Rule(statement.key, sums.cut(term)))
            else:
                rules += [Clause(statement.key, literals) for literals in clauses]
    derived = tuple(sums.derived.items())
    model = Model(variables=tuple(variables), derived=derived, rules=tuple(rules), functions=functions)
    return Imported(tree, tuple(places), tuple(statements), bounds, model, sentences)


def variables_of(place: Place, bounds: Bounds) -> Iterator[Variable]:
    """Yield the variables of a place: whether it is selected, and its value."""
    if place.switch is not None:
        yield Variable(place.switch, "choice", (TRUE, FALSE))
    if place.typed and place.feature.kind == "Integer":
        low, high = bounds[place.feature.name]
        yield Variable(place.value_key, "quantity", tuple(range(low, high + 1)))
    elif place.typed:
        yield Variable(place.value_key, "choice", place.feature.listed)


def numeral(word: str, place: Place, key: str) -> int:
    """Return the number of a word: 1 and 0 for true and false, the length of a text."""
    return int(word == TRUE) if key == place.switch else len(word)


def _tree_rules(places: list[Place], bounds: Bounds) -> Iterator[tuple[str, str, list[Rule | Clause]]]:
    """Yield key, sentence and rules of the root, of every group and of values that do not count."""
    root = places[0]
    if root.switch is not None:
        key = f"line-{root.feature.line}"
        yield key, f"{root.key} is always selected", [Clause(key, ((root.switch, TRUE, True),))]
    for place in places:
        for group in place.groups:
            key = f"line-{group.line}"
            yield key, sentence_of(group), list(_group_rules(key, group))
        if place.typed and place.switch is not None:
            key = f"line-{place.feature.line}"
            term = idle(place, bounds)
            yield key, f"the value of {place.key} counts only when it is selected", [Rule(key, term)]


def idle(place: Place, bounds: Bounds) -> Term:
    """Return the condition that the value of a feature stands still while the feature is not selected."""
    if place.feature.kind == "Integer":
        still: Term = Compare("==", Ref(place.value_key), Number(bounds[place.feature.name][0]))
    else:
        still = Same(Ref(place.value_key), Symbol(place.feature.listed[0]))
    return Or((place.selected(), still))


def sentence_of(group: PlacedGroup) -> str:
    """Say what a group asks for."""
    names = ", ".join(member.key for member in group.members[:5]) + (", …" if len(group.members) > 5 else "")
    most = len(group.members) if group.most is None else group.most
    much = {
        "mandatory": "all of",
        "or": "at least one of",
        "alternative": "exactly one of",
    }.get(group.kind, f"{group.least} to {most} of")
    if group.kind == "optional":
        return f"{names} only with {group.parent.key}"
    return f"{group.parent.key} asks for {much} {names}"


def _group_rules(key: str, group: PlacedGroup) -> Iterator[Rule | Clause]:
    """Yield what binds the members of a group to its parent and to each other."""
    parent = _literal(group.parent, False)
    members = group.members
    for member in members:
        literals = [*_literal(member, False), *_literal(group.parent, True)]
        if group.parent.switch is not None and member.switch is not None:
            yield Clause(key, tuple(literals))
    if group.kind == "clones":
        for place, member in enumerate(members):
            if place < group.least:
                yield Clause(key, (*parent, *_literal(member, True)))
            elif place > 0:
                yield Clause(key, (*_literal(member, False), *_literal(members[place - 1], True)))
    elif group.kind == "mandatory":
        for member in members:
            if member.switch is not None:
                yield Clause(key, (*parent, *_literal(member, True)))
    elif group.kind != "optional":
        yield from _counted(key, group)


def _counted(key: str, group: PlacedGroup) -> Iterator[Rule | Clause]:
    """Yield the bounds on how many members are selected with their parent."""
    members, least = group.members, group.least
    most = len(members) if group.most is None else min(group.most, len(members))
    if least == 1:
        positive = [literal for member in members for literal in _literal(member, True)]
        yield Clause(key, (*_literal(group.parent, False), *positive))
    if most == 1 and len(members) <= PAIRS:
        for first, second in combinations(members, 2):
            yield Clause(key, (*_literal(first, False), *_literal(second, False)))
        most = len(members)
    tests = counting(group, least if least > 1 else 0, most)
    if tests:
        yield Rule(key, And(tuple(tests)))


def counting(group: PlacedGroup, least: int, most: int) -> list[Term]:
    """Return comparisons of how many members are selected with `least` and `most`, as far as these say something."""
    summed = total([member.indicator() for member in group.members])
    own = group.parent.indicator()
    tests: list[Term] = []
    if least > 0:
        tests.append(Compare(">=", summed, product(Number(least), own)))
    if most < len(group.members):
        tests.append(Compare("<=", summed, product(Number(most), own)))
    return tests


def _literal(place: Place, selected: bool) -> tuple[tuple[str, Value, bool], ...]:
    """Return "selected" or its opposite as literals of a clause; a place without a switch is always selected."""
    return () if place.switch is None else ((place.switch, TRUE if selected else FALSE, True),)
