"""Units of rule files: every unit is a whole multiple of an integer base unit."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from portal.configurator.language.errors import Fault

Dimension = tuple[tuple[str, int], ...]
"""Base units with their exponents, sorted; empty for plain counts."""

NUMBER_LIMIT = 10**12

UNITS: dict[str, tuple[str, int]] = {
    "count": ("", 1),
    "%": ("", 1),
    "mW": ("mW", 1),
    "W": ("mW", 1_000),
    "kW": ("mW", 1_000_000),
    "kbit/s": ("kbit/s", 1),
    "Mbit/s": ("kbit/s", 1_000),
    "Gbit/s": ("kbit/s", 1_000_000),
    "MB": ("MB", 1),
    "GB": ("MB", 1_000),
    "TB": ("MB", 1_000_000),
    "um": ("um", 1),
    "mm": ("mm", 1),
    "cm": ("mm", 10),
    "m": ("mm", 1_000),
    "km": ("mm", 1_000_000),
    "m2": ("m2", 1),
    "VA": ("VA", 1),
    "V": ("mV", 1_000),
    "mA": ("mA", 1),
    "A": ("mA", 1_000),
    "Ah": ("mAh", 1_000),
    "°C": ("0.1°C", 10),
    "g": ("g", 1),
    "kg": ("g", 1_000),
    "min": ("min", 1),
    "h": ("min", 60),
    "d": ("min", 1_440),
    "fps": ("0.1fps", 10),
    "U": ("0.5U", 2),
    "MP": ("MP", 1),
    "CNY": ("CNY/100", 100),
    "USD": ("USD/100", 100),
}


def unit_factor(unit: str) -> int:
    """Return how many base units one unit (or product of units with a middle dot) has."""
    factor = 1
    for part in unit.split("·"):
        if part not in UNITS:
            raise Fault("unit", part)
        factor *= UNITS[part][1]
    return factor


def unit_dimension(unit: str) -> Dimension:
    """Return the dimension of a unit or product of units."""
    result: Dimension = ()
    for part in unit.split("·"):
        if part not in UNITS:
            raise Fault("unit", part)
        base = UNITS[part][0]
        result = multiply(result, ((base, 1),) if base else ())
    return result


def multiply(left: Dimension, right: Dimension, sign: int = 1) -> Dimension:
    """Multiply dimensions, or divide with sign -1."""
    exponents = dict(left)
    for base, exponent in right:
        exponents[base] = exponents.get(base, 0) + sign * exponent
    return tuple(sorted((base, exponent) for base, exponent in exponents.items() if exponent))


def describe(dimension: Dimension) -> str:
    """Return a readable form such as kbit/s·min."""
    parts = [base if exponent == 1 else f"{base}^{exponent}" for base, exponent in dimension]
    return "·".join(parts) or "count"


def whole(text: str, unit: str = "count") -> int:
    """Read a decimal amount of a unit as a whole number of base units."""
    cleaned = text.strip()
    if len(cleaned) > 20 or not cleaned.lstrip("-").replace(".", "", 1).isdecimal() or not cleaned.isascii():
        raise Fault("number", text)
    try:
        amount = Decimal(cleaned) * unit_factor(unit)
    except InvalidOperation:
        raise Fault("number", text) from None
    if amount != amount.to_integral_value():
        raise Fault("cell", f"{text} {unit}")
    if abs(amount) > NUMBER_LIMIT * 1000:
        raise Fault("number", text)
    return int(amount)
