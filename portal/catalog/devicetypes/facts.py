"""A device type's facts in integer base units, each with the place it was read from."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from portal.catalog.devicetypes.documents import Component, Document
from portal.catalog.devicetypes.hints import first_hint, says_ups
from portal.catalog.devicetypes.plaintext import plain_text, sentences
from portal.catalog.devicetypes.walking import Damaged

READER: Final = 1  # raise it when the same file is to give other facts: the next import then reads everything anew
FACT_LIMIT: Final = 1_000
GRAMS: Final = {"kg": Decimal(1000), "g": Decimal(1), "lb": Decimal("453.59237"), "oz": Decimal("28.349523125")}
MILLIMETRES: Final = {"mm": Decimal(1), "in": Decimal("25.4")}
COUNTED: Final = (
    ("console-ports", "console_ports"), ("console-server-ports", "console_server_ports"),
    ("front-ports", "front_ports"), ("rear-ports", "rear_ports"), ("module-bays", "module_bays"),
    ("device-bays", "device_bays"), ("inventory-items", "inventory_items"),
)  # fmt: skip
STANDARD_POE: Final = ("type1-ieee802.3af", "type2-ieee802.3at", "type3-ieee802.3bt", "type4-ieee802.3bt")
PASSIVE_POE: Final = ("passive-24v-2pair", "passive-24v-4pair", "passive-48v-2pair", "passive-48v-4pair")
PLAIN_TEXTS: Final = ("airflow", "subdevice_role", "form_factor")
LENGTHS: Final = ("outer_height", "outer_width", "outer_depth", "mounting_depth")
Texts = list[tuple[str, list[str]]]
"""Sentences by the place they stand at."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: `value` and `number` in base units; origin stated, default (of the schema) or hint (quoted only)."""

    key: str
    value: str
    unit: str
    number: int | None
    origin: str
    place: str
    quote: str = ""


def facts_of(document: Document, texts: Texts) -> tuple[Fact, ...]:
    """Return all facts of a file in the order in which people read them; raises Damaged when they are too many."""
    groups = (_body(document), _interfaces(document), _power(document), _others(document), _hints(document, texts))
    facts = tuple(fact for group in groups for fact in group)
    if len(facts) > FACT_LIMIT:
        raise Damaged(f"more than {FACT_LIMIT} facts")
    return facts


def texts_of(document: Document) -> Texts:
    """Return the sentences of a file by place: its model's name, description and comments."""
    texts = [(f"/{key}", document.texts[key]) for key in ("description", "comments") if key in document.texts]
    return [("/model", [document.model]), *((place, list(sentences(plain_text(text)))) for place, text in texts)]


def grams(amount: Decimal, unit: str) -> int | None:
    """Return a weight in whole grams, rounded half up, or None for an unknown unit."""
    factor = GRAMS.get(unit)
    return None if factor is None else _whole(amount * factor)


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _count(key: str, number: int, place: str) -> Fact:
    return Fact(key, str(number), "", number, "stated", place)


def _amount(key: str, number: int, unit: str, place: str, quote: str = "") -> Fact:
    return Fact(key, str(number), unit, number, "stated", place, quote)


def _body(document: Document) -> Iterator[Fact]:
    """Height, depth, weight and what else is said about the whole."""
    yield from _height(document)
    full = document.truths.get("is_full_depth")
    if full is not None:
        yield Fact("full_depth", "yes" if full else "no", "", None, "stated", "/is_full_depth")
    elif document.form == "device":
        yield Fact("full_depth", "yes", "", None, "default", "/is_full_depth")
    yield from _weights(document)
    unit = document.texts.get("outer_unit", "")
    for key in LENGTHS:
        amount = document.numbers.get(key)
        factor = MILLIMETRES.get("mm" if key == "mounting_depth" else unit)  # the depth inside is always in mm
        if amount is not None and factor is not None:
            quote = "" if factor == 1 else f"{document.written[key]} {unit}"
            yield _amount(key, _whole(amount * factor), "mm", f"/{key}", quote)
    for key, name, measure in (("width", "rack_width", "in"), ("starting_unit", "starting_unit", "")):
        if key in document.numbers:
            yield _amount(name, _whole(document.numbers[key]), measure, f"/{key}")
    for key in PLAIN_TEXTS:
        if text := document.texts.get(key):
            yield Fact(key, text, "", None, "stated", f"/{key}")
    if "is_powered" in document.truths:
        yield Fact("powered", "yes" if document.truths["is_powered"] else "no", "", None, "stated", "/is_powered")


def _height(document: Document) -> Iterator[Fact]:
    """Height in half units; only for devices does the schema set one unit where nothing is said."""
    height = document.numbers.get("u_height")
    if height is not None:
        yield _amount("height", int(height * 2), "0.5U", "/u_height")
    elif document.form == "device":
        yield Fact("height", "2", "0.5U", 2, "default", "/u_height")


def _weights(document: Document) -> Iterator[Fact]:
    unit = document.texts.get("weight_unit", "")
    for key in ("weight", "max_weight"):
        amount = document.numbers.get(key)
        weight = grams(amount, unit) if amount else None  # a weight of 0 is no weight
        if weight is not None:
            quote = "" if document.written[key] == str(weight) else f"{document.written[key]} {unit}"
            yield _amount(key, weight, "g", f"/{key}", quote)


def _by_type(key: str, components: Iterable[Component], place: str) -> Iterator[Fact]:
    counts = Counter(component.texts["type"] for component in components)
    for kind in sorted(counts):
        yield _count(f"{key}.{kind}", counts[kind], place)


def poe_key(component: Component) -> str | None:
    """Return under which key a port's PoE is counted: unknown stays unknown, passive never mixes with 802.3."""
    mode, kind = component.texts.get("poe_mode"), component.texts.get("poe_type")
    if mode is None:
        return f"poe_without_mode.{kind}" if kind else None
    side = "poe_out" if mode == "pse" else "poe_in"
    if kind in PASSIVE_POE:
        return f"{side}_passive.{kind}"
    return f"{side}.{kind}" if kind in STANDARD_POE else f"{side}.unknown"


def _interfaces(document: Document) -> Iterator[Fact]:
    interfaces = document.parts("interfaces")
    if interfaces:
        yield _count("interfaces", len(interfaces), "/interfaces")
    yield from _by_type("interfaces", interfaces, "/interfaces")
    counts = Counter(key for key in map(poe_key, interfaces) if key)
    for key in sorted(counts):
        yield _count(key, counts[key], "/interfaces")


def _power(document: Document) -> Iterator[Fact]:
    """Every power port by itself: two of them are a redundant supply, an input or a backup, so nothing is summed."""
    ports, outlets = document.parts("power-ports"), document.parts("power-outlets")
    if ports:
        yield _count("power_ports", len(ports), "/power-ports")
    for number, port in enumerate(ports, 1):
        place = f"/power-ports/{number - 1}"
        yield Fact(f"power_port.{number}.name", port.name, "", None, "stated", f"{place}/name")
        yield Fact(f"power_port.{number}.type", port.texts["type"], "", None, "stated", f"{place}/type")
        for key, watts in port.numbers.items():
            yield _amount(f"power_port.{number}.{key}", _whole(watts * 1000), "mW", f"{place}/{key}")
    if outlets:
        yield _count("power_outlets", len(outlets), "/power-outlets")
    yield from _by_type("power_outlets", outlets, "/power-outlets")


def _others(document: Document) -> Iterator[Fact]:
    for name, key in COUNTED:
        components = document.parts(name)
        if not components:
            continue
        yield _count(key, len(components), f"/{name}")
        if all("type" in component.texts for component in components):
            yield from _by_type(key, components, f"/{name}")


def supplies_poe(document: Document) -> bool:
    """Return whether any port of the device supplies power."""
    return any(component.texts.get("poe_mode") == "pse" for component in document.parts("interfaces"))


def is_ups(document: Document, texts: Texts) -> bool:
    """Return whether the file calls the device a UPS, and it has an outlet or a power port to be one with."""
    has_power = bool(document.parts("power-outlets") or document.parts("power-ports"))
    return has_power and any(says_ups(sentence) for _place, said in texts for sentence in said)


def _hints(document: Document, texts: Texts) -> Iterator[Fact]:
    wanted = []
    if supplies_poe(document):
        wanted.append("hint.poe_budget")
    if is_ups(document, texts):
        wanted.append("hint.ups_rating")
    if document.form == "rack" and "max_weight" not in document.numbers:
        wanted.append("hint.load_rating")
    for key in wanted:
        if hint := first_hint(key, texts):
            place, quote = hint
            yield Fact(key, "", "", None, "hint", place, quote)
