"""Everything that is checked, in one command: `make test`.

Static checks, then unit and functional tests (SQLite and PostgreSQL), then the browser. Fails on any failure, on a part
that could not run, and on a process that outlives the tests.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from portal.supervisor import adopt_orphans
from tests import postgres_cluster, shared
from tools import check, pytest_counts, system

ROOT = Path(__file__).resolve().parent.parent
PROC = Path("/proc")
MEMORY_BYTES = 3 * 2**30  # what a whole run may need, with room to spare
LIMIT_SECONDS = 1800.0  # nothing takes that long; it ends a run that hangs
WIND_DOWN_SECONDS = 5.0
NOTHING_COLLECTED = 5
ORDER = ("failed", "passed", "skipped", "xfailed", "xpassed", "errors")
LABELS = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "browser": "browser"}
Numbers = Counter[tuple[str, str]]


class Stage(NamedTuple):
    """One call of pytest."""

    name: str
    options: tuple[str, ...]


STAGES = (
    Stage("Unit and functional tests", ("-m", "not browser")),
    Stage("Browser tests", ("-m", "browser")),
)


def environment(counts: Path, without: Sequence[str]) -> dict[str, str]:
    """Return what the tests see: nothing of the settings somebody runs his own portal with."""
    ours = {postgres_cluster.VARIABLE, shared.VARIABLE}
    kept = {name: value for name, value in os.environ.items() if name in ours or not name.startswith("PORTAL_")}
    # compiled modules are kept: the tests start a hundred processes, and each would compile the portal anew
    for name in ("PORT", "HOST", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONDONTWRITEBYTECODE"):
        kept.pop(name, None)
    return {**kept, pytest_counts.VARIABLE: str(counts), pytest_counts.WITHOUT: " ".join(without)}


def run_stage(stage: Stage, extra: Sequence[str], without: Sequence[str], deadline: float) -> tuple[int, Numbers]:
    """Run pytest once; return its status and its numbers."""
    print(f"\n{stage.name}", flush=True)
    numbers: Numbers = Counter()
    with tempfile.TemporaryDirectory(prefix="portal-test-") as folder:
        counts = Path(folder) / "counts.json"
        command = [sys.executable, "-m", "pytest", "-p", "tools.pytest_counts", "-n", "2", "--dist", "worksteal"]
        command += [
            "--durations=5",
            "--durations-min=5",
            "-o",
            "tmp_path_retention_policy=failed",
            *stage.options,
            *extra,
        ]
        process = subprocess.Popen(command, cwd=ROOT, env=environment(counts, without))
        try:
            status = process.wait(timeout=max(1.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            print(f"{stage.name}: stopped, they take longer than {LIMIT_SECONDS / 60:.0f} minutes.", flush=True)
            status = end(process)
        except KeyboardInterrupt:
            end(process)
            raise
        with contextlib.suppress(FileNotFoundError):
            for kind, outcome, number in json.loads(counts.read_text(encoding="utf-8")):
                numbers[kind, outcome] += number
    return status, numbers


def end(process: subprocess.Popen[bytes]) -> int:
    """Let pytest tear down what it set up; kill it when it does not."""
    for signum, patience in ((signal.SIGINT, 8), (signal.SIGKILL, 5)):
        process.send_signal(signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=patience) or 1
    return 1


def parents() -> Iterator[tuple[int, int, str, str]]:
    """Yield number, parent, state and name of every process of this machine (Linux)."""
    for entry in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            head, _, tail = entry.read_text(encoding="utf-8", errors="replace").rpartition(")")
            number, _, name = head.partition(" (")
            state, parent = tail.split()[:2]
            yield int(number), int(parent), state, name


def descendants() -> dict[int, str]:
    """Return the processes that come from this one and still live, those whose own parent is gone among them."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    known = list(parents())
    family = {os.getpid()}
    found: dict[int, str] = {}
    grown = True
    while grown:
        grown = False
        for number, parent, state, name in known:
            if parent in family and number not in family:
                family.add(number)
                grown = True
                if state != "Z":
                    found[number] = name
    return found


def await_end(seconds: float) -> dict[int, str]:
    """Wait until nothing of ours is left, and return what is left when the time is over."""
    deadline = time.monotonic() + seconds
    while (alive := descendants()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return alive


def left_over(patience: float = WIND_DOWN_SECONDS) -> dict[int, str]:
    """Give what the tests started a moment to end by itself; stop the rest and return it."""
    survivors = await_end(patience)
    for signum in (signal.SIGTERM, signal.SIGKILL):  # a keeper that is asked politely removes its database
        for number in descendants():
            with contextlib.suppress(OSError):
                os.kill(number, signum)
        if not await_end(WIND_DOWN_SECONDS):
            break
    return survivors


def tally(numbers: Numbers, kind: str | None = None) -> str:
    """Write the numbers of one kind, or of all, as pytest does."""
    total = {name: sum(n for (k, o), n in numbers.items() if o == name and kind in {None, k}) for name in ORDER}
    return ", ".join(f"{number} {name}" for name, number in total.items() if number) or "no tests ran"


def by_place(numbers: Numbers) -> str:
    """Write the line that says how many tests ran on what."""
    parts = []
    for kind, label in LABELS.items():
        passed = numbers[kind, "passed"]
        others = [f"{numbers[kind, o]} {o}" for o in ORDER if o != "passed" and numbers[kind, o]]
        parts.append(" ".join([f"{label} {passed} passed", *others]))
    return ", ".join(parts)


def summary(numbers: Numbers, seconds: float) -> str:
    """Write the last lines: all tests as pytest sums them up, and what they ran on."""
    clock = f" ({int(seconds) // 3600}:{int(seconds) // 60 % 60:02}:{int(seconds) % 60:02})" if seconds >= 60 else ""
    line = f" {tally(numbers)} in {seconds:.2f}s{clock} "
    return f"{line:=^80}\n{by_place(numbers)}"


def one_sided(numbers: Numbers) -> str | None:
    """Say when functional tests ran on one database only, which nobody would notice in a green run."""
    ran = {kind: sum(n for (k, _), n in numbers.items() if k == kind) for kind in ("sqlite", "postgresql")}
    if ran["sqlite"] and not ran["postgresql"]:
        return "the functional tests did not run on PostgreSQL"
    if ran["postgresql"] and not ran["sqlite"]:
        return "the functional tests did not run on SQLite"
    return None


def interrupt(_signum: int, _frame: object) -> None:
    """Treat a TERM signal as Ctrl-C, so that everything is put away."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def memory_for_files() -> Iterator[None]:
    """Keep what the tests write in memory where the machine has room: every commit of a database waits for the disk."""
    shared = Path("/dev/shm")
    if not (shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > MEMORY_BYTES):
        yield
        return
    before = tempfile.tempdir, os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="portal-test-", dir=shared) as folder:
        os.chmod(folder, 0o755)  # the database server runs as somebody else
        tempfile.tempdir = os.environ["TMPDIR"] = folder
        try:
            yield
        finally:
            tempfile.tempdir = before[0]
            os.environ.pop("TMPDIR")
            os.environ.update({"TMPDIR": before[1]} if before[1] else {})


def run(extra: Sequence[str]) -> int:
    """Run every part, whatever became of the one before; the last lines say how it went."""
    begun = time.monotonic()
    faults = []
    absent = [need.name for need in system.ensure("test")]
    print("\nStatic checks", flush=True)
    if not check.run_all(check.checks()):
        faults.append("a static check failed")
    numbers: Numbers = Counter()
    with contextlib.ExitStack() as stack:
        stack.enter_context(memory_for_files())
        stack.enter_context(shared.share())
        if "postgresql" not in absent:
            try:
                stack.enter_context(postgres_cluster.share(memory=True))
            except postgres_cluster.PostgresMissingError as reason:
                print(reason, flush=True)
                absent.append("postgresql")
        for stage in STAGES:
            if "browser" in stage.options and {"chromium", "playwright"} & set(absent):
                continue
            status, found = run_stage(stage, extra, absent, begun + LIMIT_SECONDS)
            numbers += found
            if status == NOTHING_COLLECTED and not extra:
                faults.append(f"{stage.name}: none were found")
            elif status not in {0, NOTHING_COLLECTED}:
                faults.append(f"{stage.name} failed (pytest status {status})")
    survivors = left_over()
    if survivors:
        named = ", ".join(f"{name} ({number})" for number, name in sorted(survivors.items()))
        faults.append(f"processes outlived the tests: {named}")
    faults += [f"not tested, because {name} is missing" for name in absent]
    sided = None if extra or absent else one_sided(numbers)
    faults += [sided] if sided else []
    print()
    for fault in faults:
        print(f"FAILED: {fault}")
    print(summary(numbers, time.monotonic() - begun), flush=True)
    return 1 if faults else 0


def main(extra: Sequence[str]) -> int:
    """Entry point of `make test`."""
    adopt_orphans()
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts background jobs with it ignored
    try:
        return run(extra)
    except KeyboardInterrupt:
        left_over(patience=0)
        print("\nStopped; nothing of it runs any more.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
