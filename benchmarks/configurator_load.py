"""People who configure at the same time, through the real pages: errors, waiting times, and what it costs.

    python benchmarks/configurator_load.py                            50 people, a click every 5 s each, 5 minutes
    python benchmarks/configurator_load.py --quick                    3 people, 20 seconds, one process
    python benchmarks/configurator_load.py --database sqlite          on SQLite instead of PostgreSQL

`portal serve --workers 2` runs on a temporary database with the demo world; every person has a partner organisation of
his own and is signed in. The load comes from a process of its own, whose CPU time is printed too.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # called as a file: the project is the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from secrets import token_hex

from benchmarks import common
from benchmarks.common import ROOT, Goal, percentile
from benchmarks.configurator_parts.running import cpu_of
from portal import logs
from portal.accounts import operations as accounts
from portal.accounts.models import Person
from portal.administration.operations import open_organisation
from portal.app import create_app
from portal.config import Settings
from portal.db import Database, utc_now
from portal.migrate import upgrade
from portal.policy import SYSTEM, OrganisationKind, Role
from portal.seed.loading import load_demo
from portal.supervisor import ends_with_parent
from tests.postgres_cluster import PostgresCluster

WORKERS = 2
START_SECONDS = 60.0
P95_GOAL = 400.0
NOBODY = "$argon2id$nobody-signs-in-with-a-password"


@contextlib.contextmanager
def database_url(kind: str, folder: Path) -> Iterator[str]:
    """Make an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'portal.db'}"
        return
    with PostgresCluster.shared() as cluster:
        url = cluster.new_database()
        yield url
        cluster.drop_database(url)


def fill(settings: Settings, people: int, *, has_demo: bool = False) -> list[str]:
    """Load the demo world and as many partners with one person each; return the cookies of their browsers."""
    database = Database(settings.database_url)
    if not has_demo:
        upgrade(database)
        load_demo(database, now=utc_now(), zone=settings.supplier_zone)
    tokens = []
    with database.writing(SYSTEM) as session:
        for number in range(people):
            tokens.append(_sign_up(session, number))
    app = create_app(settings, database)
    cookies = []
    for token in tokens:
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        kept = client.get_cookie("portal")
        assert kept is not None
        cookies.append(f"portal={kept.value}")
    database.dispose()
    return cookies


def _sign_up(session: Any, number: int) -> str:
    terms = {"currency": "CNY", "tax_bps": 1300, "locale": "en", "time_zone": "Asia/Shanghai"}
    kind, now = OrganisationKind.PARTNER, utc_now()
    made = open_organisation(session, name=f"Load Partner {number}", kind=kind, tier="gold", now=now, **terms)
    person = Person(
        organisation_id=made.id,
        email=f"somebody@load-{number}.example",
        name=f"Somebody {number}",
        password_hash=NOBODY,
        locale="en",
        time_zone="Asia/Shanghai",
        created_at=now,
    )
    session.add(person)
    session.flush()
    accounts.set_roles(session, person, [Role.SALES])
    return accounts.sign_in(session, person, now=now)


class Portal:
    """`portal serve`; as a context manager it starts and stops it."""

    def __init__(self, settings: Settings, log: Path, processes: int = WORKERS, threads: int | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._log, self._settings, self._processes, self._threads = log, settings, processes, threads

    def __enter__(self) -> "Portal":
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        own = {
            "PORTAL_INSTANCE": str(self._settings.instance),
            "PORTAL_DATABASE_URL": self._settings.database_url,
            "PORTAL_SECRET_KEY": self._settings.secret_key,
        }
        command = [sys.executable, "-m", "portal", "serve", "--port", str(self.port)]
        command += ["--workers", str(self._processes)]
        command += ["--threads", str(self._threads)] if self._threads else []
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**kept, **own},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=ends_with_parent(),  # noqa: PLW1509  no thread of ours runs
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers():
                return self
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"the portal does not start:\n{self._log.read_text('utf-8')[-2000:]}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        """Return whether all workers live and one of them has answered."""
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=START_SECONDS) as at,
        ):
            at.sendall(b"GET /sign-in HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            return at.recv(12).endswith(b" 200") and len(self.workers()) == self._processes
        return False

    def workers(self) -> list[int]:
        """Return the process numbers of the workers (Linux)."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return [int(number) for number in children.read_text("ascii").split()]

    def cpu_seconds(self) -> float:
        """Return the CPU time of all workers so far."""
        return sum(cpu_of(worker) for worker in self.workers())


def put_load(port: int, cookies: list[str], seconds: float, pause: float) -> dict[str, Any]:
    """Let the people loose in a process of their own."""
    order = {"port": port, "cookies": cookies, "seconds": seconds, "pause": pause}
    command = [sys.executable, "-m", "benchmarks.configurator_parts.people"]
    done = subprocess.run(
        command, cwd=ROOT, input=json.dumps(order) + "\n", capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the load generator died:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def report(
    answer: Mapping[str, Any], server_cpu: float, people: int, kind: str, processes: int
) -> tuple[list[Goal], dict[str, Any]]:
    """Print what happened; return goals and facts."""
    every = [each for times in answer["clicks"].values() for each in times]
    seconds, requests = answer["seconds"], len(every) + len(answer["others"])
    by_kind = {**answer["clicks"], "all clicks": every, "opening a configuration": answer["others"]}
    shares = (0.5, 0.95, 1.0)
    rows = [[name, len(times), *(percentile(times, s) for s in shares)] for name, times in by_kind.items() if times]
    print(f"\n{people} people, portal serve --workers {processes} on {kind}, {seconds:.0f} s\n")
    print(common.table(("wall time", "requests", "p50 ms", "p95 ms", "max ms"), rows))
    facts = {
        "people": people,
        "database": kind,
        "seconds": seconds,
        "requests": requests,
        "requests_per_second": requests / seconds,
        "server_cpu_seconds": server_cpu,
        "server_cpu_ms_per_request": server_cpu * 1000 / max(1, requests),
        "server_cpu_share_of_a_core": server_cpu / seconds,
        "load_cpu_seconds": answer["cpu_seconds"],
        "load_cpu_share_of_a_core": answer["cpu_seconds"] / seconds,
        "latency_ms": {row[0]: dict(zip(("count", "p50", "p95", "max"), row[1:], strict=True)) for row in rows},
        "errors": answer["errors"],
    }
    print(f"\n{facts['requests_per_second']:.1f} requests a second")
    print(f"server: {server_cpu:.1f} s CPU, {facts['server_cpu_ms_per_request']:.1f} ms a request, ", end="")
    print(f"{facts['server_cpu_share_of_a_core']:.0%} of a core")
    print(f"load generator: {answer['cpu_seconds']:.1f} s CPU, {facts['load_cpu_share_of_a_core']:.0%} of a core")
    for error in answer["errors"][:10]:
        print(f"error: {error}")
    goals = [Goal("errors", len(answer["errors"]), 0)]
    if every:
        goals.append(Goal("p95 of a click, ms", percentile(every, 0.95), P95_GOAL))
    print("")
    for goal in goals:
        print(goal)
    return goals, facts


def run(options: argparse.Namespace) -> list[Goal]:
    """Do all of it."""
    logs.set_up("ERROR")
    people = options.people or (3 if options.quick else 50)
    seconds = options.seconds or (20.0 if options.quick else 300.0)
    pause = options.pause or (0.5 if options.quick else 5.0)
    processes = 1 if options.quick else WORKERS
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name, database_url(options.database, Path(name)) as url:
        if options.demo:
            shutil.copy(options.demo, Path(name) / "portal.db")
        address = str(url) if isinstance(url, str) else url.render_as_string(hide_password=False)
        settings = Settings(instance=Path(name), database_url=address, secret_key=token_hex())
        cookies = fill(replace(settings, base_url="http://127.0.0.1"), people, has_demo=bool(options.demo))
        print(f"{people} people are signed in", flush=True)
        with Portal(settings, Path(name) / "portal.log", processes) as portal:
            before = portal.cpu_seconds()
            answer = put_load(portal.port, cookies, seconds, pause)
            spent = portal.cpu_seconds() - before
    goals, facts = report(answer, spent, people, options.database, processes)
    path = common.write_json("configurator_load", {**facts, "pause": pause, "goals": goals}, options.results)
    print(f"\nwritten: {path}")
    return goals


def main(arguments: list[str] | None = None) -> int:
    """Entry point; fails on errors, and on a missed goal only with --strict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--people", type=int, help="how many, 50 without it")
    parser.add_argument("--seconds", type=float, help="how long, 300 without it")
    parser.add_argument("--pause", type=float, help="seconds between two clicks of a person, 5 without it")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--quick", action="store_true", help="3 people for 20 seconds, a click every half second")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is not met")
    parser.add_argument("--results", type=Path, default=common.RESULTS, help="folder of the JSON file")
    parser.add_argument("--demo", type=Path, help="a SQLite file with the demo world, of which a copy serves")
    options = parser.parse_args(arguments)
    options.database = "sqlite" if options.demo else options.database
    goals = run(options)
    return 1 if not goals[0].met or (options.strict and not all(goal.met for goal in goals)) else 0


if __name__ == "__main__":
    sys.exit(main())
