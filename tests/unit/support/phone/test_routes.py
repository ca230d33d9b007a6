"""Whom a lead goes to: the closest line of the table."""

from hypothesis import given
from hypothesis import strategies as st

from portal.support.phone.people import best_route

CODES = st.sampled_from(["", "health", "retail"])
PLACES = st.sampled_from(["", "CN-YN", "CN-SD"])
TABLE = st.lists(st.tuples(CODES, PLACES, st.integers(1, 4)), max_size=9, unique_by=lambda row: row[:2])


def test_both_beat_a_region_a_region_beats_an_industry_anything_beats_nothing() -> None:
    table = [("", "", 1), ("health", "", 2), ("", "CN-YN", 3), ("health", "CN-YN", 4)]
    everybody = {1, 2, 3, 4}
    assert best_route(table, "health", "CN-YN", everybody) == 4
    assert best_route(table, "retail", "CN-YN", everybody) == 3
    assert best_route(table, "health", "CN-SD", everybody) == 2
    assert best_route(table, "retail", "", everybody) == 1
    assert best_route(table, "health", "CN-YN", {1, 2}) == 2, "who left takes none"
    assert best_route([], "health", "CN-YN", everybody) is None


@given(TABLE, CODES, PLACES, st.sets(st.integers(1, 4)))
def test_only_lines_that_fit_and_people_who_are_there(table, industry, region, able) -> None:  # type: ignore[no-untyped-def]
    found = best_route(table, industry, region, able)
    fitting = {
        person for own, place, person in table if own in ("", industry) and place in ("", region) and person in able
    }
    assert (found in fitting) if fitting else found is None
