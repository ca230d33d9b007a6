"""Read UVL text into a tree; everything wrong or unsupported is reported with its line, all of it at once."""

from __future__ import annotations

import re
from fractions import Fraction

from lark import Token, Tree

from portal.configurator.uvl.errors import UvlFault, UvlReport
from portal.configurator.uvl.grammar import parse
from portal.configurator.uvl.lines import Line, nest
from portal.configurator.uvl.tree import Constraint, Feature, Group, Scalar, UvlModel, name_of

FEATURE_LIMIT = 30_000
CONSTRAINT_LIMIT = 50_000
SECTIONS = ("namespace", "include", "imports", "features", "constraints")
LEVELS = {
    "Boolean": {"group-cardinality"},
    "Arithmetic": {"feature-cardinality", "aggregate-function"},
    "Type": {"string-constraints", "numeric-constraints"},
    "SAT-level": {"group-cardinality"},
    "SMT-level": {"feature-cardinality", "aggregate-function"},
    "TYPE-level": {"string-constraints", "numeric-constraints"},
}

_FIRST = re.compile(r"\s*(\w+)")
_BOUNDS = re.compile(r"\[\s*(\d+)\s*(?:\.\.\s*(\d+|\*)\s*)?\]")


def read_text(text: str, report: UvlReport) -> UvlModel:
    """Return what the text says; the report has what it says wrongly or what cannot be used here."""
    reader = _Reader(report)
    for line in nest(text.removeprefix("\ufeff"), report):
        reader.section(line)
    if reader.model.root is None and not report.errors:
        report.add(0, 0, "there is no section `features` with a feature in it")
    return reader.model


class _Reader:
    """One reading of one text."""

    def __init__(self, report: UvlReport) -> None:
        self.report, self.model = report, UvlModel()
        self._seen: set[str] = set()
        self._names: dict[str, int] = {}
        self._full = False

    def section(self, line: Line) -> None:
        """Read one outermost line with everything below it."""
        found = _FIRST.match(line.text)
        word = found[1] if found is not None else line.text.strip()[:20]
        if word not in SECTIONS:
            self.report.add(line.number, line.column, f"`{word}` does not begin a section: {', '.join(SECTIONS)}")
            return
        if word in self._seen:
            self.report.add(line.number, line.column, f"a second section `{word}`")
        self._seen.add(word)
        rest = line.text.strip()[len(word) :].strip()
        if word == "namespace":
            self._namespace(line, rest)
            return
        if rest:
            self.report.add(line.number, line.column, f"nothing can follow `{word}` in its line")
        if word == "features":
            self._root(line)
            return
        read = {"include": self._level, "imports": self._import, "constraints": self._constraint}[word]
        for inner in line.nested:
            if inner.nested:
                self.report.add(inner.nested[0].number, 0, "this line is indented without belonging to anything")
            read(inner)

    def _parse(self, line: Line, start: str, text: str | None = None) -> Tree[Token] | None:
        try:
            return parse(line.text if text is None else text, start)
        except UvlFault as fault:
            self.report.fault(fault, line.number)
            return None

    def _namespace(self, line: Line, rest: str) -> None:
        tree = self._parse(line, "reference", rest)
        if tree is not None:
            self.model.namespace = ".".join(name_of(part) for part in tree.children if isinstance(part, Token))
        if line.nested:
            self.report.add(line.nested[0].number, 0, "this line is indented without belonging to anything")

    def _level(self, line: Line) -> None:
        if self._parse(line, "level") is None:
            return
        written = "".join(line.text.split())
        major, _, minor = written.partition(".")
        if major not in LEVELS or (minor not in {"", "*"} and minor not in LEVELS[major]):
            self.report.add(line.number, line.column, f"the language level {written} is not known")
        self.model.levels.append(written)

    def _import(self, line: Line) -> None:
        if self._parse(line, "link") is not None:
            self.report.add(line.number, line.column, f"imports are not supported: {line.text.strip()[:60]}")

    def _constraint(self, line: Line) -> None:
        tree = self._parse(line, "condition")
        if tree is not None:
            self._keep(Constraint(line.number, line.number, " ".join(line.text.split()), tree))

    def _keep(self, constraint: Constraint) -> None:
        if len(self.model.constraints) == CONSTRAINT_LIMIT:
            self.report.add(constraint.line, 0, f"more than {CONSTRAINT_LIMIT} constraints")
        if len(self.model.constraints) <= CONSTRAINT_LIMIT:
            self.model.constraints.append(constraint)

    def _root(self, line: Line) -> None:
        for inner in line.nested[1:]:
            self.report.add(inner.number, inner.column, "a second root feature; one is allowed")
        if not line.nested:
            self.report.add(line.number, line.column, "the section `features` is empty")
            return
        root = self._feature(line.nested[0])
        if root is not None and root.cardinality != (1, 1):
            self.report.add(root.line, 0, f"the root {root.name} cannot have a cardinality")
        self.model.root = root

    def _feature(self, line: Line) -> Feature | None:
        """Read a feature's line and, whatever is wrong with it, everything below it."""
        tree = self._parse(line, "feature")
        feature = Feature("", line.number)
        if tree is not None:
            kind, name, cardinality, attributes = tree.children
            assert isinstance(name, Token)
            feature.name = name_of(name)
            feature.kind = str(kind or "Boolean")
            if isinstance(cardinality, Tree):
                feature.cardinality = self._bounds(str(cardinality.children[0]), line)
            if isinstance(attributes, Tree):
                self._attributes(feature, attributes, line)
            self._register(feature)
        if not self._full:
            feature.groups = [group for inner in line.nested if (group := self._group(inner)) is not None]
        return feature if tree is not None else None

    def _register(self, feature: Feature) -> None:
        first = self._names.setdefault(feature.name, feature.line)
        if first != feature.line:
            self.report.add(feature.line, 0, f"a second feature {feature.name}; the first is in line {first}")
        if "." in feature.name:
            self.report.add(feature.line, 0, f"the name {feature.name} must not contain a dot")
        if len(self._names) > FEATURE_LIMIT and not self._full:
            self.report.add(feature.line, 0, f"more than {FEATURE_LIMIT} features")
            self._full = True

    def _bounds(self, text: str, line: Line) -> tuple[int, int | None]:
        found = _BOUNDS.fullmatch(text)
        assert found is not None
        least = int(found[1])
        most = None if found[2] == "*" else int(found[2] or found[1])
        if most is not None and most < least:
            self.report.add(line.number, 0, f"in {text} the second number is smaller than the first")
            return least, least
        return least, most

    def _group(self, line: Line) -> Group | None:
        tree = self._parse(line, "group")
        least, most = (0, None) if tree is None or not tree.children else self._bounds(str(tree.children[0]), line)
        kind = "" if tree is None else str(tree.data).removesuffix("_group")
        if kind in {"or", "alternative"}:
            least, most = 1, 1 if kind == "alternative" else None
        found = [feature for inner in line.nested if (feature := self._feature(inner)) is not None]
        if tree is None:
            return None
        if not line.nested:
            self.report.add(line.number, line.column, "this group has no features")
        elif kind == "cardinality" and found and least > len(found):
            self.report.add(line.number, line.column, f"at least {least} of {len(found)} features cannot be selected")
        return Group(kind, line.number, least, most, found)

    def _attributes(self, feature: Feature, tree: Tree[Token], line: Line, prefix: str = "") -> None:
        """Read attributes; nested ones are known by their path, constraints among them hold like all others."""
        for part in tree.children:
            if not isinstance(part, Tree):
                continue
            if part.data in {"single", "several"}:
                for condition in part.children:
                    if condition is not None:
                        whole = condition if isinstance(condition, Tree) else Tree("just", [condition])
                        place = _line_of(whole, line.number)
                        self._keep(Constraint(place, line.number, f"constraint of {feature.name}", whole))
                continue
            name, value = part.children
            assert isinstance(name, Token)
            self._attribute(feature, prefix + name_of(name), value, line)

    def _attribute(self, feature: Feature, key: str, value: Tree[Token] | Token | None, line: Line) -> None:
        if key in feature.attributes:
            self.report.add(line.number, 0, f"a second attribute {key} of {feature.name}")
        if isinstance(value, Tree) and value.data == "attributes":
            self._attributes(feature, value, line, f"{key}.")
        elif isinstance(value, Tree):
            texts = [part for part in value.children if isinstance(part, Token) and part.type in {"STRING", "QUOTED"}]
            if key == "values" and feature.kind == "String" and texts and len(texts) == len(value.children):
                feature.listed = tuple(dict.fromkeys(str(text)[1:-1] for text in texts))
            else:
                self.report.add(line.number, 0, f"a list as attribute is not supported: {key} of {feature.name}")
        else:
            feature.attributes[key] = True if value is None else _scalar(value)


def _scalar(token: Token) -> Scalar:
    """Return the value of an attribute."""
    if token.type == "SIGNED":
        return Fraction(str(token))
    return str(token) == "true" if token.type == "BOOLEAN" else str(token)[1:-1]


def _line_of(tree: Tree[Token], first: int) -> int:
    token = next(iter(tree.scan_values(lambda part: isinstance(part, Token))), None)
    return first if token is None or token.line is None else first + token.line - 1
