"""Which beginnings find a product."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.search_words import LONGEST, MOST, asked_words, words_of

WORDS = words_of("DS-7716NXI-I4/16P/S", "Hikvision", "Recorder 16 channels", "400万室内半球摄像机")


def found(typed: str) -> bool:
    return all(any(word.startswith(asked) for word in WORDS) for asked in asked_words(typed))


@pytest.mark.parametrize(
    "typed",
    [
        "ds-77", "DS-7716NXI-I4/16P/S", "7716", "nxi-i4", "16p/s", "ds7716nxi", "hik", "RECORDER channels",
        "半球", "400万", "室内 hik", "Ｈｉｋ", "球",
    ],
)  # fmt: skip
def test_every_part_finds_it(typed: str) -> None:
    assert found(typed)


@pytest.mark.parametrize("typed", ["716", "corder", "半室", "axis", "hik dome"])
def test_other_parts_do_not(typed: str) -> None:
    assert not found(typed)


@given(st.text(max_size=300))
def test_any_text_gives_few_and_short_words(text: str) -> None:
    words = words_of(text)
    assert len(words) <= MOST
    assert all(0 < len(word) <= LONGEST for word in words)
    assert len(asked_words(text)) <= 5
