"""Amounts in base units, the same as the rule language's, and as people read them."""

import pytest

from portal.catalog.quantities import UNITS, number_of, readable
from portal.configurator.language import units as language


@pytest.mark.parametrize(
    ("value", "unit", "number"),
    [
        ("15.4", "W", 15_400),
        ("-40", "°C", -400),
        ("0.5", "U", 1),
        ("2.8", "mm", None),  # no whole number of millimetres: focal lengths are written in um
        ("2800", "um", 2_800),
        ("4mp", "", None),
        ("1e9", "W", None),
        ("٣", "W", None),
        ("9" * 40, "W", None),
        ("1", "parsec", None),
        ("", "W", None),
        ("-", "W", None),
    ],
)
def test_only_whole_base_units_are_numbers(value: str, unit: str, number: int | None) -> None:
    assert number_of(value, unit) == number


def test_numbers_compare_as_in_the_rule_language() -> None:
    shared = UNITS.keys() & language.UNITS.keys()
    assert {"W", "Mbit/s", "TB", "U", "um", "VA", "Ah", "°C"} <= shared
    assert {unit: UNITS[unit][1] for unit in shared} == {unit: language.UNITS[unit][1] for unit in shared}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("2800", "um", "2.8 mm"),
        ("530", "g", "530 g"),
        ("24090", "g", "24.09 kg"),
        ("3", "0.5U", "1.5 U"),
        ("100000", "mW", "100 W"),
        ("70000", "m", "70 km"),
        ("900", "mm", "900 mm"),
        ("1000", "Mbit/s", "1 Gbit/s"),
        ("-40", "°C", "−40 °C"),
        ("8", "count", "8"),
        ("96", "%", "96 %"),
        ("0", "W", "0 W"),
        ("12345", "count", "12,345"),
        ("dome", "", "dome"),
        ("odd", "W", "odd W"),
    ],
)
def test_people_read_the_unit_they_use(value: str, unit: str, text: str) -> None:
    assert readable(value, unit, ".", ",") == text
