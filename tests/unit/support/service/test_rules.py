"""Rules of service: every pair of a state and an action, warranty days, distances, free slots."""

import math
import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product

import pytest

from portal.calendars.clock import BusinessTime
from portal.errors import Conflict, Invalid
from portal.support.service.lifecycle import (
    RETURN_REFUSALS,
    RETURNS,
    VISIT_REFUSALS,
    VISITS,
    ReturnAction,
    ReturnState,
    VisitAction,
    VisitState,
)
from portal.support.service.places import MILLION, NEAR_METRES, Place, is_near, metres, read_place, read_position
from portal.support.service.slots import free_slots, is_working_time, overlaps
from portal.support.service.warranty import covers, is_dead_on_arrival

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HOURS = BusinessTime("Asia/Shanghai", {day: ((time(9), time(12)), (time(13, 30), time(18, 30))) for day in range(5)})

# Written down here by hand, so that the table cannot be wrong alone: what may be done in which state of a return.
MAY = {
    "requested": {"authorise": "authorised", "refuse": "refused", "swap at once": "swapped"},
    "authorised": {"receive": "received", "swap at once": "swapped", "expire": "expired"},
    "received": {"repair": "repaired", "swap": "swapped", "send back": "sent_back"},
    "repaired": {"send back": "sent_back"},
    "swapped": {"send back": "sent_back", "close": "closed"},
    "sent_back": {"close": "closed"},
    "expired": {"authorise": "authorised"},
    "closed": {},
    "refused": {},
}
ON_SITE = {
    "planned": {"arrive": "under_way", "cancel": "cancelled"},
    "under_way": {"work": "under_way", "leave": "done"},
    "done": {},
    "cancelled": {},
}


def test_every_pair_of_a_return() -> None:
    for state, action in product(ReturnState, ReturnAction):
        if after := MAY[state.value].get(action.value):
            assert RETURNS.after(state.value, action) == after
        else:
            with pytest.raises(Conflict, match=RETURN_REFUSALS[state]):
                RETURNS.after(state.value, action)


def test_every_pair_of_a_visit() -> None:
    for state, action in product(VisitState, VisitAction):
        if after := ON_SITE[state.value].get(action.value):
            assert VISITS.after(state.value, action) == after
        else:
            with pytest.raises(Conflict, match=VISIT_REFUSALS[state]):
                VISITS.after(state.value, action)


def test_first_and_last_day_count() -> None:
    begins, ends = date(2026, 1, 10), date(2027, 1, 9)
    days = {begins - timedelta(1): False, begins: True, ends: True, ends + timedelta(1): False}
    assert {day: covers(begins, ends, day) for day in days} == days
    dead = {-1: False, 0: True, 30: True, 31: False}
    assert {n: is_dead_on_arrival(begins, begins + timedelta(n)) for n in dead} == dead


def test_distances() -> None:
    """One degree of latitude is 111.195 km on this sphere; a thousandth of it is outside, 998 millionths are in."""
    here = Place(25_040_000, 102_710_000)
    assert metres(here, here) == 0
    assert metres(Place(0, 0), Place(MILLION, 0)) == math.ceil(6_371_000 * math.pi / 180)
    assert is_near(metres(here, Place(here.latitude + 998, here.longitude)))
    assert not is_near(metres(here, Place(here.latitude + 1_000, here.longitude)))
    assert (is_near(None), is_near(NEAR_METRES), is_near(NEAR_METRES + 1)) == (True, True, False)
    chance = random.Random(6)
    for _ in range(300):
        one, other = (
            Place(chance.randint(-90 * MILLION, 90 * MILLION), chance.randint(-180 * MILLION, 180 * MILLION))
            for _ in range(2)
        )
        assert metres(one, other) == metres(other, one)
        assert 0 <= metres(one, other) <= math.ceil(6_371_000 * math.pi)


def test_places_that_are_none() -> None:
    assert read_place(" ", "") is None
    assert read_place("-90", "180") == Place(-90 * MILLION, 180 * MILLION)
    for wrong in (("x", "1"), ("1", ""), ("91", "0"), ("0", "180.5"), ("nan", "0"), ("inf", "0"), ("1e400", "1")):
        with pytest.raises(Invalid):
            read_place(*wrong)


def test_stale_places_are_refused() -> None:
    taken = lambda seconds: str(int((NOW.timestamp() - seconds) * 1000))  # noqa: E731
    assert read_position("", "", "", now=NOW) is None
    for seconds in (0, 119, -119):
        assert read_position("25", "102", taken(seconds), now=NOW) == Place(25 * MILLION, 102 * MILLION)
    for text in (taken(121), taken(-121), "", "x", "-5", "9" * 15, "9" * 40, "٣٤"):
        with pytest.raises(Invalid):
            read_position("25", "102", text, now=NOW)


def test_free_slots_are_whole_free_and_in_working_time() -> None:
    chance = random.Random(7)
    for _ in range(150):
        day, length = date(2026, 3, 2) + timedelta(chance.randrange(9)), timedelta(hours=chance.choice((1, 2, 4)))
        starts = [datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=chance.randrange(0, 900, 15))
                  for _ in range(chance.randrange(4))]  # fmt: skip
        taken = [(each, each + timedelta(hours=1)) for each in starts]
        found = free_slots(HOURS, day, taken, length, now=NOW)
        for slot in found:
            assert slot[1] - slot[0] == length
            assert slot[0] > NOW
            assert is_working_time(HOURS, slot)
            assert not any(overlaps(slot, each) for each in taken)
        assert all(not overlaps(*pair) for pair in pairwise(found))
        if not taken and day.weekday() < 5 and day > date(2026, 3, 2):
            assert len(found) == {1: 8, 2: 3, 4: 1}[length.seconds // 3600]


def test_slots_share_no_moment_when_one_begins_as_the_other_ends() -> None:
    hour = timedelta(hours=1)
    assert not overlaps((NOW, NOW + hour), (NOW + hour, NOW + 2 * hour))
    assert overlaps((NOW, NOW + hour), (NOW + hour / 2, NOW + 2 * hour))
