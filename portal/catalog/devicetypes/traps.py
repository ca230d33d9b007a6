"""What a device type may hide: every oddity has a code, a number of the list of traps, and what is done about it."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Final

from portal.catalog.devicetypes.documents import COMPONENTS, Document
from portal.catalog.devicetypes.facts import (
    GRAMS,
    PASSIVE_POE,
    STANDARD_POE,
    Fact,
    Texts,
    is_ups,
    poe_key,
    supplies_poe,
)
from portal.catalog.devicetypes.plaintext import oddities


@dataclass(frozen=True, slots=True)
class Trap:
    """An oddity; `kept` is stored with the device type for whoever reads its page, others are counted only."""

    number: int
    done: str
    kept: bool = False


TRAPS: Final[dict[str, Trap]] = {
    "poe-budget-missing": Trap(1, "supplies PoE, no budget is stated: none is computed from ports", True),
    "poe-budget-text": Trap(1, "a sentence with watts is quoted as unconfirmed hint, not read as budget", True),
    "poe-sum-above-draw": Trap(2, "maxima of the PoE ports exceed the largest draw: ports × class is no budget", True),
    "poe-type-unknown": Trap(3, "a PoE port without a known type is counted as unknown, not as 802.3af", True),
    "poe-type-new": Trap(3, "a PoE type that the format does not know is counted as unknown", True),
    "poe-mode-unknown": Trap(3, "a PoE type without mode is counted apart, as neither side", True),
    "poe-passive": Trap(4, "passive PoE is counted apart from 802.3", True),
    "weight-missing": Trap(5, "no weight: stays missing"),
    "weight-unit-unknown": Trap(5, "a weight without a known unit or of 0 is left out", True),
    "weight-kg": Trap(5, "kg to g, exactly"),
    "weight-g": Trap(5, "g as written"),
    "weight-lb": Trap(5, "lb to g, rounded half up, as written kept beside it"),
    "weight-oz": Trap(5, "oz to g, rounded half up, as written kept beside it"),
    "height-zero": Trap(6, "height 0: not mounted in rack units"),
    "height-half": Trap(6, "half a unit is kept exactly"),
    "height-decimal": Trap(6, "a height such as 8.0 is a whole number of half units"),
    "height-missing": Trap(6, "no height: the schema's 1 U, marked as default", True),
    "depth-missing": Trap(6, "no depth: the schema's full depth, marked as default", True),
    "power-ports-several": Trap(7, "several power ports are kept one by one, never summed", True),
    "power-none": Trap(7, "no power port and no PoE inlet is described: consumption stays missing", True),
    "power-draw-missing": Trap(7, "power ports without any draw: consumption stays missing", True),
    "ups-rating-text": Trap(8, "a sentence with VA is quoted as unconfirmed hint, not read as rating", True),
    "ups-rating-missing": Trap(8, "called a UPS, but VA stands nowhere", True),
    "slug-missing": Trap(9, "no slug: maker and model are the identity"),
    "slug-twice": Trap(9, "two models share a slug: the slug identifies nothing"),
    "suffix-yml": Trap(9, ".yml is read like .yaml"),
    "name-special": Trap(9, "blanks, + & or brackets in the file's name"),
    "folder-differs": Trap(9, "the folder is not called like the maker: the file's maker counts"),
    "part-number-list": Trap(9, "a part number that looks like several is kept whole", True),
    "text-markup": Trap(10, "Markdown or HTML was taken out of the text"),
    "text-link": Trap(10, "addresses were taken out of the text"),
    "text-cr": Trap(10, "carriage returns became line ends"),
    "text-long": Trap(10, "the text was cut"),
    "duplicate": Trap(11, "another file describes the same maker and model: the other one counts"),
    "component-twice": Trap(11, "a component's name stands twice in one list; each is counted", True),
    "depth-suspicious": Trap(11, "mounting depth is below a third of the outer depth, or above it", True),
    "draw-suspicious": Trap(11, "a port is allocated more than its maximum draw, or a maximum is 0", True),
    "load-rating-text": Trap(11, "the load rating stands only in a sentence, which is quoted as hint", True),
    "end-missing": Trap(11, "the last line has no end: perhaps the file was cut off", True),
    "key-unknown": Trap(11, "keys that the format does not have were left out", True),
}
PSE_WATTS: Final = {"type1-ieee802.3af": Decimal("15.4"), "type2-ieee802.3at": Decimal(30),
                    "type3-ieee802.3bt": Decimal(60), "type4-ieee802.3bt": Decimal(90)}  # fmt: skip
_SPECIAL = re.compile(r"[\s+&()\[\]{}]")
_LIST = re.compile(r"[,;|&\n]|\s/\s|\s(?:or|and|oder|und)\s", re.IGNORECASE)


def traps_of(document: Document, facts: tuple[Fact, ...], texts: Texts) -> frozenset[str]:
    """Return the codes of all oddities of one file."""
    keys = {fact.key for fact in facts}
    groups = (
        _poe(document, keys), _weight(document), _height(document), _power(document, keys), _naming(document),
        _ups(document, keys, texts),
        _suspicious(document, keys), oddities(document.texts.get("comments", "")),
        oddities(document.texts.get("description", "")),
    )  # fmt: skip
    return frozenset(code for group in groups for code in group)


def _poe(document: Document, keys: set[str]) -> Iterator[str]:
    if supplies_poe(document):
        yield "poe-budget-missing"
        if "hint.poe_budget" in keys:
            yield "poe-budget-text"
        if _exceeds_draw(document):
            yield "poe-sum-above-draw"
    kinds = {component.texts["poe_type"] for component in document.parts("interfaces") if "poe_type" in component.texts}
    if kinds.difference(STANDARD_POE, PASSIVE_POE):
        yield "poe-type-new"
    for key in filter(None, map(poe_key, document.parts("interfaces"))):
        if key.endswith(".unknown"):
            yield "poe-type-unknown"
        elif key.startswith("poe_without_mode"):
            yield "poe-mode-unknown"
        elif "_passive." in key:
            yield "poe-passive"


def _exceeds_draw(document: Document) -> bool:
    draws = [port.numbers["maximum_draw"] for port in document.parts("power-ports") if "maximum_draw" in port.numbers]
    supplied = sum(
        PSE_WATTS.get(port.texts.get("poe_type", ""), Decimal(0))
        for port in document.parts("interfaces")
        if port.texts.get("poe_mode") == "pse"
    )
    return bool(draws) and supplied > max(draws)


def _weight(document: Document) -> Iterator[str]:
    amount, unit = document.numbers.get("weight"), document.texts.get("weight_unit", "")
    if amount is None:
        yield "weight-missing"
    elif unit not in GRAMS or amount == 0:
        yield "weight-unit-unknown"
    else:
        yield f"weight-{unit}"


def _height(document: Document) -> Iterator[str]:
    height = document.numbers.get("u_height")
    if height is None:
        if document.form == "device":
            yield "height-missing"
    else:
        if height == 0:
            yield "height-zero"
        if height % 1:
            yield "height-half"
        elif "." in document.written["u_height"]:
            yield "height-decimal"
    if document.form == "device" and "is_full_depth" not in document.truths:
        yield "depth-missing"


def _power(document: Document, keys: set[str]) -> Iterator[str]:
    ports = document.parts("power-ports")
    if len(ports) > 1:
        yield "power-ports-several"
    if document.form == "device":
        if not ports and not any(key.startswith("poe_in") for key in keys):
            yield "power-none"
        if ports and not any("maximum_draw" in port.numbers for port in ports):
            yield "power-draw-missing"


def _ups(document: Document, keys: set[str], texts: Texts) -> Iterator[str]:
    if "hint.ups_rating" in keys:
        yield "ups-rating-text"
    elif is_ups(document, texts):
        yield "ups-rating-missing"


def _naming(document: Document) -> Iterator[str]:
    path = PurePosixPath(document.path)
    if not document.texts.get("slug"):
        yield "slug-missing"
    if path.suffix.casefold() == ".yml":
        yield "suffix-yml"
    if _SPECIAL.search(path.name):
        yield "name-special"
    if path.parent.name != document.maker:
        yield "folder-differs"
    if _LIST.search(document.texts.get("part_number", "")):
        yield "part-number-list"


def _suspicious(document: Document, keys: set[str]) -> Iterator[str]:
    for key in COMPONENTS:
        names = Counter(component.name for component in document.parts(key))
        if any(count > 1 for count in names.values()):
            yield "component-twice"
    mounting, outer = document.numbers.get("mounting_depth"), document.numbers.get("outer_depth")
    if mounting and outer and document.texts.get("outer_unit") == "mm" and not outer / 3 <= mounting <= outer:
        yield "depth-suspicious"
    for port in document.parts("power-ports"):
        most, given = port.numbers.get("maximum_draw"), port.numbers.get("allocated_draw")
        if most is not None and (most == 0 or (given is not None and given > most)):
            yield "draw-suspicious"
    if "hint.load_rating" in keys:
        yield "load-rating-text"
    if not document.ended:
        yield "end-missing"
    if document.unknown:
        yield "key-unknown"
