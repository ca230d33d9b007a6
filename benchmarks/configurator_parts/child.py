"""One side on one model in a process of its own, so that time and memory are its own: one JSON line per click.

    python -m benchmarks.configurator_parts.child TASK MODEL FOLDER TRACE

Timed is what it takes from the choices to the finished answer, in CPU time of this process; reading the model and the
trace, and writing the answer, are not.
"""

import gc
import importlib
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import process_time_ns
from typing import Any

from benchmarks.configurator_parts.models import source
from benchmarks.configurator_parts.sides import Choices, MakeSide, masks_of
from benchmarks.configurator_parts.traces import Click, clicks_of
from portal.configurator.engine.model import Model

PARTS = "benchmarks.configurator_parts"
MODULES = {
    "engine": f"{PARTS}.engine_side",
    "sat": f"{PARTS}.sat_side",
    "constraint": f"{PARTS}.constraint_side",
    "cpsat": f"{PARTS}.cpsat_side",
    "draw": f"{PARTS}.engine_extras",
    "explain": f"{PARTS}.engine_extras",
    "cheapest": f"{PARTS}.engine_extras",
    "grouped": f"{PARTS}.grouped",
    "cpsat-cheapest": f"{PARTS}.cpsat_cheapest",
}
"""Where a task is done; a side imports nothing of the others."""


def say(**facts: Any) -> None:
    """Write one line."""
    print(json.dumps(facts), flush=True)


def memory_kb(field: str) -> int:
    """Return VmRSS or VmHWM of this process (Linux)."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1])
    return 0


def forget_peak() -> int:
    """Let the peak of memory begin here; return it."""
    gc.collect()
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    return memory_kb("VmHWM")


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Return what a call returns and the CPU milliseconds it took."""
    started = process_time_ns()
    result = call()
    return result, (process_time_ns() - started) / 1e6


def measure(make: MakeSide, model: Model, clicks: list[Click]) -> None:
    """Set up, answer the empty configuration, then every click."""
    begun = forget_peak()

    def grown() -> float:
        return (memory_kb("VmHWM") - begun) / 1024

    side, made = timed(lambda: make(model))
    nothing: Choices = {}
    answer, first = timed(lambda: side.click(nothing))
    say(compile_ms=made, root_ms=first, memory_mb=grown(), domains=",".join(masks_of(answer, model.variables)))
    for click in clicks:
        answer, spent = timed(lambda choices=click.choices: side.click(choices))
        say(ms=spent, memory_mb=grown(), domains=",".join(masks_of(answer, model.variables)))


def main(task: str, name: str, folder: str, trace: str) -> int:
    """Do one task, `side` or `side:variant`."""
    kind, _, variant = task.partition(":")
    module = importlib.import_module(MODULES[kind])
    model, file = source(name, Path(folder)).load(), Path(trace)
    if kind == "draw":
        file.write_text(json.dumps(module.draw(model, int(variant), name)), "utf-8")
        return 0
    clicks = clicks_of(json.loads(file.read_text("utf-8")))
    if kind in {"explain", "cheapest", "cpsat-cheapest", "grouped"}:
        for facts in getattr(module, kind.removeprefix("cpsat-"))(model, clicks, variant):
            say(**facts)
    else:
        measure(module.variant(variant), model, clicks)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
