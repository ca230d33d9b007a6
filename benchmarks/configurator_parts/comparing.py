"""One model, every side, the same trace: who is measured, which variant of a peer counts, and whether all agree."""

import importlib.util
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.configurator_parts.models import Source
from benchmarks.configurator_parts.running import Limits, Run, child, lines, middle

SIDES = {
    "engine": ("engine",),
    "plain SAT": ("sat",),
    "python-constraint2, each click alone": (
        "constraint:alone-backtracking", "constraint:alone-optimized", "constraint:alone-recursive",
    ),
    "python-constraint2": (
        "constraint:whole-backtracking", "constraint:whole-optimized", "constraint:whole-recursive",
    ),
    "python-constraint2, split": (
        "constraint:split-backtracking", "constraint:split-optimized", "constraint:split-recursive",
    ),
    "python-constraint2, split and propagated": (
        "constraint:propagated-backtracking", "constraint:propagated-optimized", "constraint:propagated-recursive",
    ),
    "CP-SAT": ("cpsat:presolve", "cpsat:no-presolve"),
}  # fmt: skip
"""Every side with its variants; of several the best one counts."""

QUALIFYING = 0.05  # of the clicks and of the budget, to find the best variant
SHORT = 10.0  # CPU seconds: sides that took less are measured again


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    clicks: int
    rounds: int
    limits: Limits
    explanations: int
    optimum_seconds: float
    sides: tuple[str, ...] = tuple(SIDES)


@dataclass
class Compared:
    """Everything about one model."""

    source: Source
    size: tuple[int, int, int]
    trace: list[int] = field(default_factory=list)  # clicks of every session
    runs: dict[str, Run] = field(default_factory=dict)
    differing: dict[str, int] = field(default_factory=dict)  # domains that differ from the engine's, by side
    compared: dict[str, int] = field(default_factory=dict)  # domains that were compared
    explanations: list[float] = field(default_factory=list)
    optima: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    note: str = ""
    notes: dict[str, str] = field(default_factory=dict)  # of explanations and optima

    def ratio(self, side: str, share: float = 0.95) -> float | None:
        """Return a percentile of a peer over the engine's, on the clicks that both finished."""
        ours, peer = self.runs.get("engine"), self.runs.get(side)
        if ours is None or peer is None or not peer.clicks or not ours.clicks:
            return None
        both = min(len(ours.clicks), len(peer.clicks))
        mine, its = ours.share(share, both), peer.share(share, both)
        return its / mine if mine and its else None


def sides_here(plan: Plan) -> tuple[str, ...]:
    """Return the sides that can run on this machine."""
    has_ortools = importlib.util.find_spec("ortools") is not None
    return tuple(side for side in plan.sides if side != "CP-SAT" or has_ortools)


def compare(source: Source, folder: Path, plan: Plan, size: tuple[int, int, int]) -> Compared:
    """Draw the trace and let every side answer it."""
    found = Compared(source, size)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as place:
        trace = Path(place) / "trace.json"
        generous = Limits(10 * plan.limits.cap, 10 * plan.limits.cap)
        drawn = child(f"draw:{plan.clicks}", source.name, folder, trace, generous)
        if not trace.exists():
            found.note = f"no trace: {drawn.note}"
            return found
        sessions = json.loads(trace.read_text("utf-8"))
        found.trace = [len(session) for session in sessions]
        for side in sides_here(plan):
            found.runs[side] = _measure(side, source, folder, trace, plan)
        for side, run in found.runs.items():
            if side != "engine":
                found.differing[side], found.compared[side] = differences(found.runs["engine"], run)
        _ask_more(found, folder, trace, plan)
    return found


def _ask_more(found: Compared, folder: Path, trace: Path, plan: Plan) -> None:
    """Ask for explanations, and for the cheapest completion where the model has a bill."""
    name, limits = found.source.name, Limits(plan.limits.cap, plan.limits.budget)
    asked = Run("explain")
    found.explanations = [
        facts["ms"] for facts in lines(f"explain:{plan.explanations}", name, folder, trace, limits, asked)
    ]
    found.notes["explain"] = asked.note
    if not found.source.load().lines:
        return
    for side, task in (("engine", "cheapest"), ("CP-SAT", "cpsat-cheapest")):
        if side == "engine" or side in sides_here(plan):
            asked = Run(task)
            asking = lines(f"{task}:{plan.optimum_seconds:g}", name, folder, trace, limits, asked)
            found.optima[side] = list(asking)
            found.notes[task] = asked.note


def _measure(side: str, source: Source, folder: Path, trace: Path, plan: Plan) -> Run:
    variants = SIDES[side]
    task = variants[0] if len(variants) == 1 else _best(variants, source, folder, trace, plan)
    runs = [child(task, source.name, folder, trace, plan.limits)]
    taken = ((runs[0].setup_ms or 0.0) + sum(runs[0].clicks)) / 1000
    while len(runs) < plan.rounds and taken < SHORT and not runs[0].note:
        runs.append(child(task, source.name, folder, trace, plan.limits))
    return middle(runs)


def _best(variants: tuple[str, ...], source: Source, folder: Path, trace: Path, plan: Plan) -> str:
    """Let the variants run for a short time; the one that gets furthest, and then has the lowest p95, counts."""
    limits = Limits(plan.limits.cap, max(5.0, plan.limits.budget * QUALIFYING))
    short = trace.with_name("short.json")
    sessions, count = json.loads(trace.read_text("utf-8")), max(5, int(plan.clicks * QUALIFYING))
    kept: list[list[object]] = []
    for session in sessions:
        kept.append(session[: count - sum(map(len, kept))])
        if sum(map(len, kept)) >= count:
            break
    short.write_text(json.dumps(kept), "utf-8")
    runs = [child(variant, source.name, folder, short, limits) for variant in variants]
    return min(runs, key=lambda run: (run.setup_ms is None, -len(run.clicks), run.share(0.95) or 0.0)).task


def differences(ours: Run, peer: Run) -> tuple[int, int]:
    """Count domains that differ, and all that were compared, over the answers both have."""
    differing = compared = 0
    for mine, its in zip(ours.answers, peer.answers, strict=False):
        compared += mine.count(",") + 1
        if mine != its:
            differing += sum(a != b for a, b in zip(mine.split(","), its.split(","), strict=True))
    return differing, compared
