"""The folder of an index: swapped as a whole, followed by readers, missing without harm."""

import shutil
from pathlib import Path

import pytest

from portal.search.building import build, swap
from portal.search.index import CURRENT, Unavailable, present
from portal.search.searching import find
from tests.unit.search.conftest import READER, case


def made(folder: Path, title: str) -> Path:
    place = build(folder, [case(1, title)], {"case": 1})
    swap(folder, place)
    return place


def test_there_is_nothing_to_find_without_an_index(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        find(tmp_path, READER, "disk")
    assert present(tmp_path) is None


def test_readers_follow_to_a_new_index_and_old_ones_go(tmp_path: Path) -> None:
    first = made(tmp_path, "disk")
    assert find(tmp_path, READER, "disk")
    made(tmp_path, "fan")
    assert not find(tmp_path, READER, "disk")
    assert find(tmp_path, READER, "fan")
    made(tmp_path, "lens")
    assert find(tmp_path, READER, "lens")
    assert not first.exists()
    assert len(list(tmp_path.glob("v*-*"))) == 2


def test_a_removed_index_comes_back(tmp_path: Path) -> None:
    made(tmp_path, "disk")
    assert find(tmp_path, READER, "disk")
    shutil.rmtree(tmp_path)
    with pytest.raises(Unavailable):
        find(tmp_path, READER, "disk")
    made(tmp_path, "disk")
    assert find(tmp_path, READER, "disk")


def test_an_index_of_another_analysis_is_not_read(tmp_path: Path) -> None:
    place = made(tmp_path, "disk")
    old = place.rename(place.with_name("v0-0123456789ab"))
    (tmp_path / CURRENT).write_text(old.name)
    with pytest.raises(Unavailable):
        find(tmp_path, READER, "disk")
    assert present(tmp_path) is None
