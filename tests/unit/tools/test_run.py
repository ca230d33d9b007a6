"""`make run` says clearly why it cannot start, before it touches the data."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tools import run

ROOT = Path(__file__).resolve().parents[3]


def test_a_taken_port_is_named_with_the_command_that_helps():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "tools.run"],
            cwd=ROOT,
            env={**os.environ, "PORT": str(port), "HOST": "127.0.0.1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} at 127.0.0.1 is taken by another program." in done.stderr
    assert "PORT=8" in done.stderr or "PORT=9" in done.stderr
    assert done.stderr.strip().endswith("make run")
    assert done.stdout == ""


def test_a_free_port_has_no_fault(free_port):
    assert run.port_fault("127.0.0.1", free_port) is None


def test_a_number_that_is_no_port_is_said_to_be_none():
    assert run.port_fault("127.0.0.1", 70000) == "is not a port number"


@pytest.mark.parametrize("text", ["http", "-1", "80 81"])
def test_words_are_not_a_port(monkeypatch, text):
    monkeypatch.setenv("PORT", text)
    with pytest.raises(SystemExit, match="is not a port number"):
        run.main()


def test_the_port_suggested_is_free(monkeypatch):
    taken = run.SPARE_PORTS[0]
    monkeypatch.setattr(run, "port_fault", lambda _host, port: "is taken" if port == taken else None)
    assert run.spare_port("127.0.0.1") == run.SPARE_PORTS[1]


def test_a_failing_step_stops_the_start(monkeypatch):
    monkeypatch.setattr(run.sys, "executable", "/bin/false")
    with pytest.raises(SystemExit, match=r"portal migrate failed \(status 1\)"):
        run.step("migrate")
