"""Uploads: a row and a file together or neither, room for each organisation, handed out so that nothing runs."""

import errno
import io
import os
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.db import Database
from portal.errors import NotAllowed, NotFound
from portal.files import kinds, operations, queries, refusing, storing
from portal.files.models import Upload
from portal.files.sending import attachment
from portal.files.storing import LocalStore
from portal.parameters.models import ParameterValue
from portal.policy import SYSTEM
from tests.factories.world import World
from tests.unit.files.samples import HTML, PDF, SVG, picture


@dataclass
class Thing:
    """Something that files are attached to."""

    organisation_id: int
    id: int = 1
    __tablename__ = "registration"


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "files")


def lying(store: LocalStore) -> list[str]:
    return [name for name, _changed, _part in store.lying()]


def keep(
    world: World, store: LocalStore, content: bytes = PDF, *, who: str = "north.sales", name: str = "a.pdf", **of: Any
) -> str:
    actor = world.actor(who)
    with world.database.writing(actor) as session:
        thing = Thing(**{"organisation_id": world.organisations[who.partition(".")[0]], **of})
        row = operations.keep(session, actor, thing, io.BytesIO(content), name, store=store, now=world.now)
        return row.public_id


def kept(database: Database) -> list[Upload]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Upload).order_by(Upload.id)))


def test_a_file_is_kept_under_a_random_name_for_its_owner_only(
    world: World, database: Database, store: LocalStore
) -> None:
    keep(world, store, name='"><svg onload=x>/../visit.pdf')
    (row,) = kept(database)
    assert row.name == "visit.pdf"
    path = store.path_of(row.stored_name)
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o777 == 0o600
    assert "visit" not in str(path)
    for who, seen in (("north.engineer", 1), ("supplier.approver", 1), ("south.owner", 0), ("supplier.finance", 0)):
        with database.reading(world.actor(who)) as session:
            assert len(queries.uploads(session, Thing(row.organisation_id))) == seen, who


def test_an_upload_of_another_thing_or_organisation_is_missing(
    world: World, database: Database, store: LocalStore
) -> None:
    """A2: the own parent with somebody else's file, and a file of another parent of one's own."""
    mine, other = keep(world, store), keep(world, store, picture(), id=2)
    theirs = keep(world, store, who="south.sales")
    with database.reading(world.actor("north.sales")) as session:
        thing = Thing(world.organisations["north"])
        assert queries.upload(session, thing, mine).name == "a.pdf"
        for foreign in (other, theirs, "0" * 16):
            with pytest.raises(NotFound):
                queries.upload(session, thing, foreign)


def test_only_who_may_edit_attaches_and_removes(world: World, database: Database, store: LocalStore) -> None:
    for who in ("north.engineer", "supplier.channel_manager"):
        with pytest.raises(NotAllowed):
            keep(world, store, who=who, organisation_id=world.organisations["north"])
    with pytest.raises(NotAllowed):
        keep(world, store, who="south.sales", organisation_id=world.organisations["north"])
    assert kept(database) == []
    assert lying(store) == []
    mine, thing = keep(world, store), Thing(world.organisations["north"])
    for who in ("north.engineer", "supplier.approver"):  # they see it
        actor = world.actor(who)
        with pytest.raises(NotAllowed), database.writing(actor) as session:
            operations.remove(session, actor, queries.upload(session, thing, mine), now=world.now)
    assert [row.removed_at for row in kept(database)] == [None]


def test_only_who_brought_a_file_moves_it(world: World, database: Database, store: LocalStore) -> None:
    """From what he was writing to what he sent; nobody moves away what a colleague brought."""
    mine, here, there = keep(world, store), Thing(world.organisations["north"]), Thing(world.organisations["north"], 2)
    owner, sales = world.actor("north.owner"), world.actor("north.sales")
    with pytest.raises(NotAllowed), database.writing(owner) as session:
        operations.move(owner, queries.upload(session, here, mine), there)
    with database.writing(sales) as session:
        operations.move(sales, queries.upload(session, here, mine), there)
    assert [row.thing_id for row in kept(database)] == [2]


def test_the_same_content_twice_is_one_file(world: World, database: Database, store: LocalStore) -> None:
    assert keep(world, store) == keep(world, store, name="again.pdf")
    assert len(lying(store)) == 1


def test_a_transaction_that_fails_leaves_neither_row_nor_file(
    world: World, database: Database, store: LocalStore
) -> None:
    """F4: whatever comes after the file was written, and whatever goes wrong while it is written."""
    actor = world.actor("north.sales")
    with pytest.raises(ZeroDivisionError), database.writing(actor) as session:
        thing = Thing(world.organisations["north"])
        operations.keep(session, actor, thing, io.BytesIO(PDF), "a.pdf", store=store, now=world.now)
        assert len(lying(store)) == 1
        _ = 1 / 0
    assert (kept(database), lying(store)) == ([], [])


def test_a_full_disk_leaves_nothing(
    world: World, database: Database, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(storing.os, "fsync", full)
    with pytest.raises(refusing.NoRoom):
        keep(world, store)
    assert (kept(database), lying(store)) == ([], [])


def test_room_is_counted_for_each_organisation(world: World, database: Database, store: LocalStore) -> None:
    """F6: many small files and few large ones; others are not touched by it."""
    _set(world, "files.most", 3)
    for number in range(3):
        keep(world, store, PDF + str(number).encode() * 3 + b"%%EOF", id=number)
    with pytest.raises(refusing.TooMuch):
        keep(world, store, PDF + b"more%%EOF")
    keep(world, store, who="south.sales")
    _set(world, "files.megabytes", 1)
    large = PDF + os.urandom(999_990) + b"%%EOF"
    with pytest.raises(refusing.TooMuch):
        keep(world, store, large, who="south.sales")
    assert len(kept(database)) == len(lying(store)) == 4


def test_a_copy_takes_room_too(world: World, database: Database, store: LocalStore) -> None:
    mine, actor = keep(world, store), world.actor("north.sales")
    here, there = Thing(world.organisations["north"]), Thing(world.organisations["north"], 2)
    _set(world, "files.most", 1)
    with pytest.raises(refusing.TooMuch), database.writing(actor) as session:
        row = queries.upload(session, here, mine)
        operations.copy(session, actor, row, there, store=store, now=world.now)
    assert len(kept(database)) == len(lying(store)) == 1


def _set(world: World, key: str, value: int) -> None:
    with world.database.writing(SYSTEM) as session:
        session.add(ParameterValue(key=key, value=value, changed_at=world.now))


def test_a_thing_has_room_for_twenty(world: World, store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds._kinds, "registration", replace(kinds.kind_of("registration"), most=2))
    keep(world, store)
    keep(world, store, picture())
    with pytest.raises(refusing.Refused):
        keep(world, store, b"one more")
    keep(world, store, b"one more", id=2)


def test_what_was_removed_is_erased_later_and_orphans_too(world: World, database: Database, store: LocalStore) -> None:
    gone, stays = keep(world, store), keep(world, store, picture())
    actor = world.actor("north.owner")
    with database.writing(actor) as session:
        thing = Thing(world.organisations["north"])
        operations.remove(session, actor, queries.upload(session, thing, gone), now=world.now)
    with database.reading(actor) as session, pytest.raises(NotFound):
        queries.upload(session, Thing(world.organisations["north"]), gone)
    names = {row.public_id: row.stored_name for row in kept(database)}
    small = [row.thumbnail_name for row in kept(database) if row.thumbnail_name]
    today = f"{world.now:%Y%m%d}"
    young = f"{today}{'1' * 24}"
    for name, hours in ((f"{today}{'0' * 24}", 3), (young, 1)):
        path = store.path_of(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"orphan")
        then = (world.now - timedelta(hours=hours)).timestamp()
        os.utime(path, (then, then))
    with database.writing(SYSTEM) as session:
        assert operations.tidy(session, store, now=world.now) == 1
    assert sorted(lying(store)) == sorted([*names.values(), *small, young])
    with database.writing(SYSTEM) as session:
        week = world.now + timedelta(days=8)
        assert sum(operations.tidy(session, store, now=week + timedelta(hours=each)) for each in range(24)) == 2
    assert sorted(lying(store)) == sorted([names[stays], *small])
    assert [row.erased_at is not None for row in kept(database)] == [True, False]


def test_nothing_that_is_handed_out_runs(app, world: World, database: Database, store: LocalStore) -> None:  # type: ignore[no-untyped-def]
    """J2, J3, F3: pages, drawings with scripts and hostile names are attachments that a browser only saves."""
    hostile = 'a";\r\nX-Evil: 1\u202e<svg onload=alert(1)>.txt'
    for number, content in enumerate((SVG, HTML, PDF + b"<script>alert(1)</script>%%EOF", picture() + HTML)):
        keep(world, store, content, name=hostile, id=number)
    for row in kept(database):
        with app.test_request_context():
            response = attachment(row, store)
            response.direct_passthrough = False
            assert response.headers["Content-Disposition"].startswith("attachment; filename")
            assert "\n" not in response.headers["Content-Disposition"]
            assert "X-Evil" not in response.headers
            assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.mimetype in ("text/plain", "application/pdf", "image/png")
            assert "\u202e" not in row.name
            response.close()


def test_a_stored_name_leads_to_no_other_place(store: LocalStore) -> None:
    """F5."""
    for name in ("../../etc/passwd", "/etc/passwd", "a" * 31, "a" * 33, "A" * 32, "\0" * 32, ".." + "a" * 30):
        with pytest.raises(NotFound):
            store.path_of(name)
