"""The index follows the database: what commits is found, what does not is not, and nothing is lost on the way."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from portal import wiring
from portal.catalog.models import Product
from portal.config import Settings
from portal.db import Database
from portal.policy import SYSTEM
from portal.search import indexing, queueing, rebuilding
from portal.search.audience import EVERYTHING
from portal.search.index import present
from portal.search.indexing import Follower, state
from portal.search.models import SearchChange
from portal.search.searching import Unavailable, find
from tests.functional.outbox.conftest import Clock

FollowerOf = Callable[[], Follower]


@pytest.fixture
def folder(settings: Settings) -> Path:
    wiring.install()
    return settings.search_folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def followers(database: Database, folder: Path, clock: Clock) -> Iterator[FollowerOf]:
    made: list[Follower] = []

    def one() -> Follower:
        made.append(Follower(database, folder, clock=clock))
        return made[-1]

    yield one
    for each in made:
        each.let_go()


def settle(follower: Follower) -> None:
    while follower.turn():
        pass


def product(database: Database, sku: str, name: str) -> int:
    with database.writing(SYSTEM) as session:
        row = Product(sku=sku, kind="camera", maker="Lanqiao", name_en=name, name_zh=name, invented=True)
        session.add(row)
        session.flush()
        return row.id


def rename(database: Database, number: int, name: str) -> None:
    with database.writing(SYSTEM) as session:
        row = session.get_one(Product, number)
        row.name_en = row.name_zh = name


def found(folder: Path, words: str) -> list[int]:
    return [hit.id for hit in find(folder, EVERYTHING, words, kinds=("product",))]


def test_it_builds_follows_and_forgets(database: Database, folder: Path, followers: FollowerOf) -> None:
    first = product(database, "LQ-1", "Dome camera")
    with pytest.raises(Unavailable):
        found(folder, "dome")
    follower = followers()
    settle(follower)
    assert found(folder, "dome") == [first]
    second = product(database, "LQ-2", "Turret camera")
    rename(database, first, "Bullet camera")
    settle(follower)
    assert found(folder, "turret") == [second]
    assert (found(folder, "dome"), found(folder, "bullet")) == ([], [first])
    with database.writing(SYSTEM) as session:
        session.delete(session.get_one(Product, second))
    settle(follower)
    assert found(folder, "turret") == []


def test_what_is_rolled_back_is_not_queued(database: Database, folder: Path, followers: FollowerOf) -> None:
    follower = followers()
    settle(follower)
    with pytest.raises(RuntimeError), database.writing(SYSTEM) as session:
        session.add(Product(sku="LQ-9", kind="c", maker="m", name_en="Ghost", name_zh="Ghost", invented=True))
        session.flush()
        raise RuntimeError
    product(database, "LQ-10", "Real one")
    settle(follower)
    assert found(folder, "ghost") == []
    assert len(found(folder, "real")) == 1


def test_a_crash_between_index_and_position_loses_nothing(
    database: Database, folder: Path, followers: FollowerOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = followers()
    settle(follower)
    number = product(database, "LQ-1", "Dome camera")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(indexing, "write_position", crash)
    with pytest.raises(KeyboardInterrupt):
        settle(follower)
    monkeypatch.undo()
    follower.let_go()
    rename(database, number, "Turret camera")
    settle(followers())
    assert (found(folder, "dome"), found(folder, "turret")) == ([], [number])


def test_a_crash_before_the_index_is_written_loses_nothing(
    database: Database, folder: Path, followers: FollowerOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = followers()
    settle(follower)
    number = product(database, "LQ-1", "Dome camera")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(indexing, "written", crash)
    with pytest.raises(KeyboardInterrupt):
        settle(follower)
    monkeypatch.undo()
    follower.let_go()
    settle(followers())
    assert found(folder, "dome") == [number]


def test_a_change_that_commits_late_is_read(
    database: Database, folder: Path, followers: FollowerOf, clock: Clock
) -> None:
    number = product(database, "LQ-1", "Dome camera")
    follower = followers()
    settle(follower)
    with database.writing(SYSTEM) as session:  # as if an earlier number were still in another transaction
        top = max(session.scalars(select(SearchChange.id)))
        session.execute(insert(SearchChange), [{"id": top + 7, "kind": "product", "row_id": 0}])
    settle(follower)
    place = present(folder)
    assert place is not None
    assert rebuilding.position_of(place) == top
    with database.engine.begin() as connection:  # the change itself without its notice
        connection.execute(Product.__table__.update().values(name_en="Turret camera"))
        connection.execute(insert(SearchChange), [{"id": top + 3, "kind": "product", "row_id": number}])
    settle(follower)
    assert found(folder, "turret") == [number]
    clock.move(minutes=6)  # the other numbers never come
    settle(follower)
    assert rebuilding.position_of(place) == top + 7


def test_one_writes_and_another_takes_over(database: Database, folder: Path, followers: FollowerOf) -> None:
    one, other = followers(), followers()
    settle(one)
    one.turn()
    number = product(database, "LQ-1", "Dome camera")
    assert other.turn() is False
    assert found(folder, "dome") == []
    one.let_go()
    settle(other)
    assert found(folder, "dome") == [number]


def test_away_for_too_long_it_is_built_anew(
    database: Database, folder: Path, followers: FollowerOf, clock: Clock
) -> None:
    product(database, "LQ-1", "Dome camera")
    settle(follower := followers())
    before = present(folder)
    follower.let_go()
    number = product(database, "LQ-2", "Turret camera")
    product(database, "LQ-3", "Box camera")
    clock.move(days=2)
    with database.writing(SYSTEM) as session:
        assert queueing.tidy(session, now=clock()) > 0
        assert len(session.scalars(select(SearchChange.id)).all()) == 1  # its number is never given again
    settle(followers())
    assert present(folder) != before
    assert found(folder, "turret") == [number]


def test_an_older_database_makes_it_anew(database: Database, folder: Path, followers: FollowerOf) -> None:
    settle(follower := followers())
    follower.let_go()
    place = present(folder)
    assert place is not None
    rebuilding.write_position(place, 1_000_000)
    settle(followers())
    assert present(folder) != place


def test_a_source_that_fails_costs_its_document_only(
    database: Database, folder: Path, followers: FollowerOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(follower := followers())
    source = indexing.installed()["product"]
    numbers = [product(database, f"LQ-{at}", "Dome camera") for at in range(3)]
    real = type(source).of

    def fails(self: object, session: object, ids: list[int]) -> object:
        if numbers[1] in ids:
            raise ZeroDivisionError
        return real(self, session, ids)  # type: ignore[arg-type]

    monkeypatch.setattr(type(source), "of", fails)
    settle(follower)
    assert sorted(found(folder, "dome")) == [numbers[0], numbers[2]]


def test_its_state_is_told(database: Database, folder: Path, followers: FollowerOf, clock: Clock) -> None:
    def now(**later: float) -> str:
        with database.reading(SYSTEM) as session:
            return str(state(session, folder, now=clock() + timedelta(**later))["state"])

    assert now() == "missing"
    settle(follower := followers())
    assert now() == "ready"
    product(database, "LQ-1", "Dome camera")
    assert (now(), now(minutes=30)) == ("ready", "behind")
    settle(follower)
    assert now(minutes=30) == "ready"
