"""A tree of texts becomes a device type with typed fields; what would be misread is damage, with its line."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from portal.catalog.devicetypes.walking import Damaged, Found
from portal.catalog.devicetypes.yamltree import Items, Node, Table, Text, read_tree

MAKER_LIMIT: Final = 80
MODEL_LIMIT: Final = 100
LARGEST: Final = 10**9
# The field's longest text.
TEXTS: Final[dict[str, int]] = {
    "slug": 100, "part_number": 200, "airflow": 60, "weight_unit": 20, "subdevice_role": 60,
    "description": 20_000, "comments": 100_000, "form_factor": 60, "outer_unit": 20,
}  # fmt: skip
PROSE: Final = ("description", "comments")
NUMBERS: Final[tuple[str, ...]] = (
    "u_height", "weight", "width", "starting_unit", "outer_width", "outer_height", "outer_depth", "mounting_depth",
    "max_weight",
)  # fmt: skip
TRUTHS: Final[tuple[str, ...]] = ("is_full_depth", "front_image", "rear_image", "is_powered", "desc_units")
COMPONENTS: Final[tuple[str, ...]] = (
    "console-ports", "console-server-ports", "power-ports", "power-outlets", "interfaces", "front-ports", "rear-ports",
    "module-bays", "device-bays", "inventory-items",
)  # fmt: skip
UNTYPED: Final = ("module-bays", "device-bays", "inventory-items")
COMPONENT_NUMBERS: Final[tuple[str, ...]] = ("maximum_draw", "allocated_draw")
COMPONENT_TEXTS: Final[tuple[str, ...]] = ("name", "label", "type", "poe_mode", "poe_type", "feed_leg")
COMPONENT_OTHERS: Final = (
    "description", "comments", "mgmt_only", "enabled", "power_port", "rear_port", "rear_port_position", "positions",
    "color", "position", "manufacturer", "part_id", "poe", "bridge", "rf_role",
)  # fmt: skip
_NUMBER = re.compile(r"\+?(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,6})?")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,49}")
_TRUTH = {
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}


@dataclass(frozen=True, slots=True)
class Component:
    """One port, outlet or bay: its name, and the texts and numbers that are read of it."""

    name: str
    texts: dict[str, str]
    numbers: dict[str, Decimal]
    line: int


@dataclass(frozen=True, slots=True)
class Document:
    """One file as it was read; what it does not say is in none of the mappings."""

    path: str
    form: str
    digest: str
    maker: str
    model: str
    texts: dict[str, str]
    numbers: dict[str, Decimal]
    written: dict[str, str]  # numbers as the file writes them
    truths: dict[str, bool]
    components: dict[str, tuple[Component, ...]]
    unknown: tuple[str, ...]  # keys that the format does not have
    ended: bool  # whether the last line has its end

    def parts(self, key: str) -> tuple[Component, ...]:
        """Return the components of one kind."""
        return self.components.get(key, ())


def read_document(found: Found, data: bytes) -> Document:
    """Read one file; raises Damaged."""
    tree = read_tree(data)
    said = {key: node for key, node in tree.entries.items() if not (isinstance(node, Text) and node.is_nothing)}
    for key in ("manufacturer", "model"):
        if key not in said:
            raise Damaged(f"{key} is missing", tree.line)
    numbers = {key: _text(key, said[key], 40) for key in NUMBERS if key in said}
    components = {key: _components(key, said[key]) for key in COMPONENTS if key in said}
    known = {"manufacturer", "model", *TEXTS, *NUMBERS, *TRUTHS, *COMPONENTS}
    return Document(
        path=found.path,
        form=found.form,
        digest=hashlib.sha256(data).hexdigest(),
        maker=_name("manufacturer", said["manufacturer"], MAKER_LIMIT),
        model=_name("model", said["model"], MODEL_LIMIT),
        texts={key: _said(key, said[key], longest) for key, longest in TEXTS.items() if key in said},
        numbers={key: _number(key, said[key]) for key in numbers},
        written=numbers,
        truths={key: _truth(key, said[key]) for key in TRUTHS if key in said},
        components=components,
        unknown=_unknown(tree, known, components),
        ended=data.endswith((b"\n", b"\r")),
    )


def _name(key: str, node: Node, longest: int) -> str:
    name = visible(_text(key, node, longest))
    if not name:
        raise Damaged(f"{key} is empty", node.line)
    return name


def _said(key: str, node: Node, longest: int) -> str:
    """Return a text of the file: whole where people wrote at length, one visible line elsewhere."""
    text = _text(key, node, longest)
    return text.strip() if key in PROSE else visible(text)


def visible(text: str) -> str:
    """Return a text as one line without characters that nobody sees."""
    seen = (letter for letter in text if letter.isspace() or unicodedata.category(letter)[0] != "C")
    return " ".join("".join(seen).split())


def _text(key: str, node: Node, longest: int) -> str:
    if not isinstance(node, Text):
        raise Damaged(f"{key} must be a text", node.line)
    if len(node.text) > longest:
        raise Damaged(f"{key} is longer than {longest} characters", node.line)
    return node.text


def _number(key: str, node: Node) -> Decimal:
    """Read a plain decimal number: no octals, exponents, sexagesimals, infinities, which readers take differently."""
    text = _text(key, node, 40)
    assert isinstance(node, Text)
    if not node.plain or not _NUMBER.fullmatch(text):
        raise Damaged(f"{key} must be a plain number of 0 or more, not {text!r}", node.line)
    number = Decimal(text)
    if number > LARGEST:
        raise Damaged(f"{key} is too large: {text}", node.line)
    if key == "u_height" and number * 2 % 1:
        raise Damaged(f"u_height must be a multiple of 0.5, not {text}", node.line)
    return number


def _truth(key: str, node: Node) -> bool:
    text = _text(key, node, 40)
    if not isinstance(node, Text) or not node.plain or text not in _TRUTH:
        raise Damaged(f"{key} must be true or false, not {text!r}", node.line)
    return _TRUTH[text]


def _components(key: str, node: Node) -> tuple[Component, ...]:
    if not isinstance(node, Items):
        raise Damaged(f"{key} must be a list", node.line)
    return tuple(_component(key, item) for item in node.values)


def _component(key: str, node: Node) -> Component:
    if not isinstance(node, Table):
        raise Damaged(f"every entry of {key} must be a mapping", node.line)
    said = {name: part for name, part in node.entries.items() if not (isinstance(part, Text) and part.is_nothing)}
    if "name" not in said:
        raise Damaged(f"an entry of {key} has no name", node.line)
    if "type" not in said and key not in UNTYPED:
        raise Damaged(f"an entry of {key} has no type", node.line)
    texts = {name: visible(_text(name, said[name], 200)) for name in COMPONENT_TEXTS if name in said}
    for name in ("type", "poe_type", "poe_mode"):
        if name in texts and not _TYPE.fullmatch(texts[name]):
            raise Damaged(f"{name} {texts[name][:60]!r} is no proper {name.replace('_', ' ')}", said[name].line)
    if texts.get("poe_mode", "pd") not in ("pd", "pse"):
        raise Damaged(f"poe_mode must be pd or pse, not {texts['poe_mode']!r}", said["poe_mode"].line)
    numbers = {name: _number(name, said[name]) for name in COMPONENT_NUMBERS if name in said}
    return Component(texts["name"], texts, numbers, node.line)


def _unknown(tree: Table, known: set[str], components: dict[str, tuple[Component, ...]]) -> tuple[str, ...]:
    """Name the keys that the format does not have, at the top and in components."""
    parts = {*COMPONENT_TEXTS, *COMPONENT_NUMBERS, *COMPONENT_OTHERS}
    unknown = {key[:60] for key in tree.entries if key not in known}
    for key in components:
        node = tree.entries[key]
        assert isinstance(node, Items)
        tables = (item for item in node.values if isinstance(item, Table))
        unknown |= {f"{key}/{name[:60]}" for item in tables for name in item.entries.keys() - parts}
    return tuple(sorted(unknown))
