"""Examine rule files in a process of their own: no rules take more time or memory than they are given.

The solver cannot be interrupted from within, so the one who asks watches its clock and memory. The process reads the
files, examines them and writes one JSON object; what it does not write is a finding of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from portal.configurator.language.checking import examine
from portal.configurator.language.errors import RuleErrors
from portal.configurator.language.findings import Finding, finding, from_error, in_order
from portal.configurator.language.places import Place
from portal.configurator.language.reader import read_placed
from portal.configurator.language.ruleset import RuleSet

if sys.platform != "win32":
    import resource

SECONDS = 60  # for one rule set, all together
THINKING = 10.0  # of them for questions that may stay open
MEGABYTES = 1024
LOOK = 0.05  # seconds between two looks at the process
OUT_OF_TIME = {-signal.SIGXCPU} if sys.platform != "win32" else set()
OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGKILL} if sys.platform != "win32" else set()
GRACE = 5  # seconds between the limit that tells and the one that kills
NO_MEMORY = 137  # our own exit status for MemoryError


@dataclass(frozen=True)
class Examined:
    """What was read, None when it could not be, and everything found."""

    ruleset: RuleSet | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what forbids publication."""
        return tuple(item for item in self.findings if item.is_error)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Return what does not."""
        return tuple(item for item in self.findings if not item.is_error)


def examine_here(path: Path, thinking: float = THINKING) -> Examined:
    """Read and examine a folder or file in this process."""
    try:
        ruleset, places = read_placed(path)
    except RuleErrors as errors:
        return Examined(None, in_order(from_error(error) for error in errors.errors))
    return Examined(ruleset, examine(ruleset, places, thinking))


def examine_bounded(path: Path, *, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> Examined:
    """Read and examine a folder or file within limits; beyond them that is what is found."""
    command = [sys.executable, "-m", __name__, str(path.resolve()), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603 - our own module
        try:
            answer, trouble = _watched(process, time.monotonic() + seconds, megabytes)
        except _Beyond as beyond:
            process.kill()
            return _beyond(path, beyond.limit, seconds if beyond.limit == "time" else megabytes)
    if process.returncode in OUT_OF_TIME:
        return _beyond(path, "time", seconds)
    if process.returncode == NO_MEMORY or process.returncode in OUT_OF_MEMORY:
        return _beyond(path, "memory", megabytes)
    if process.returncode:
        raise RuntimeError(f"the examination of {path} ended with {process.returncode}: {trouble.decode()[-2000:]}")
    return _read(json.loads(answer))


class _Beyond(Exception):
    """A limit is passed: `time` or `memory`."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


def _watched(process: subprocess.Popen[bytes], deadline: float, megabytes: int) -> tuple[bytes, bytes]:
    """Wait for the answer, looking now and then at the clock and at the memory of the process.

    What counts is memory that is really used: solvers reserve far more of the address space than they touch, so the
    limit of the operating system on that would say nothing.
    """
    while True:
        try:
            return process.communicate(timeout=LOOK)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise _Beyond("time") from None
            if _resident(process.pid) > megabytes:
                raise _Beyond("memory") from None


def _resident(process: int) -> float:
    """Return the megabytes that a process uses; 0 where the operating system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text("ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def _beyond(path: Path, code: str, limit: int) -> Examined:
    return Examined(None, (finding(Place(path.name, 0), "", code, str(limit)),))


def _read(answer: dict[str, Any]) -> Examined:
    content = answer["content"]
    return Examined(
        None if content is None else RuleSet.from_content(content),
        tuple(Finding(**item) for item in answer["findings"]),
    )


def main(path: str, seconds: str) -> int:
    """Examine one path and write what was found; a caller that dies leaves nothing that runs on."""
    if sys.platform != "win32":
        with contextlib.suppress(ValueError, OSError):  # a lower limit may be set from outside already
            # The hard limit lies above the soft one: reaching both at once would look like an end by lack of memory.
            resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + GRACE))
    try:
        examined = examine_here(Path(path), min(THINKING, int(seconds) / 2))
        content = None if examined.ruleset is None else examined.ruleset.content()
        findings = [asdict(item) for item in examined.findings]
        sys.stdout.buffer.write(json.dumps({"content": content, "findings": findings}).encode())
    except MemoryError:
        return NO_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
