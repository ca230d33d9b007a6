"""Both stores keep contents whole or not at all, hand out parts of them, erase them, and lose no orphan."""

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from flask import Flask
from gunicorn.http.wsgi import FileWrapper as GunicornWrapper
from moto.server import ThreadedMotoServer
from sqlalchemy import select

from portal.config import Settings
from portal.db import Database
from portal.errors import NotFound
from portal.files import operations, storing
from portal.files.bucket import BucketStore
from portal.files.models import Upload
from portal.files.refusing import NoRoom
from portal.files.sending import attachment
from portal.files.stores import Store, store_of
from portal.files.storing import LocalStore
from portal.policy import SYSTEM
from tests.factories.world import World
from tests.functional.files.test_uploads import Thing
from tests.unit.files.samples import PDF, picture

BUCKET = "uploads"


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A real S3 server on this machine, with a bucket."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=BUCKET)
        yield endpoint
        server.stop()


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return LocalStore(tmp_path / "files")
    return BucketStore(f"s3://{BUCKET}/{tmp_path.name}", request.getfixturevalue("s3"))


def names(store: Store) -> list[str]:
    return sorted(name for name, _changed, _part in store.lying())


def test_a_content_comes_back_whole_and_in_parts(store: Store) -> None:
    content = os.urandom(9_000_000)  # more than one piece
    name = store.put(io.BytesIO(content))
    assert names(store) == [name]
    with store.open(name) as file:
        assert file.read() == content
        assert file.seek(8_388_600) == 8_388_600
        assert file.read(20) == content[8_388_600:8_388_620]
        assert file.seek(-3, os.SEEK_END) == len(content) - 3
        assert file.read() == content[-3:]
    again = store.copy(name)
    store.erase(name)
    with store.open(again) as file:
        assert file.read() == content
    store.erase(again)
    with pytest.raises(NotFound):
        store.copy(name)
    store.erase(name)
    assert names(store) == []
    with pytest.raises(NotFound):
        store.open(name)
    for hostile in ("../../etc/passwd", "A" * 32, ""):
        with pytest.raises(NotFound):
            store.open(hostile)


def test_those_of_a_day_are_found_without_looking_at_others(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2)]
    kept = {}
    for at in days:
        monkeypatch.setattr(storing, "utc_now", lambda at=at: at)
        kept[at] = store.put(io.BytesIO(b"x"))
    assert [name for name, *_rest in store.lying(days[0].date())] == [kept[days[0]]]
    assert names(store) == sorted(kept.values())
    assert list(store.lying(date(2026, 10, 31))) == []


def test_a_content_that_breaks_off_is_not_kept(store: Store) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 8_000_000:
                raise ConnectionResetError
            return super().read(size)

    with pytest.raises(ConnectionResetError):
        store.put(Broken(bytes(20_000_000)))
    assert names(store) == []


def test_a_full_bucket_says_so(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = BucketStore(f"s3://{BUCKET}", s3)

    def full(*_args: object, **_more: object) -> None:
        raise ClientError({"Error": {"Code": "XMinioStorageFull"}}, "PutObject")

    monkeypatch.setattr(store._client, "upload_fileobj", full)
    with pytest.raises(NoRoom):
        store.put(io.BytesIO(b"x"))


def test_rows_and_contents_live_and_die_together(world: World, database: Database, store: Store) -> None:
    """F4 and erasing, in both stores: rolled back, removed, orphaned; small pictures with their pictures."""
    actor = world.actor("north.sales")

    def keep(content: bytes) -> Upload:
        thing = Thing(world.organisations["north"])
        return operations.keep(session, actor, thing, io.BytesIO(content), "a", store=store, now=world.now)

    with pytest.raises(ZeroDivisionError), database.writing(actor) as session:
        keep(picture())
        assert len(names(store)) == 2
        _ = 1 / 0
    assert names(store) == []
    with database.writing(actor) as session:
        gone, stays = keep(picture()), keep(PDF)
        operations.remove(session, actor, gone, now=world.now)
    orphan = store.put(io.BytesIO(b"nobody's"))
    with database.writing(SYSTEM) as session:
        assert operations.tidy(session, store, now=world.now) == 0
        assert operations.tidy(session, store, now=world.now + timedelta(hours=3)) == 1
        assert orphan not in names(store)
        assert len(names(store)) == 3
        assert operations.tidy(session, store, now=world.now + timedelta(days=8)) == 1
    assert names(store) == [stays.stored_name]


def test_a_part_of_a_file_is_handed_out(app: Flask, world: World, database: Database, store: Store) -> None:
    """Range: what a player asks for when somebody jumps in a clip."""
    actor, content = world.actor("north.sales"), PDF + os.urandom(2_000_000) + b"%%EOF"
    with database.writing(actor) as session:
        thing = Thing(world.organisations["north"])
        operations.keep(session, actor, thing, io.BytesIO(content), "a.pdf", store=store, now=world.now)
    with database.reading(SYSTEM) as session:
        row = session.scalars(select(Upload)).one()

    def ask(**headers: str) -> tuple[int, bytes, str]:
        server = {"wsgi.file_wrapper": GunicornWrapper}
        with app.test_request_context(headers=headers, environ_overrides=server):
            response = attachment(row, store)
            body = b"".join(response.iter_encoded())
            response.close()
            return response.status_code, body, response.headers.get("Content-Range", "")

    size = len(content)
    assert ask() == (200, content, "")
    assert ask(Range="bytes=0-9") == (206, content[:10], f"bytes 0-9/{size}")
    assert ask(Range="bytes=1999990-") == (206, content[1_999_990:], f"bytes 1999990-{size - 1}/{size}")
    assert ask(Range="bytes=-5") == (206, content[-5:], f"bytes {size - 5}-{size - 1}/{size}")
    assert ask(**{"If-None-Match": f'"{row.sha256}"'})[0] == 304


def test_a_setting_chooses_the_store(s3: str, settings: Settings) -> None:
    assert isinstance(store_of(settings), LocalStore)
    there = replace(settings, files_url=f"s3://{BUCKET}/{settings.instance.name}", s3_endpoint=s3)
    name = store_of(there).put(io.BytesIO(b"x"))
    assert names(BucketStore(there.files_url, s3)) == [name]
    read = Settings.from_environment({"PORTAL_INSTANCE": str(settings.instance), "PORTAL_FILES_URL": "s3://b/p",
                                      "PORTAL_S3_ENDPOINT": "http://s"})  # fmt: skip
    assert (read.files_url, read.s3_endpoint) == ("s3://b/p", "http://s")


def test_contents_from_before_the_shelves_of_days_are_found(tmp_path: Path) -> None:
    store, name = LocalStore(tmp_path), "abcdefghjkmnpqrstvwxyz0123456789"
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / name).write_bytes(PDF)
    with store.open(name) as content:
        assert content.read() == PDF
    assert [each[0] for each in store.lying()] == [name]
    store.erase(name)
    assert list(store.lying()) == []
