"""The supervisor starts children, passes signals on and leaves nobody behind."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

SLEEPER = "import signal; open({note!r}, 'w').write(str(__import__('os').getpid())); signal.pause()"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = (
    "import subprocess, sys; "
    "subprocess.Popen([sys.executable, '-c', {inner!r}]); "
    "import time; time.sleep(1.5)"
)  # fmt: skip

HARNESS = """
import sys
from portal.supervisor import supervise
commands = {{name: [sys.executable, "-c", code] for name, code in {codes!r}.items()}}
sys.exit(supervise(commands, {address!r}, grace={grace!r}, ready=lambda: print("ready", flush=True)))
"""


def alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def until(condition, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def number_in(note: Path) -> int:
    assert until(lambda: note.exists() and note.read_text(encoding="utf-8") != ""), f"{note.name} was not started"
    return int(note.read_text(encoding="utf-8"))


@contextlib.contextmanager
def supervised(codes: dict[str, str], address=None, grace: float = 5.0) -> Iterator[subprocess.Popen[str]]:
    program = HARNESS.format(codes=codes, address=address, grace=grace)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both_children_and_counts_as_success(tmp_path, signum):
    notes = [tmp_path / "web", tmp_path / "worker"]
    with supervised({note.name: SLEEPER.format(note=str(note)) for note in notes}) as process:
        numbers = [number_in(note) for note in notes]
        process.send_signal(signum)
        assert process.wait(timeout=10) == 0
        assert not any(map(alive, numbers))


def test_when_one_child_ends_the_other_is_stopped_and_the_status_is_kept(tmp_path):
    note = tmp_path / "worker"
    web = f"import os, time\nwhile not os.path.exists({str(note)!r}): time.sleep(0.01)\nraise SystemExit(7)"
    with supervised({"web": web, "worker": SLEEPER.format(note=str(note))}) as process:
        _, errors = process.communicate(timeout=10)
        assert process.returncode == 7
        assert "web process ended by itself (status 7)" in errors
        assert not alive(number_in(note))


def test_a_child_that_ends_well_is_still_a_failure(tmp_path):
    with supervised({"web": "pass", "worker": SLEEPER.format(note=str(tmp_path / "worker"))}) as process:
        assert process.wait(timeout=10) == 1


def test_a_child_that_ignores_the_signal_is_killed_when_the_time_is_over(tmp_path):
    note = tmp_path / "stubborn"
    with supervised({"web": STUBBORN.format(note=str(note))}, grace=0.5) as process:
        number = number_in(note)
        process.terminate()
        assert process.wait(timeout=10) == 0
        assert not alive(number)


def test_asking_twice_kills_at_once(tmp_path):
    note = tmp_path / "stubborn"
    with supervised({"web": STUBBORN.format(note=str(note))}, grace=60) as process:
        number = number_in(note)
        process.terminate()
        process.send_signal(signal.SIGINT)  # at once: the same wish, told twice
        assert alive(number)

        def asked_again() -> bool:
            process.send_signal(signal.SIGINT)
            return process.poll() is not None

        assert until(asked_again)
        assert process.wait(timeout=10) == 0
        assert not alive(number)


def test_what_a_finished_child_left_in_its_group_is_stopped_too(tmp_path):
    note = tmp_path / "grandchild"
    with supervised({"web": PARENT.format(inner=STUBBORN.format(note=str(note)))}, grace=0.5) as process:
        number = number_in(note)
        assert process.wait(timeout=15) == 1
        assert until(lambda: not alive(number))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_children_end_with_a_supervisor_that_is_killed(tmp_path):
    notes = [tmp_path / "web", tmp_path / "worker"]
    with supervised({note.name: SLEEPER.format(note=str(note)) for note in notes}) as process:
        numbers = [number_in(note) for note in notes]
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
        assert until(lambda: not any(map(alive, numbers)))


def test_it_says_once_when_somebody_listens(tmp_path, free_port):
    server = (
        "import socket, signal, time\ntime.sleep(0.3)\n"
        f"s = socket.create_server(('127.0.0.1', {free_port}))\nsignal.pause()"
    )
    with supervised({"web": server}, address=("127.0.0.1", free_port)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        output, _ = process.communicate(timeout=10)
        assert output == ""
        assert process.returncode == 0
