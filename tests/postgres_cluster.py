"""A throw-away PostgreSQL: one cluster in a temporary folder, reached through a socket only, gone when its owner is.

    with PostgresCluster() as cluster:
        empty = cluster.new_database()
        copy = cluster.new_database(template=empty)
        cluster.drop_database(copy)

A run with several workers shares one cluster: whoever starts them holds `with share():` around it, and every worker
says `with PostgresCluster.shared() as cluster:` and gets that one, because its address travels in the environment. When
nobody shares, `shared()` starts a cluster for this process alone.

With `memory=True` its files lie in memory where the machine has room: copying a database for a test is then four times
as cheap. Measurements over large data leave it out.

A small keeper process runs the server. It holds one end of a pipe: when the owner ends, however it ends, the pipe
closes, and the keeper stops the server and removes the folder.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import itertools
import json
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

VARIABLE = "PORTAL_TEST_POSTGRES"
USER = "portal"
HOME = Path("/usr/lib/postgresql")
START_SECONDS = 60.0
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 3 * 2**30  # free memory that a cluster of tests may be put into
_numbers = itertools.count(1)
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",
}


class PostgresMissingError(RuntimeError):
    """This machine has no PostgreSQL server, or it does not start."""


def newest_bin() -> Path | None:
    """Return the folder with the newest server's programs."""
    found = [path.parent for path in HOME.glob("*/bin/initdb") if path.parent.parent.name.isdecimal()]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    program = shutil.which("initdb")
    return Path(program).resolve().parent if program else None


class PostgresCluster:
    """One running server; as a context manager it starts and stops it."""

    def __init__(self, settings: Mapping[str, str] | None = None, *, memory: bool = False) -> None:
        self.directory: Path | None = None
        self._settings = dict(settings or {})
        self._memory = memory
        self._keeper: subprocess.Popen[str] | None = None

    @classmethod
    def at(cls, directory: str | Path) -> PostgresCluster:
        """Use a cluster that another process owns."""
        cluster = cls()
        cluster.directory = Path(directory)
        return cluster

    @classmethod
    def shared(cls, settings: Mapping[str, str] | None = None, *, memory: bool = False) -> PostgresCluster:
        """Return the cluster of this run, or one of our own when nobody shares any; use it as a context manager."""
        directory = os.environ.get(VARIABLE)
        return cls.at(directory) if directory else cls(settings, memory=memory)

    def start(self) -> Self:
        """Start the server and wait until it answers, about a second; one that runs already is left as it is."""
        if self.directory is not None:
            return self
        if newest_bin() is None:
            raise PostgresMissingError(f"no PostgreSQL server under {HOME}; install the package postgresql")
        command = [sys.executable, str(Path(__file__).resolve()), json.dumps(self._settings)]
        command += ["--memory"] if self._memory else []
        self._keeper = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self._keeper.stdout is not None
        try:
            answer = json.loads(self._keeper.stdout.readline() or '{"fault": "its keeper died"}')
        except BaseException:
            self.stop()
            raise
        if "fault" in answer:
            self.stop()
            raise PostgresMissingError(f"PostgreSQL did not start: {answer['fault']}")
        self.directory = Path(answer["directory"])
        return self

    def stop(self) -> None:
        """Stop the server and remove every trace; harmless when it is not ours or already gone."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        with contextlib.suppress(OSError):
            keeper.stdin.close()
        keeper.terminate()  # in case a fork of ours still holds the other end of the pipe
        try:
            keeper.wait(timeout=30)
        except subprocess.TimeoutExpired:  # the server is tied to its keeper and goes with it
            keeper.kill()
            keeper.wait()
        keeper.stdout.close()
        self.directory = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, name: str = "postgres") -> str:
        """Return the SQLAlchemy address of a database of this cluster."""
        return f"postgresql+psycopg://{USER}@/{name}?host={self.directory}"

    @staticmethod
    def name_of(database: str) -> str:
        """Return the name of a database, given its name or its address."""
        return database.split("@/", 1)[-1].split("?", 1)[0]

    def new_database(self, template: str | None = None, name: str | None = None) -> str:
        """Make a database, as a copy of the template (nobody may be connected to it), and return its address.

        Its files are copied: without fsync that takes a quarter of the time of writing each page into the log.
        """
        if name is None:
            name = f"t{os.getpid()}_{next(_numbers)}"
        clause = f" TEMPLATE {_quoted(self.name_of(template))}{_strategy()}" if template else ""
        self._execute(f"CREATE DATABASE {_quoted(name)}{clause}")
        return self.url(name)

    def drop_database(self, database: str) -> None:
        """Remove a database, given its name or address, with the connections that are still open to it."""
        self._execute(f"DROP DATABASE IF EXISTS {_quoted(self.name_of(database))} WITH (FORCE)")

    def _execute(self, statement: str) -> None:
        import psycopg  # noqa: PLC0415 - the keeper, a process of its own, starts without it

        with psycopg.connect(host=str(self.directory), user=USER, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement.encode())


def _strategy() -> str:
    """Return how to copy a database; the choice came with PostgreSQL 15, older ones copy files anyhow."""
    programs = newest_bin()
    return " STRATEGY FILE_COPY" if programs and int(programs.parent.name) >= 15 else ""


def _quoted(name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
        raise ValueError(f"not a plain database name: {name!r}")
    return f'"{name}"'


@contextlib.contextmanager
def share(settings: Mapping[str, str] | None = None, *, memory: bool = False) -> Iterator[PostgresCluster]:
    """Run the cluster that every process started meanwhile gets from `PostgresCluster.shared()`."""
    with PostgresCluster.shared(settings, memory=memory) as cluster:
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = str(cluster.directory)
        try:
            yield cluster
        finally:
            if before is None:
                del os.environ[VARIABLE]


# ---- the keeper: standard library only, run as a program of its own ----


def _server_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as its own user, made by the Debian package."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise PostgresMissingError("root cannot run PostgreSQL, and there is no user postgres")


def _tie() -> None:
    """Between fork and exec: the server stops fast when its keeper dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, int(signal.SIGINT), 0, 0, 0)


def _has_room(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK) and shutil.disk_usage(place).free > MEMORY_BYTES


def _folder(owner: Mapping[str, Any], memory: bool) -> Path:
    """Make a folder with a short path, because a socket address has at most 107 characters."""
    place = "/tmp" if os.access("/tmp", os.W_OK) else None
    if memory and _has_room(MEMORY):
        place = str(MEMORY)
    directory = Path(tempfile.mkdtemp(prefix="portal-pg-", dir=place))
    if owner:
        os.chown(directory, owner["user"], owner["group"])
    return directory


def _initialise(programs: Path, directory: Path, owner: Mapping[str, Any]) -> None:
    command = [str(programs / "initdb"), "-D", str(directory / "data"), "-U", USER, "--auth=trust", "--no-sync"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(
        command,
        check=False,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=_tie,
        **owner,
    )
    if done.returncode:
        raise PostgresMissingError((done.stderr or done.stdout).strip()[-500:])


def _serve(
    programs: Path, directory: Path, owner: Mapping[str, Any], settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    command = [str(programs / "postgres"), "-D", str(directory / "data"), "-k", str(directory)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (directory / "server.log").open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=_tie,  # noqa: PLW1509  the keeper has no threads
            **owner,
        )


def _wait_until_ready(server: subprocess.Popen[bytes], directory: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    note = directory / "data" / "postmaster.pid"
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        with contextlib.suppress(OSError):
            lines = note.read_text(encoding="utf-8").splitlines()
            if len(lines) >= 8 and lines[7].strip() == "ready":
                return
        time.sleep(0.02)
    raise PostgresMissingError((directory / "server.log").read_text(encoding="utf-8").strip()[-500:] or "no answer")


def _halt(server: subprocess.Popen[bytes]) -> None:
    """Disconnect everybody and stop; without a clean end after five seconds, at once."""
    for signum, patience in ((signal.SIGINT, 5), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        server.send_signal(signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=patience)
            return


def _tell(answer: Mapping[str, str]) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), f"{json.dumps(answer)}\n".encode())


def keep(settings: Mapping[str, str], memory: bool) -> int:
    """Run a server until the pipe from the owner closes or somebody asks this process to stop."""
    wake, woken = os.pipe()

    def wake_up(_signum: int, _frame: object) -> None:  # raising here could cut the clean-up short
        os.write(woken, b".")

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, wake_up)
    directory: Path | None = None
    server: subprocess.Popen[bytes] | None = None
    try:
        programs = newest_bin()
        if programs is None:
            raise PostgresMissingError("no server programs")
        owner = _server_user()
        directory = _folder(owner, memory)
        _initialise(programs, directory, owner)
        server = _serve(programs, directory, owner, {**SETTINGS, **settings})
        _wait_until_ready(server, directory)
        _tell({"directory": str(directory)})
        select.select([sys.stdin, wake], [], [])
    except PostgresMissingError as fault:
        _tell({"fault": str(fault)})
        return 1
    finally:
        if server is not None:
            _halt(server)
        if directory is not None:
            shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Keep a throw-away PostgreSQL until standard input closes.")
    parser.add_argument("settings", type=json.loads)
    parser.add_argument("--memory", action="store_true", help="put its files into memory where there is room")
    asked = parser.parse_args()
    sys.exit(keep(asked.settings, asked.memory))
