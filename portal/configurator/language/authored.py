"""The plain document that an author would have written for a rule set: the reader's keys, its shapes, its order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal, Inexact
from typing import Any

from portal.configurator.language.parts import (
    Accessory,
    Advice,
    Attribute,
    Example,
    Line,
    Prefer,
    Repeated,
    Rule,
    Scalar,
    Setting,
    Start,
    Table,
    Template,
)
from portal.configurator.language.ruleset import FORMAT, RuleSet
from portal.configurator.language.units import unit_factor
from portal.words import Text


class Flow(dict[str, Any]):
    """A mapping that is written on one line."""


def document(ruleset: RuleSet) -> dict[str, Any]:
    """Return the whole document; tables name files `KEY.csv` beside it."""
    return {
        "format": FORMAT,
        "key": ruleset.key,
        "title": _text(ruleset.title),
        "completion": list(ruleset.completion),
        "sections": {item.key: _said(title=_text(item.title), hint=_text(item.hint)) for item in ruleset.sections},
        "groups": {item.key: Flow(title=_text(item.title)) for item in ruleset.groups},
        "settings": {item.key: _setting(item) for item in ruleset.settings},
        "tables": {item.key: _table(item) for item in ruleset.tables},
        "repeated": {item.key: _repeated(item) for item in ruleset.repeated},
        "start": {item.key: _start(item) for item in ruleset.start},
        "templates": {item.key: _template(item) for item in ruleset.templates},
        "pictures": {item.key: Flow(kind=item.kind, parts=Flow(item.parts)) for item in ruleset.pictures},
        "attributes": {item.key: _attribute(item, ruleset) for item in ruleset.attributes},
        "rules": {item.key: _rule(item) for item in ruleset.rules},
        "advice": {item.key: _advice(item) for item in ruleset.advice},
        "lines": {item.key: _line(item) for item in ruleset.lines},
        "accessories": {item.key: _accessory(item) for item in ruleset.accessories},
        "examples": {item.key: _example(item, ruleset) for item in ruleset.examples},
    }


def amount(number: int, unit: str) -> str:
    """Write base units as a decimal of a unit; Inexact when there is no such decimal."""
    exact = Context(prec=60, traps=[Inexact]).divide(Decimal(number), Decimal(unit_factor(unit)))
    return format(exact.normalize(), "f")


def measured(number: int, unit: str) -> str:
    """Write base units with their unit."""
    return amount(number, unit) if unit == "count" else f"{amount(number, unit)} {unit}"


def _text(text: Text) -> Flow | None:
    return Flow(en=text.en, zh=text.zh) if text.en or text.zh else None


def _said(**parts: Any) -> dict[str, Any]:
    """Leave out what says nothing; a trailing underscore keeps a key apart from Python's own words."""
    empty: tuple[Any, ...] = (None, "", [], {})
    return {key.removesuffix("_"): part for key, part in parts.items() if part not in empty}


def _setting(setting: Setting) -> dict[str, Any]:
    return _said(value=setting.shown, unit=setting.unit, label=_text(setting.label), source=setting.source)


def _table(table: Table) -> Flow:
    keys = {"key": list(table.keys)} if table.keys else {}
    return Flow({"file": f"{table.key}.csv", **keys})


def _preferred(prefer: Prefer) -> dict[str, Any]:
    order = {} if prefer.order == "first" else {"prefer": prefer.order}
    return order if prefer.value is None else {**order, "default": prefer.value}


def _repeated(group: Repeated) -> dict[str, Any]:
    texts = _said(title=_text(group.title), label=_text(group.label), hint=_text(group.hint), section=group.section)
    return {**texts, "minimum": group.minimum, "maximum": group.maximum, **_preferred(group.prefer)}


def _attribute(attribute: Attribute, ruleset: RuleSet) -> dict[str, Any]:
    unit = "" if attribute.unit == "count" else attribute.unit
    head = _said(
        kind=attribute.kind,
        group=attribute.group,
        section=attribute.section,
        label=_text(attribute.label),
        hint=_text(attribute.hint),
        unit=unit,
        view="" if attribute.view == "simple" else attribute.view,
    )
    if attribute.kind == "derived":
        return {**head, "expression": attribute.expression}
    if attribute.kind == "choice":
        values = _values(attribute, ruleset)
        return {**head, **_said(values=values, from_=attribute.table), **_preferred(attribute.prefer)}
    return {**head, "minimum": attribute.minimum, "maximum": attribute.maximum, **_preferred(attribute.prefer)}


def _values(attribute: Attribute, ruleset: RuleSet) -> dict[str, Any]:
    """Return the listed values; those of a table come with it."""
    drawn = set[str]()
    for table in ruleset.tables:
        if table.key == attribute.table:
            place = [column.name for column in table.columns].index(table.keys[0])
            drawn = {str(row[place]) for row in table.rows}
    found: dict[str, Any] = {}
    for value in attribute.values:
        if value.key not in drawn:
            number = {} if value.number is None else {"number": amount(value.number, attribute.unit)}
            found[value.key] = Flow({"label": _text(value.label), **number})
    return found


def _rule(rule: Rule) -> dict[str, Any]:
    return _said(
        because=_text(rule.because),
        source=rule.source,
        when=rule.when,
        require=rule.require,
        table=rule.table,
        columns=Flow(rule.columns),
    )


def _line(line: Line) -> dict[str, Any]:
    return _said(sku=line.sku, product=line.product, quantity=line.quantity, group=line.group, when=line.when)


def _accessory(line: Accessory) -> dict[str, Any]:
    return _said(
        because=_text(line.because),
        source=line.source,
        for_=list(line.parents),
        sku=line.sku,
        product=line.product,
        quantity=line.quantity,
        group=line.group,
        when=line.when,
    )


def _start(start: Start) -> dict[str, Any]:
    texts = _said(label=_text(start.label), hint=_text(start.hint))
    span = {"minimum": start.minimum, "maximum": start.maximum, "default": start.default}
    if start.sets:
        return {**texts, **span, "sets": start.sets}
    return {**texts, **span, "member": _said(group=start.group, count=start.count, choices=Flow(start.choices))}


def _template(template: Template) -> dict[str, Any]:
    members: Iterable[tuple[str, tuple[tuple[str, Scalar], ...]]] = template.members
    return _said(
        title=_text(template.title),
        hint=_text(template.hint),
        start=Flow(template.start),
        choices=Flow(template.choices),
        members={key: Flow(choices) for key, choices in members},
    )


def _advice(advice: Advice) -> dict[str, Any]:
    return _said(because=_text(advice.because), source=advice.source, when=advice.when)


def _example(example: Example, ruleset: RuleSet) -> dict[str, Any]:
    derived = ((key, measured(number, ruleset.attribute(key).unit)) for key, number in example.derived)
    return _said(
        title=_text(example.title),
        choices=Flow(example.choices),
        possible=_lists(example.possible),
        ranges=_lists(example.ranges),
        offered=_lists(example.offered),
        refused=_lists(example.refused),
        derived=Flow(derived),
        reasons=[
            Flow(attribute=item.attribute, value=item.value, because=[list(group) for group in item.because])
            for item in example.reasons
        ],
        completed=Flow(example.completed),
        bill=Flow(example.bill),
    )


def _lists(pairs: Iterable[tuple[str, Iterable[Any]]]) -> Mapping[str, Any]:
    return Flow((key, list(values)) for key, values in pairs)
