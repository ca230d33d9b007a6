"""What a product fits with, derived from capabilities by one table of rules, read in both directions.

A rule names two kinds and what must hold between a product of the first and one of the second. A capability that is
missing never counts as fitting: the page says which one is missing instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from portal.words import N_

PASSIVE: Final = ("passive24", "passive48", "12vdc")
OPTIONAL: Final = frozenset({"pair", "fits_models", "connector"})  # saying nothing here means "none", not "unknown"


@dataclass(frozen=True, slots=True)
class AtMost:
    """The first one's number is at most the second one's."""

    key: str
    other: str


@dataclass(frozen=True, slots=True)
class Shares:
    """A word of the first one's value stands in the second one's."""

    key: str
    other: str
    among: tuple[str, ...] = ()  # only these words count; empty: all


@dataclass(frozen=True, slots=True)
class Least:
    """A number of the first (`mine`) or of the second one is at least this."""

    mine: bool
    key: str
    number: int


@dataclass(frozen=True, slots=True)
class Says:
    """A value of the first (`mine`) or of the second one holds this word."""

    mine: bool
    key: str
    word: str


Condition = AtMost | Shares | Least | Says


@dataclass(frozen=True, slots=True)
class Fit:
    """A rule: products of `kind` and of `other` fit when all conditions hold; titles speak of the other side."""

    kind: str
    other: str
    title: str
    other_title: str
    conditions: tuple[Condition, ...]
    because: str
    unless: tuple[str, ...] = ()  # first ones of these kinds of supply are none of the rule's business


_PORT: Final = N_("The port supplies at least the PoE level that is needed (IEEE 802.3).")
_SAME: Final = N_("Both use the same supply, which is none of IEEE 802.3.")
_MADE: Final = N_("The catalogue names the models it is made for.")
_SLOT: Final = N_("The module fits the slot.")
_PLUG: Final = N_("The plug fits the outlet.")
_INPUT: Final = N_("The signal fits an input of the unit.")

FITS: Final[tuple[Fit, ...]] = (
    Fit("cameras", "switches", N_("Switches that power it"), N_("Cameras it powers"),
        (AtMost("poe_level", "poe_level"), Least(True, "poe_level", 1)), _PORT, PASSIVE),
    Fit("cameras", "recorders", N_("Recorders whose ports power it"), N_("Cameras its ports power"),
        (AtMost("poe_level", "poe_level"), Least(True, "poe_level", 1)), _PORT, PASSIVE),
    Fit("cameras", "injectors", N_("Injectors that power it"), N_("Cameras it powers"),
        (AtMost("poe_level", "poe_level"), Least(True, "poe_level", 1)), _PORT, PASSIVE),
    Fit("cameras", "extenders", N_("Extenders for long cables"), N_("Cameras it reaches"),
        (AtMost("poe_level", "poe_level"), Least(True, "poe_level", 1)), _PORT, PASSIVE),
    Fit("cameras", "injectors", N_("Supplies without 802.3"), N_("Cameras for this supply"),
        (Shares("poe_type", "poe_type", PASSIVE),), _SAME),
    Fit("cameras", "switches", N_("Switches without 802.3"), N_("Cameras for this supply"),
        (Shares("poe_type", "poe_type", PASSIVE),), _SAME),
    Fit("cameras", "mounts", N_("Mounts"), N_("Cameras for this mount"),
        (Shares("mounts", "mount"), Shares("form", "forms")), N_("The camera can be mounted so, and has this form.")),
    Fit("cameras", "boxes", N_("Back boxes"), N_("Cameras for this box"),
        (Shares("form", "forms"),), N_("The box is made for this form.")),
    Fit("memory_cards", "cameras", N_("Cameras that take it"), N_("Memory cards"),
        (AtMost("size", "memory_card"),), N_("The camera takes cards of this size.")),
    Fit("disks", "recorders", N_("Recorders that take it"), N_("Disks"),
        (AtMost("size", "largest_disk"), Least(False, "bays", 1)), N_("The recorder has bays for disks of this size.")),
    Fit("battery_packs", "ups", N_("UPS it extends"), N_("Battery packs"), (Shares("fits_models", "sku"),), _MADE),
    Fit("expansion_modules", "fsu", N_("Monitoring units it extends"), N_("Expansion modules"),
        (Shares("fits_models", "sku"),), _MADE),
    Fit("transceivers", "transceivers", N_("At the other end"), N_("At the other end"),
        (Shares("pair", "sku"),), _MADE),
    Fit("transceivers", "switches", N_("Switches with a slot for it"), N_("Transceivers for 1 Gbit/s"),
        (Says(True, "slot", "sfp"), Least(False, "slots_sfp", 1)), _SLOT),
    Fit("transceivers", "switches", N_("Switches with a slot for it"), N_("Transceivers for 10 Gbit/s"),
        (Says(True, "slot", "sfp+"), Least(False, "slots_sfpp", 1)), _SLOT),
    Fit("transceivers", "media_converters", N_("Media converters with a slot for it"), N_("Transceivers"),
        (Shares("slot", "slot"),), _SLOT),
    Fit("transceivers", "cables", N_("Patch cords"), N_("Transceivers"),
        (Shares("medium", "medium"), Shares("connector", "connector")), N_("Medium and connector are the same.")),
    Fit("switches", "racks", N_("Racks deep enough"), N_("Switches it can hold"),
        (AtMost("depth", "mounting_depth"), Least(True, "u", 1)), N_("The mounting depth is enough.")),
    Fit("pdus", "ups", N_("UPS it plugs into"), N_("Power distribution with a C14 plug"),
        (Says(True, "inlet", "c14"), Least(False, "outlets_c13", 1)), _PLUG),
    Fit("pdus", "ups", N_("UPS it plugs into"), N_("Power distribution with a C20 plug"),
        (Says(True, "inlet", "c20"), Least(False, "outlets_c19", 1)), _PLUG),
    Fit("sensors", "fsu", N_("Monitoring units"), N_("Sensors on RS-485"),
        (Says(True, "signal", "rs-485"), Least(False, "rs485_ports", 1)), _INPUT),
    Fit("sensors", "fsu", N_("Monitoring units"), N_("Sensors with a dry contact"),
        (Says(True, "signal", "dry"), Least(False, "digital_inputs", 1)), _INPUT),
    Fit("sensors", "fsu", N_("Monitoring units"), N_("Sensors with 4–20 mA"),
        (Says(True, "signal", "4-20"), Least(False, "analogue_inputs", 1)), _INPUT),
    Fit("rectifiers", "rectifiers", N_("Shelves for it"), N_("Modules for it"),
        (Says(True, "role", "module"), Says(False, "role", "shelf")), _SLOT),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a product for comparing: numbers in base units and words, by key."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition on the other product: at least or at most a number, or one of some words."""

    key: str
    least: int | None = None
    most: int | None = None
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Search:
    """Which products of a kind fit with the one at hand, under which title; `missing` keys keep it from being said."""

    kind: str
    title: str
    because: str
    asked: tuple[Asked, ...] = ()
    missing: tuple[str, ...] = ()


def searches(kind: str, traits: Traits) -> list[Search]:
    """Return what to look for from a product's own side, in the order of the table."""
    found = []
    for rule in FITS:
        for mine, own, other, title in (
            (True, rule.kind, rule.other, rule.title),
            (False, rule.other, rule.kind, rule.other_title),
        ):
            if own == kind and (search := _search(rule, mine, other, title, traits)) is not None:
                found.append(search)
    return found


def _search(rule: Fit, mine: bool, other: str, title: str, traits: Traits) -> Search | None:
    """Turn a rule round to the product at hand; None when it speaks of other products."""
    if mine and traits.words.get("poe_type", frozenset()) & frozenset(rule.unless):
        return None
    turned = [_turned(condition, mine, traits) for condition in rule.conditions]
    if False in turned:
        return None
    missing = tuple(key for key in turned if isinstance(key, str))
    asked = tuple(ask for ask in turned if isinstance(ask, Asked))
    return Search(other, title, rule.because, () if missing else asked, missing)


def _turned(condition: Condition, mine: bool, traits: Traits) -> Asked | str | bool:
    """Return what to ask of the other one, the key that is missing here, or whether the condition holds here."""
    match condition:
        case Least(side, key, number):
            if side != mine:
                return Asked(key, least=number)
            return traits.numbers[key] >= number if key in traits.numbers else key
        case Says(side, key, word):
            return word in traits.words.get(key, ()) if side == mine else Asked(key, words=frozenset({word}))
        case AtMost(first, second):
            key, theirs = (first, second) if mine else (second, first)
            if (value := traits.numbers.get(key)) is None:
                return key
            return Asked(theirs, least=value) if mine else Asked(theirs, most=value)
        case Shares(first, second, among):
            key, theirs = (first, second) if mine else (second, first)
            words = traits.words.get(key, frozenset())
            usable = words & frozenset(among) if among else words
            unsaid: str | bool = False if words or among or key in OPTIONAL else key
            return Asked(theirs, words=usable) if usable else unsaid
