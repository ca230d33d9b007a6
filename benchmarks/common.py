"""What benchmarks share: timing in CPU and wall time, percentiles, goals, one table and one JSON file."""

import json
import math
import os
import platform
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "instance" / "benchmarks"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one call took, in milliseconds; CPU time is that of this process."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Goal:
    """A number that is to stay on one side of a limit."""

    name: str
    value: float
    limit: float
    at_most: bool = True

    @property
    def met(self) -> bool:
        """Return whether the goal is met."""
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        return f"{'met    ' if self.met else 'not met'}  {self.name}: {self.value:.2f} (goal {sign} {self.limit:g})"


def timed(call: Callable[[], object]) -> Timing:
    """Run `call` once and return its time."""
    cpu, wall = time.process_time_ns(), time.perf_counter_ns()
    call()
    return Timing((time.perf_counter_ns() - wall) / 1e6, (time.process_time_ns() - cpu) / 1e6)


def percentile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Iterable[float]) -> float:
    """Return the middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def cpu_seconds(process: int) -> float:
    """Return the CPU time that the main thread of another process has used (Linux)."""
    try:
        nanoseconds = Path(f"/proc/{process}/schedstat").read_text("ascii").split()[0]
    except OSError:
        return math.nan
    return int(nanoseconds) / 1e9


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows under their headings: texts to the left, numbers to the right."""
    lines = [list(headings), *([_cell(value) for value in row] for row in rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(headings))]
    return "\n".join("  ".join(_fill(text, widths[at], at) for at, text in enumerate(line)).rstrip() for line in lines)


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _fill(text: str, width: int, column: int) -> str:
    room = " " * (width - _width(text))
    return text + room if column == 0 else room + text


def write_json(name: str, facts: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Write what was measured, with the machine it was measured on, and return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    content = {"benchmark": name, "at": datetime.now(UTC).isoformat(timespec="seconds"), **machine, **facts}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False, default=_plain) + "\n", encoding="utf-8")
    return path


def _plain(value: object) -> object:
    if isinstance(value, Goal):
        return {**asdict(value), "met": value.met}
    if isinstance(value, Timing):
        return asdict(value)
    return str(value)
