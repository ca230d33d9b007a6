"""Read values of attributes: what examples, templates and the first screen choose."""

from __future__ import annotations

from collections.abc import Mapping

from portal.configurator.language.documents import Item
from portal.configurator.language.errors import Report
from portal.configurator.language.items import Entry, integer
from portal.configurator.language.parts import Attribute, Scalar

Choices = tuple[tuple[str, Scalar], ...]
ASKED = ("choice", "quantity", "fact")


class Chosen:
    """Reads choices against the attributes they speak of."""

    def __init__(self, attributes: Mapping[str, Attribute], report: Report) -> None:
        self.attributes, self.report = attributes, report

    def attribute(self, entry: Entry, key: str, item: Item, kinds: tuple[str, ...] = ASKED) -> Attribute | None:
        """Return an attribute of one of these kinds; anything else is a mistake."""
        attribute = self.attributes.get(key)
        if attribute is None or attribute.kind not in kinds:
            entry.wrong("undefined" if attribute is None else "kind", key, item)
            return None
        return attribute

    def value(self, entry: Entry, attribute: Attribute, item: Item) -> Scalar:
        """Read a value of an attribute; one it does not have is an error."""
        if attribute.kind == "choice":
            if all(value.key != item.value for value in attribute.values):
                entry.wrong("unknown-value", str(item.value)[:40], item)
            return str(item.value)
        found = integer(item, entry)
        if found is not None and not attribute.minimum <= found <= attribute.maximum:
            entry.wrong("unknown-value", str(found), item)
        return found or 0

    def choices(self, entry: Entry, name: str) -> Choices:
        """Read a mapping of attributes to values, which may be absent."""
        pairs: list[tuple[str, Scalar]] = []
        for key, item in entry.entries(name):
            attribute = self.attribute(entry, key, item)
            if attribute is not None:
                pairs.append((key, self.value(entry, attribute, item)))
        return tuple(pairs)
