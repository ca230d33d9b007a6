"""How a place stands, how sites compare, what a value band means."""

from datetime import date

import pytest

from portal.deals.registrations import identities, places, product_lines, value_bands
from portal.deals.registrations.places import Situation, judge

TODAY, SOON, LATER, PAST = date(2026, 3, 2), date(2026, 3, 9), date(2026, 5, 1), date(2026, 3, 1)
US, THEM = 1, 2


@pytest.mark.parametrize(
    ("rows", "claims", "expected"),
    [
        ([], [], Situation("free")),
        ([(1, THEM, "approved", LATER, None)], [], Situation("claimed", LATER)),
        ([(1, THEM, "converted", LATER, None)], [], Situation("claimed", LATER)),
        ([(1, THEM, "approved", TODAY, None)], [], Situation("claimed", TODAY)),  # its last day counts
        ([(1, THEM, "approved", PAST, None)], [], Situation("free")),
        ([(1, THEM, "in_review", None, SOON)], [], Situation("deciding", SOON)),
        ([(1, THEM, "in_review", None, PAST)], [], Situation("deciding", TODAY)),  # overdue: not a day that is over
        ([(1, THEM, "submitted", None, None)], [], Situation("deciding", TODAY)),
        ([(1, THEM, "in_review", None, SOON), (2, THEM, "approved", LATER, None)], [], Situation("claimed", LATER)),
        ([(1, US, "approved", LATER, None)], [], Situation("own", LATER)),
        ([(1, US, "submitted", None, None), (2, THEM, "in_review", None, SOON)], [], Situation("own")),
        ([], [(THEM, SOON)], Situation("claimed", SOON)),  # claimed from the pool
        ([], [(US, SOON)], Situation("free")),
    ],
)
def test_what_open_registrations_mean_for_an_organisation(rows: list, claims: list, expected: Situation) -> None:
    assert judge(rows, claims, US, TODAY) == expected


def test_sites_are_compared_without_spaces_punctuation_case_and_width() -> None:
    assert places.site_key("1 Harbour Road, Block-B") == places.site_key("１　HARBOUR road block b.")
    assert places.site_key("青溪医院（二期）") == places.site_key("青溪医院 二期")
    assert places.site_key("Block A") != places.site_key("Block B")
    assert len(places.site_key("x" * 500)) == 200


@pytest.mark.parametrize("currency", value_bands.LIMITS)
def test_bands_leave_no_gap(currency: str) -> None:
    last = 0
    for band in value_bands.BANDS:
        low, high = value_bands.limits_minor(band, currency)
        assert low == last
        assert value_bands.band_of(low + 1, currency) == band
        assert value_bands.value_of(band, currency) > low
        if high is not None:
            assert value_bands.band_of(high, currency) == band
            last = high
    assert high is None


def test_rules_belong_to_lines() -> None:
    assert product_lines.line_of_rules("surveillance-site") == "video"
    assert product_lines.line_of_rules("something else") == ""


def test_who_is_the_same_customer() -> None:
    name, phone, code, other = ("name", "acme"), ("phone", "1"), ("code", "A"), ("code", "B")
    assert identities._alike({1: {name}, 2: {name, phone}, 3: {phone}}, {1}) == {1, 2, 3}
    assert identities._alike({1: {name, code}, 2: {name, other}, 3: {name}}, {1}) == {1, 3}  # two codes, two customers
    assert identities._alike({}, {1}) == set()
