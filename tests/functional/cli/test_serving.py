"""The web server as the console starts it, on a demo world."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable

import pytest

from portal.db import Database
from portal.seed.world import PEOPLE
from tests.factories.demo import Loaded
from tests.factories.seeds import Sown
from tests.functional.cli.conftest import Run


@pytest.fixture
def sown(database_kind: str, demo_world: Callable[[str], Loaded]) -> Sown:
    """The database is a copy of the demo world."""
    found = demo_world(database_kind)
    return Sown(found.url, found.folder, None, None)  # type: ignore[arg-type]  # no small world


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.slow
def test_serve_answers_with_the_doors_of_the_demo_and_stops_in_time(run: Run, database: Database) -> None:
    workers = "1" if database.is_sqlite else "2"  # each makes the rules ready for itself
    assert "is there" in run("demo").output
    port = free_port()
    environment = {**os.environ, "PORTAL_BASE_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "portal", "serve", "--port", str(port), "--workers", workers]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            page = wait_for(f"http://127.0.0.1:{port}/sign-in")
        finally:
            server.terminate()
        began = time.monotonic()
        assert server.wait(15) == 0
        assert time.monotonic() - began < 12
    assert len(re.findall(r"/demo/act-as/", page)) == len(PEOPLE)


def wait_for(address: str) -> str:
    deadline = time.monotonic() + 120  # a busy machine is no failure
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server never answered")
