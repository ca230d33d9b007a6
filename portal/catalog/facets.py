"""What products of a kind are chosen by: the facts that its lines show and the filters that its list offers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Facet:
    """A filter on one capability: at least so many of `unit`, at most, or exactly one of `words`."""

    key: str
    mode: Literal["least", "most", "word"] = "least"
    unit: str = "count"
    words: tuple[str, ...] = ()


RESOLUTIONS: Final = ("2mp", "4mp", "5mp", "6mp", "8mp", "12mp", "thermal")
FORMS: Final = ("dome", "bullet", "turret", "ptz", "multisensor", "fisheye", "thermal")
POE_TYPES: Final = ("af", "at", "bt3", "bt4", "passive24", "passive48", "12vdc")
_POE: Final = Facet("poe_type", "word", words=POE_TYPES)
_RACK: Final = Facet("u", "most", "U")

FACETS: Final[dict[str, tuple[Facet, ...]]] = {
    "cameras": (
        Facet("resolution", "word", words=RESOLUTIONS), Facet("form", "word", words=FORMS), _POE, Facet("ip"),
        Facet("ir", unit="m"),
    ),
    "recorders": (
        Facet("channels"), Facet("incoming", unit="Mbit/s"), Facet("bays"), Facet("poe_ports"),
        Facet("raid_levels", "word", words=("raid1", "raid5", "raid6", "raid10")),
    ),
    "switches": (
        Facet("poe_ports"), Facet("poe_budget", unit="W"), _POE, Facet("slots_sfp"), Facet("slots_sfpp"),
    ),
    "disks": (Facet("size", unit="TB"),),
    "memory_cards": (Facet("size", unit="GB"),),
    "ups": (Facet("apparent", unit="VA"), Facet("real", unit="W"), Facet("outlets_c13"), _RACK),
    "battery_packs": (Facet("voltage", unit="V"), _RACK),
    "batteries": (Facet("capacity", unit="Ah"),),
    "racks": (Facet("u", unit="U"), Facet("load", unit="kg"), Facet("mounting_depth", unit="mm")),
    "pdus": (Facet("outlets_c13"), Facet("outlets_c19"), _RACK),
    "transceivers": (
        Facet("speed", unit="Gbit/s"), Facet("medium", "word", words=("copper", "multi-mode", "single-mode")),
        Facet("reach_single_mode", unit="m"),
    ),
    "cables": (Facet("medium", "word", words=("copper", "multi-mode", "single-mode")),),
    "injectors": (_POE, Facet("pse", unit="W")),
    "mounts": (
        Facet("mount", "word", words=("ceiling", "wall", "corner", "pole", "pendant")),
        Facet("forms", "word", words=FORMS),
    ),
    "boxes": (Facet("forms", "word", words=FORMS),),
    "fsu": (Facet("analogue_inputs"), Facet("digital_inputs"), Facet("rs485_ports")),
    "sensors": (Facet("signal", "word", words=("dry", "rs-485", "4-20", "0-5")),),
    "rectifiers": (Facet("module_current", unit="A"),),
}  # fmt: skip
# What a configuration reckons with: where one of these is not known, an engineer has to look it up.
_SUPPLY: Final = ("poe_type", "poe_level", "pse")
NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "cameras": (
        "resolution", "width_px", "form", "ip", "poe_type", "sensor_width", "focal_min", "focal_max", "ir",
        "temperature_min", "mounts", "memory_card",
    ),
    "recorders": (
        "channels", "incoming", "bays", "largest_disk", "largest_picture", "poe_ports", "poe_budget", "raid_levels",
        "draw", "u",
    ),
    "disks": ("size",),
    "switches": ("ports", "poe_ports", "poe_budget", "poe_type", "uplink", "draw", "u", "depth", "weight"),
    "ups": ("apparent", "real", "outlets_c13", "u", "weight", "battery_capacity", "battery_voltage", "packs_max"),
    "battery_packs": ("voltage", "capacity", "u", "weight", "fits_models"),
    "racks": ("u", "load", "mounting_depth"),
    "pdus": ("inlet", "current", "outlets_c13", "outlets_c19", "u"),
    "transceivers": ("slot", "speed", "medium", "strands", "connector"),
    "injectors": _SUPPLY,
    "extenders": ("reach", *_SUPPLY),
    "mounts": ("mount", "forms"),
    "memory_cards": ("size",),
    "fsu": ("analogue_inputs", "digital_inputs", "digital_outputs", "rs485_ports", "ip_ports", "draw", "sensor_supply"),
    "sensors": ("measures", "signal"),
    "batteries": ("capacity", "voltage", "cells"),
}  # fmt: skip
# Facts that say that others do not apply: no PoE ports need no budget, another supply than 802.3 no level.
SETTLES: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("poe_ports", "0"): ("poe_budget", "poe_type", "poe_level"),
    ("poe_type", "passive24"): ("poe_level",),
    ("poe_type", "12vdc"): ("poe_level",),
}
# The order in which the catalogue is laid out; kinds that are not named here follow.
ORDER: Final = (
    "cameras", "recorders", "disks", "switches", "injectors", "extenders", "mounts", "boxes", "memory_cards", "cables",
    "transceivers", "media_converters", "patch_panels", "surge_protectors", "ups", "battery_packs", "racks", "pdus",
    "accessories", "licences", "fsu", "expansion_modules", "sensors", "rectifiers", "batteries",
)  # fmt: skip
# Without a kind, the filters that several kinds share.
COMMON: Final = (Facet("poe_ports"), Facet("resolution", "word", words=RESOLUTIONS))
BRIEF: Final[dict[str, tuple[str, ...]]] = {
    "cameras": ("resolution", "ip", "poe_type", "ir"),
    "recorders": ("channels", "bays", "incoming", "poe_ports"),
    "switches": ("poe_ports", "poe_budget", "poe_type"),
    "disks": ("size", "form_factor"),
    "ups": ("apparent", "real", "u"),
    "battery_packs": ("voltage", "capacity", "u"),
    "batteries": ("capacity", "voltage"),
    "racks": ("u", "load", "mounting_depth"),
    "pdus": ("current", "outlets_c13", "outlets_c19"),
    "transceivers": ("speed", "medium", "reach_single_mode"),
    "cables": ("category", "length", "strands"),
    "patch_panels": ("ports", "medium"),
    "injectors": ("pse", "poe_type"),
    "extenders": ("reach", "pse"),
    "media_converters": ("speed", "slot"),
    "mounts": ("mount", "load"),
    "boxes": ("ip",),
    "memory_cards": ("size",),
    "licences": ("channels",),
    "surge_protectors": ("protects",),
    "fsu": ("analogue_inputs", "digital_inputs", "rs485_ports"),
    "expansion_modules": ("analogue_inputs", "digital_inputs", "digital_outputs", "rs485_ports"),
    "sensors": ("measures", "signal"),
    "rectifiers": ("module_current", "slots"),
}


def place_of(kind: str) -> str:
    """Return the place of a kind in the order of the catalogue, as a text that sorts."""
    return f"{ORDER.index(kind) if kind in ORDER else len(ORDER):02} {kind}"


def facets_of(kind: str) -> tuple[Facet, ...]:
    """Return the filters of a kind; of no kind the common ones."""
    return FACETS.get(kind, ()) if kind else COMMON


ALL_FACETS: Final[dict[str, Facet]] = {
    facet.key: facet for facets in (*reversed(FACETS.values()), COMMON) for facet in facets
}


def missing_of(kind: str, known: Mapping[str, str]) -> list[str]:
    """Return which facts that its kind needs are not known, from the values of those that are."""
    settled = {key for fact, keys in SETTLES.items() if known.get(fact[0]) == fact[1] for key in keys}
    return [key for key in NEEDED.get(kind, ()) if key not in known and key not in settled]
