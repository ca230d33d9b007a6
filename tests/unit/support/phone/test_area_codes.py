"""Where numbers are from."""

import pytest

from portal.parties.identity.phones import normal_phone
from portal.parties.words import REGIONS
from portal.support.phone import area_codes
from portal.support.phone.area_codes import region_of


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("010-8888 1234", "CN-BJ"),
        ("0571-8888 1234", "CN-ZJ"),
        ("+86 871 6555 0188", "CN-YN"),
        ("0898 6655 1234", "CN-HI"),
        ("0891 6655 1234", "CN-XZ"),
        ("020 8888 1234", "CN-GD"),
        ("0755 8888 1234", "CN-GD"),
        ("029 8888 1234", "CN-SN"),
        ("13912345678", ""),
        ("400 800 1234", ""),
        ("+852 2345 6789", "CN-HK"),
        ("+886 2 2345 6789", "CN-TW"),
        ("+254 20 555 0112", "africa"),
        ("+49 30 123456", "europe"),
        ("+1 212 555 0100", "america"),
        ("+61 2 5550 1234", "oceania"),
        ("+65 6555 0123", "asia"),
        ("nobody", ""),
    ],
)
def test_a_number_says_where_it_is_from(typed: str, region: str) -> None:
    assert region_of(normal_phone(typed)) == region


def test_every_region_is_one_that_customers_have_and_every_province_has_codes() -> None:
    told = {region_of(f"86{prefix}55551234"[:12]) for prefix in area_codes._BY_PREFIX}
    assert told <= REGIONS.keys()
    here = {code for code in REGIONS if code.startswith("CN-")} - {"CN-TW", "CN-HK", "CN-MO"}
    assert told == here
