"""Uploads: a row and a file together or neither, room for each organisation, handed out so that nothing runs."""

import errno
import io
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal.db import Database
from portal.errors import NotAllowed, NotFound
from portal.files import operations, queries, refusing, storing
from portal.files.models import Upload
from portal.files.sending import attachment
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
def folder(tmp_path: Path) -> Path:
    return tmp_path / "files"


def lying(folder: Path) -> list[str]:
    return [name for name, _path, _changed in storing.contents(folder)]


def keep(
    world: World, folder: Path, content: bytes = PDF, *, who: str = "north.sales", name: str = "a.pdf", **of: Any
) -> str:
    actor = world.actor(who)
    with world.database.writing(actor) as session:
        thing = Thing(**{"organisation_id": world.organisations[who.partition(".")[0]], **of})
        row = operations.keep(session, actor, thing, io.BytesIO(content), name, folder=folder, now=world.now)
        return row.public_id


def kept(database: Database) -> list[Upload]:
    with database.reading(SYSTEM) as session:
        return list(session.scalars(select(Upload).order_by(Upload.id)))


def test_a_file_is_kept_under_a_random_name_for_its_owner_only(world: World, database: Database, folder: Path) -> None:
    keep(world, folder, name='"><svg onload=x>/../visit.pdf')
    (row,) = kept(database)
    assert row.name == "visit.pdf"
    path = storing.path_of(folder, row.stored_name)
    assert path.read_bytes() == PDF
    assert path.stat().st_mode & 0o777 == 0o600
    assert "visit" not in str(path)
    for who, seen in (("north.engineer", 1), ("supplier.approver", 1), ("south.owner", 0), ("supplier.finance", 0)):
        with database.reading(world.actor(who)) as session:
            assert len(queries.uploads(session, Thing(row.organisation_id))) == seen, who


def test_an_upload_of_another_thing_or_organisation_is_missing(world: World, database: Database, folder: Path) -> None:
    """A2: the own parent with somebody else's file, and a file of another parent of one's own."""
    mine, other = keep(world, folder), keep(world, folder, picture(), id=2)
    theirs = keep(world, folder, who="south.sales")
    with database.reading(world.actor("north.sales")) as session:
        thing = Thing(world.organisations["north"])
        assert queries.upload(session, thing, mine).name == "a.pdf"
        for foreign in (other, theirs, "0" * 16):
            with pytest.raises(NotFound):
                queries.upload(session, thing, foreign)


def test_only_who_may_edit_attaches_and_removes(world: World, database: Database, folder: Path) -> None:
    for who in ("north.engineer", "supplier.channel_manager"):
        with pytest.raises(NotAllowed):
            keep(world, folder, who=who, organisation_id=world.organisations["north"])
    with pytest.raises(NotAllowed):
        keep(world, folder, who="south.sales", organisation_id=world.organisations["north"])
    assert kept(database) == []
    assert lying(folder) == []


def test_the_same_content_twice_is_one_file(world: World, database: Database, folder: Path) -> None:
    assert keep(world, folder) == keep(world, folder, name="again.pdf")
    assert len(lying(folder)) == 1


def test_a_transaction_that_fails_leaves_neither_row_nor_file(world: World, database: Database, folder: Path) -> None:
    """F4: whatever comes after the file was written, and whatever goes wrong while it is written."""
    actor = world.actor("north.sales")
    with pytest.raises(ZeroDivisionError), database.writing(actor) as session:
        thing = Thing(world.organisations["north"])
        operations.keep(session, actor, thing, io.BytesIO(PDF), "a.pdf", folder=folder, now=world.now)
        assert len(lying(folder)) == 1
        _ = 1 / 0
    assert (kept(database), lying(folder)) == ([], [])


def test_a_full_disk_leaves_nothing(
    world: World, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(storing.os, "fsync", full)
    with pytest.raises(refusing.NoRoom):
        keep(world, folder)
    assert (kept(database), lying(folder)) == ([], [])


def test_room_is_counted_for_each_organisation(world: World, database: Database, folder: Path) -> None:
    """F6: many small files and few large ones; others are not touched by it."""
    _set(world, "files.most", 3)
    for number in range(3):
        keep(world, folder, PDF + str(number).encode() * 3 + b"%%EOF", id=number)
    with pytest.raises(refusing.TooMuch):
        keep(world, folder, PDF + b"more%%EOF")
    keep(world, folder, who="south.sales")
    _set(world, "files.megabytes", 1)
    large = PDF + os.urandom(999_990) + b"%%EOF"
    with pytest.raises(refusing.TooMuch):
        keep(world, folder, large, who="south.sales")
    assert len(kept(database)) == len(lying(folder)) == 4


def _set(world: World, key: str, value: int) -> None:
    with world.database.writing(SYSTEM) as session:
        session.add(ParameterValue(key=key, value=value, changed_at=world.now))


def test_a_thing_has_room_for_twenty(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "MOST_OF_ONE_THING", 2)
    keep(world, folder)
    keep(world, folder, picture())
    with pytest.raises(refusing.Refused):
        keep(world, folder, b"one more")
    keep(world, folder, b"one more", id=2)


def test_what_was_removed_is_erased_later_and_orphans_too(world: World, database: Database, folder: Path) -> None:
    gone, stays = keep(world, folder), keep(world, folder, picture())
    actor = world.actor("north.owner")
    with database.writing(actor) as session:
        thing = Thing(world.organisations["north"])
        operations.remove(session, actor, queries.upload(session, thing, gone), now=world.now)
    with database.reading(actor) as session, pytest.raises(NotFound):
        queries.upload(session, Thing(world.organisations["north"]), gone)
    names = {row.public_id: row.stored_name for row in kept(database)}
    for name, hours in (("0" * 32, 3), ("1" * 32, 1)):
        path = storing.path_of(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"orphan")
        then = (world.now - timedelta(hours=hours)).timestamp()
        os.utime(path, (then, then))
    with database.writing(SYSTEM) as session:
        assert operations.tidy(session, folder, now=world.now) == 1
    assert sorted(lying(folder)) == sorted([*names.values(), "1" * 32])
    with database.writing(SYSTEM) as session:
        assert operations.tidy(session, folder, now=world.now + timedelta(days=8)) == 2
    assert lying(folder) == [names[stays]]
    assert [row.erased_at is not None for row in kept(database)] == [True, False]


def test_nothing_that_is_handed_out_runs(app, world: World, database: Database, folder: Path) -> None:  # type: ignore[no-untyped-def]
    """J2, J3, F3: pages, drawings with scripts and hostile names are attachments that a browser only saves."""
    hostile = 'a";\r\nX-Evil: 1\u202e<svg onload=alert(1)>.txt'
    for number, content in enumerate((SVG, HTML, PDF + b"<script>alert(1)</script>%%EOF", picture() + HTML)):
        keep(world, folder, content, name=hostile, id=number)
    for row in kept(database):
        with app.test_request_context():
            response = attachment(row, folder)
            response.direct_passthrough = False
            assert response.headers["Content-Disposition"].startswith("attachment; filename")
            assert "\n" not in response.headers["Content-Disposition"]
            assert "X-Evil" not in response.headers
            assert response.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.mimetype in ("text/plain", "application/pdf", "image/png")
            assert "\u202e" not in row.name
            response.close()


def test_a_stored_name_leads_to_no_other_place(folder: Path) -> None:
    """F5."""
    for name in ("../../etc/passwd", "/etc/passwd", "a" * 31, "a" * 33, "A" * 32, "\0" * 32, ".." + "a" * 30):
        with pytest.raises(NotFound):
            storing.path_of(folder, name)
