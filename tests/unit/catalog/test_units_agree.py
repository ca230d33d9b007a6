"""The catalogue and the rule language count in the same base units."""

from portal.catalog.quantities import UNITS as CATALOGUE
from portal.configurator.language.units import UNITS as RULES
from portal.money import MINOR_DIGITS


def test_a_value_of_the_catalogue_is_the_number_that_a_rule_compares() -> None:
    assert RULES.keys() - CATALOGUE.keys() <= MINOR_DIGITS.keys()  # money has books of its own
    for unit in RULES.keys() & CATALOGUE.keys():
        assert CATALOGUE[unit][1] == RULES[unit][1], unit
        assert CATALOGUE[unit][0] == RULES[unit][0] or unit == "%", unit
