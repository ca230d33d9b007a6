"""The throw-away PostgreSQL starts, hands out databases and leaves nothing, whatever happens to its owner."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests import postgres_cluster
from tests.postgres_cluster import PostgresCluster, PostgresMissingError

ROOT = Path(__file__).resolve().parents[3]
OWNER = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with it ignored
from tests.postgres_cluster import PostgresCluster
cluster = PostgresCluster().start()
print(cluster.directory, flush=True)
time.sleep(60)
"""

needs_server = pytest.mark.skipif(postgres_cluster.newest_bin() is None, reason="no PostgreSQL server here")


def until_gone(directory: Path) -> bool:
    deadline = time.monotonic() + 15
    while directory.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not directory.exists()


def server_of(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


@needs_server
def test_databases_are_copied_from_a_template_and_nothing_stays():
    with PostgresCluster() as cluster:
        directory = cluster.directory
        assert directory is not None
        server = server_of(directory)
        template = cluster.new_database()
        rows(template, "CREATE TABLE word (word text)")
        rows(template, "INSERT INTO word VALUES ('蓝桥')")
        first = cluster.new_database(template=template)
        second = cluster.new_database(template=template)
        rows(first, "DELETE FROM word")
        assert rows(first, "SELECT * FROM word") == []
        assert rows(second, "SELECT * FROM word") == [("蓝桥",)]
        assert rows(second, "SHOW listen_addresses") == [("",)]
        facts = "SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = current_database()"
        assert rows(second, facts) == [("UTF8", "C.UTF-8")]
        cluster.drop_database(first)
        with pytest.raises(psycopg.errors.InvalidCatalogName):
            cluster._execute(f'DROP DATABASE "{cluster.name_of(first)}"')
    assert not directory.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


@needs_server
@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_stays_when_the_owner_is_killed(signum):
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert owner.stdout is not None
    directory = Path(owner.stdout.readline().strip())
    server = server_of(directory)
    owner.send_signal(signum)
    owner.communicate(timeout=10)
    assert until_gone(directory)
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


@needs_server
def test_a_run_shares_one_cluster_through_the_environment(monkeypatch):
    monkeypatch.delenv(postgres_cluster.VARIABLE, raising=False)
    with postgres_cluster.share() as owner:
        directory = owner.directory
        assert directory is not None
        for _ in range(2):  # leaving does not stop it: they are not the owner
            with PostgresCluster.shared() as cluster:
                assert cluster.directory == directory
                assert rows(cluster.new_database(), "SELECT 1") == [(1,)]
        with postgres_cluster.share() as again:
            assert again.directory == directory
        assert rows(owner.url(), "SELECT 3") == [(3,)]
    assert postgres_cluster.VARIABLE not in os.environ
    assert not directory.exists()


@needs_server
def test_without_anybody_sharing_a_process_has_its_own_in_memory_where_there_is_room(monkeypatch):
    monkeypatch.delenv(postgres_cluster.VARIABLE, raising=False)
    room = postgres_cluster._has_room(postgres_cluster.MEMORY)
    with PostgresCluster.shared(memory=True) as cluster:
        directory = cluster.directory
        assert directory is not None
        assert (directory.parent == postgres_cluster.MEMORY) == room
        assert rows(cluster.url(), "SELECT 1") == [(1,)]
    assert not directory.exists()


def test_a_machine_without_a_server_is_told_the_package(monkeypatch):
    monkeypatch.setattr(postgres_cluster, "newest_bin", lambda: None)
    with pytest.raises(PostgresMissingError, match="install the package postgresql"):
        PostgresCluster().start()


def test_the_newest_server_is_chosen_by_number(monkeypatch, tmp_path):
    for version in ("9", "15", "17"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    monkeypatch.setattr(postgres_cluster, "HOME", tmp_path)
    assert postgres_cluster.newest_bin() == tmp_path / "17" / "bin"


@needs_server
def test_a_server_that_refuses_its_settings_says_why_and_leaves_nothing():
    before = set(Path("/tmp").glob("portal-pg-*"))
    with pytest.raises(PostgresMissingError, match="no_such_setting"):
        PostgresCluster({"no_such_setting": "1"}).start()
    made = set(Path("/tmp").glob("portal-pg-*")) - before
    assert not [path for path in made if "no_such_setting" in (path / "server.log").read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", ['a"; DROP DATABASE b', "", "1a", "Ä"])
def test_only_plain_names_are_databases(name):
    with pytest.raises(ValueError, match="not a plain database name"):
        PostgresCluster.at("/nowhere").drop_database(name)
