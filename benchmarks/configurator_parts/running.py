"""Runs one task in a child process and ends it when a click, or all of it, takes too long."""

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.common import ROOT, median, percentile
from portal.supervisor import ends_with_parent

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Limits:
    """How long one answer and a whole side may take, in CPU seconds."""

    cap: float
    budget: float


@dataclass
class Run:
    """What one side did with one model in one process."""

    task: str
    compile_ms: float | None = None
    root_ms: float | None = None
    clicks: list[float] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # of the empty configuration, then of every click
    memory_mb: float = 0.0
    note: str = ""
    capped: bool = False  # the last answer was not ready within the cap

    @property
    def setup_ms(self) -> float | None:
        """Return compiling and the first domains together."""
        return None if self.compile_ms is None or self.root_ms is None else self.compile_ms + self.root_ms

    def share(self, share: float, clicks: int | None = None) -> float | None:
        """Return a percentile of the first clicks; None without any."""
        times = self.clicks[:clicks]
        return percentile(times, share) if times else None


def child(task: str, model: str, folder: Path, trace: Path, limits: Limits) -> Run:
    """Measure one side; nothing of it runs in this process."""
    run = Run(task)
    for facts in lines(task, model, folder, trace, limits, run):
        run.memory_mb = facts.get("memory_mb", run.memory_mb)
        if "compile_ms" in facts:
            run.compile_ms, run.root_ms = facts["compile_ms"], facts["root_ms"]
        else:
            run.clicks.append(facts["ms"])
        run.answers.append(facts["domains"])
    return run


def lines(task: str, model: str, folder: Path, trace: Path, limits: Limits, run: Run) -> Iterator[dict[str, Any]]:
    """Yield what a child says; the end is noted in `run`."""
    command = [sys.executable, "-m", "benchmarks.configurator_parts.child", task, model, str(folder), str(trace)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=ends_with_parent(),  # noqa: PLW1509  no thread of ours runs
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield from watched(process, limits, run)
        if not run.note:
            wrong = process.stderr.read().decode("utf-8", "replace")
            if process.wait():
                run.note = _reason(wrong)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def watched(process: subprocess.Popen[bytes], limits: Limits, run: Run) -> Iterator[dict[str, Any]]:
    """Read line by line and look at the CPU time in between."""
    assert process.stdout is not None
    begun, kept = 0.0, b""
    os.set_blocking(process.stdout.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=0.25):
                piece = process.stdout.read(1 << 20)
                if not piece:
                    return
                *whole, kept = (kept + piece).split(b"\n")
                if whole:
                    begun = cpu_of(process.pid)
                for line in whole:
                    yield json.loads(line)
            spent = cpu_of(process.pid)
            if spent - begun > limits.cap:
                run.capped, run.note = True, f"> {limits.cap:g} s"
                return
            if spent > limits.budget:
                run.note = f"stopped after {limits.budget:g} s"
                return


def cpu_of(process: int) -> float:
    """Return the CPU seconds of a process, all threads (Linux)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _reason(wrong: str) -> str:
    """Return the last line of what went wrong, short."""
    last = (wrong.strip().splitlines() or ["ended without a word"])[-1]
    name, _, text = last.partition(": ")
    return f"- ({text})" if name.endswith("NotApplicable") else f"failed: {last[:200]}"


def middle(runs: list[Run]) -> Run:
    """Return the run whose clicks are the medians over several runs of one side; answers are those of the first."""
    first = runs[0]
    shortest = min(len(run.clicks) for run in runs)
    whole = [run for run in runs if len(run.clicks) == shortest and run.setup_ms is not None]
    if len(whole) < 2:
        return first
    return Run(
        first.task,
        median(run.compile_ms or 0.0 for run in whole),
        median(run.root_ms or 0.0 for run in whole),
        [median(times) for times in zip(*(run.clicks for run in whole), strict=True)],
        first.answers,
        max(run.memory_mb for run in whole),
        first.note,
        first.capped,
    )
