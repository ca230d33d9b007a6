"""The demo on the console, and that only a demo database turns its doors on."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from portal.cli import application
from portal.config import Settings
from portal.db import Database
from portal.seed.world import PASSWORD, PEOPLE
from tests.factories.world import World
from tests.functional.cli.conftest import Run


def test_the_demo_is_loaded_once_and_prints_its_accounts(run: Run) -> None:
    assert run("accounts").exit_code == 1
    first = run("demo", "--if-empty")
    assert first.exit_code == 0, first.output
    assert "The demo world is loaded." in first.output
    for somebody in PEOPLE:
        assert somebody.email in first.output
    assert PASSWORD in first.output
    again = run("demo", "--if-empty")
    assert again.exit_code == 0
    assert "is there" in again.output
    assert PASSWORD in run("accounts").output
    assert "loaded" in run("demo", "--reset").output
    assert is_demo()


def test_real_data_is_left_alone(run: Run, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = run("demo", "--if-empty")
    assert quiet.exit_code == 0
    assert "was not loaded" in quiet.output
    assert run("demo").exit_code == 1
    refused = run("demo", "--reset")
    assert refused.exit_code == 1
    assert "--yes-really-erase" in refused.output
    assert world.emails["north.sales"] in run("users", "list").output
    monkeypatch.setenv("PORTAL_DEMO", "1")
    assert not is_demo()
    assert run("demo", "--reset", "--yes-really-erase").exit_code == 0
    assert is_demo()


def is_demo() -> bool:
    """Whether a web process of now would show the doors of the demo."""
    parts = application().extensions["portal"]
    parts.database.dispose()
    shown: bool = parts.settings.demo
    return shown


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.slow
def test_serve_answers_with_the_doors_of_the_demo_and_stops_in_time(
    run: Run, settings: Settings, database: Database, tmp_path: Path
) -> None:
    workers = "1" if database.is_sqlite else "2"  # each makes the rules ready for itself
    assert run("demo").exit_code == 0
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
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the server never answered")
