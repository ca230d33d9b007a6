"""A parameter's number as people type and read it. Pure."""

import re
import unicodedata
from typing import Final

from portal.errors import Invalid
from portal.formats import Formats, translations
from portal.money import MINOR_DIGITS, Money
from portal.parameters.definitions import Parameter
from portal.words import N_

LONGEST: Final = 20
_DECIMAL: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,4}))?")
WHOLE: Final = N_("Enter a whole number from %(low)s to %(high)s.")
DECIMAL: Final = N_("Enter a number from %(low)s to %(high)s, with at most %(digits)s decimals.")
CHOOSE: Final = N_("Choose yes or no.")


def digits_of(definition: Parameter, currency: str) -> int:
    """Return how many decimals people type: those of the currency, or hundredths of a per cent."""
    if definition.kind == "money":
        return MINOR_DIGITS[currency]
    return 2 if definition.kind == "basis_points" else 0


def read(definition: Parameter, text: str, currency: str) -> int:
    """Return the number that somebody typed; raises Invalid at the field `value` for anything outside of its bounds."""
    plain, digits = unicodedata.normalize("NFKC", text).strip(), digits_of(definition, currency)
    if definition.kind == "flag":
        if plain not in ("0", "1"):
            raise Invalid(CHOOSE, field="value")
        return int(plain)
    found = _DECIMAL.fullmatch(plain.removesuffix("%").strip() if digits else plain)
    decimals = (found[2] or "") if found else ""
    if found is None or len(decimals) > digits:
        raise _outside(definition, currency)
    number = int(found[1] + decimals.ljust(digits, "0"))
    if not definition.minimum <= number <= definition.maximum:
        raise _outside(definition, currency)
    return number


def _outside(definition: Parameter, currency: str) -> Invalid:
    low, high = (written(definition, number, currency) for number in (definition.minimum, definition.maximum))
    digits = digits_of(definition, currency)
    if digits:
        return Invalid(DECIMAL, field="value", low=low, high=high, digits=digits)
    return Invalid(WHOLE, field="value", low=low, high=high)


def written(definition: Parameter, number: int, currency: str) -> str:
    """Return the number as somebody would type it."""
    digits = digits_of(definition, currency)
    whole, rest = divmod(number, 10**digits)
    return f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if rest else str(whole)


def shown(definition: Parameter, number: int, formats: Formats, currency: str) -> str:
    """Return the number with its unit, for people."""
    text = translations(formats.locale).gettext
    if definition.kind == "flag":
        return text(N_("yes") if number else N_("no"))
    if definition.kind == "money":
        return formats.money(Money(number, currency))
    if definition.kind == "basis_points":
        return formats.percent(number)
    return f"{formats.integer(number)} {text(definition.unit)}".strip()
