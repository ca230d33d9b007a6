"""Charts: pieces stand on one another, no bar leaves the picture, and the line on top is a number that people read."""

from hypothesis import given
from hypothesis import strategies as some

from portal.support.numbers.charts import HIGH, Bar, Part, Series, drawn, round_up

SERIES = [Series("one", "tone-1"), Series("two", "tone-2")]


@given(some.lists(some.tuples(some.integers(0, 10**6), some.integers(0, 10**6)), min_size=1, max_size=40))
def test_pieces_stand_on_one_another(numbers: list[tuple[int, int]]) -> None:
    bars = [Bar(str(place), [Part(count, "/") for count in each]) for place, each in enumerate(numbers)]
    chart = drawn("key", "Title", "Says", SERIES, bars, ("first", "last"))
    assert chart.is_empty == (not any(map(sum, numbers)))
    for bar in chart.bars:
        low, high = bar.parts
        assert abs(low.y + low.height - HIGH) < 0.02
        assert abs(high.y + high.height - low.y) < 0.02
        assert high.y > -0.02
        assert low.x + 9 <= chart.width
        assert (low.label, high.tone) == ("one", "tone-2")


@given(some.integers(0, 10**9))
def test_the_top_is_even_and_near(most: int) -> None:
    top = round_up(most)
    assert top >= max(most, 2)
    assert top % 2 == 0
    assert top <= max(2 * most, 2)
