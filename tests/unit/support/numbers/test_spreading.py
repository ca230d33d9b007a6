"""Steps of minutes and the length that a share does not exceed, against plain lists."""

import math
from collections import Counter

from hypothesis import given
from hypothesis import strategies as some

from portal.support.numbers.spreading import minutes_of, reached, step_of

MINUTES = some.integers(0, 200_000)


@given(MINUTES, MINUTES)
def test_steps_keep_the_order_and_are_fine(one: int, two: int) -> None:
    assert one <= step_of(one) <= one + max(one // 32, 0)
    assert step_of(step_of(one)) == step_of(one)
    assert (one <= two) <= (step_of(one) <= step_of(two))
    assert one >= 64 or step_of(one) == one


@given(some.lists(MINUTES, min_size=1, max_size=60), some.sampled_from([1, 50, 90, 100]))
def test_a_share_is_reached_as_in_a_sorted_list(lengths: list[int], percent: int) -> None:
    steps = sorted(map(step_of, lengths))
    assert reached(Counter(steps), percent) == steps[math.ceil(len(steps) * percent / 100) - 1]


def test_nothing_and_seconds() -> None:
    assert reached({}, 50) is None
    assert [minutes_of(seconds) for seconds in (0, 1, 60, 61)] == [0, 1, 1, 2]
