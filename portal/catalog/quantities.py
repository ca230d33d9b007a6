"""Amounts of the catalogue: which whole number a value is in base units, and how a person reads it. Pure.

Base units are those of the rule language (mW, kbit/s, MB, mm, um, g, min, mA, mV, mAh, 0.1 °C, half rack units), so
that a number compared here is the number that a rule compares.
"""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

LARGEST: Final = 10**15
# Unit: base unit, how many base units it has.
UNITS: Final[dict[str, tuple[str, int]]] = {
    "": ("", 1), "count": ("", 1), "%": ("%", 1),
    "mW": ("mW", 1), "W": ("mW", 10**3), "kW": ("mW", 10**6),
    "kbit/s": ("kbit/s", 1), "Mbit/s": ("kbit/s", 10**3), "Gbit/s": ("kbit/s", 10**6),
    "MB": ("MB", 1), "GB": ("MB", 10**3), "TB": ("MB", 10**6),
    "um": ("um", 1), "mm": ("mm", 1), "cm": ("mm", 10), "m": ("mm", 10**3), "km": ("mm", 10**6),
    "m2": ("m2", 1), "g": ("g", 1), "kg": ("g", 10**3), "min": ("min", 1), "h": ("min", 60), "d": ("min", 1440),
    "fps": ("0.1fps", 10), "0.1fps": ("0.1fps", 1), "U": ("0.5U", 2), "0.5U": ("0.5U", 1), "MP": ("MP", 1),
    "VA": ("VA", 1), "V": ("mV", 10**3), "mV": ("mV", 1), "mA": ("mA", 1), "A": ("mA", 10**3), "Ah": ("mAh", 10**3),
    "mAh": ("mAh", 1), "°C": ("0.1°C", 10), "0.1°C": ("0.1°C", 1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """A unit that people read: its sign, how many base units it has, and from how many on it is used."""

    sign: str
    factor: int
    least: int


# For each base unit, the units that people read, largest first; the last one serves all smaller amounts.
READ_AS: Final[dict[str, tuple[Scale, ...]]] = {
    "mW": (Scale("kW", 10**6, 10**7), Scale("W", 10**3, 10**3), Scale("mW", 1, 0)),
    "kbit/s": (Scale("Gbit/s", 10**6, 10**6), Scale("Mbit/s", 10**3, 10**3), Scale("kbit/s", 1, 0)),
    "MB": (Scale("TB", 10**6, 10**6), Scale("GB", 10**3, 10**3), Scale("MB", 1, 0)),
    "um": (Scale("mm", 10**3, 0),),
    "mm": (Scale("km", 10**6, 10**6), Scale("m", 10**3, 5 * 10**3), Scale("mm", 1, 0)),
    "g": (Scale("kg", 10**3, 10**3), Scale("g", 1, 0)),
    "min": (Scale("d", 1440, 4 * 1440), Scale("h", 60, 60), Scale("min", 1, 0)),
    "0.1fps": (Scale("fps", 10, 0),),
    "0.5U": (Scale("U", 2, 0),),
    "m2": (Scale("m²", 1, 0),),
    "mV": (Scale("V", 10**3, 0),),
    "mA": (Scale("A", 10**3, 10**3), Scale("mA", 1, 0)),
    "mAh": (Scale("Ah", 10**3, 0),),
    "0.1°C": (Scale("°C", 10, 0),),
}


def number_of(value: str, unit: str) -> int | None:
    """Return `value` of `unit` as a whole number of base units; None when it is a word or not a whole number."""
    text = value.strip()
    plain = text.removeprefix("-").replace(".", "", 1)
    if unit not in UNITS or len(text) > 20 or not plain.isdecimal() or not plain.isascii():
        return None
    try:
        amount = Decimal(text) * UNITS[unit][1]
    except InvalidOperation:
        return None
    return int(amount) if amount == amount.to_integral_value() and abs(amount) <= LARGEST else None


def in_unit(number: int, factor: int, decimal: str = ".", group: str = "") -> str:
    """Return `number` base units counted in a unit of `factor` of them, with at most three decimals."""
    amount = (Decimal(abs(number)) / factor).quantize(Decimal("0.001")).normalize()
    whole, _, rest = f"{amount:f}".partition(".")
    text = f"{int(whole):,}".replace(",", group) if group and len(whole) > 4 else whole
    return f"{'−' if number < 0 else ''}{text}{decimal + rest if rest else ''}"


def readable(value: str, unit: str, decimal: str = ".", group: str = "") -> str:
    """Return an amount as people read it, `530 g`, `2.8 mm`, `1 kW`; words and unknown units stay as they are."""
    number = number_of(value, unit)
    if number is None:
        return f"{value} {unit}".strip() if unit not in ("", "count") else value
    base = UNITS[unit][0]
    if base not in READ_AS:
        sign = "" if unit in ("", "count") else unit
        return f"{in_unit(number, 1, decimal, group)}{' ' if sign else ''}{sign}"
    scales = READ_AS[base]
    scale = next((scale for scale in scales if abs(number) >= scale.least), scales[-1])
    if number == 0:
        scale = next((scale for scale in scales if scale.sign == unit), scales[-1])
    return f"{in_unit(number, scale.factor, decimal, group)} {scale.sign}"
