"""The goals of the engine with what was measured, or why it was not."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.common import Goal, percentile
from benchmarks.configurator_parts.comparing import Compared
from benchmarks.configurator_parts.grouped import Grouped

LIBRARY = "python-constraint2"
CLAIMED = ("printer", "berkeleydb")


@dataclass(frozen=True)
class Missing:
    """A goal without a figure."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"not measured  {self.name}: {self.why}"


def geometric_mean(values: Sequence[float]) -> float:
    """Return the n-th root of the product."""
    return math.exp(sum(math.log(value) for value in values) / len(values))


def goals_of(found: list[Compared], groups: Sequence[Grouped] = ()) -> list[Goal | Missing]:
    """Return every goal, in the order of the table of goals."""
    public = [one for one in found if one.source.origin == "public"]
    by_name = {one.source.name.split(" ")[0]: one for one in found}
    goals: list[Goal | Missing] = []
    for side in (f"{LIBRARY}, each click alone", LIBRARY, f"{LIBRARY}, split", f"{LIBRARY}, split and propagated"):
        goals += [_against(by_name.get(name), side, name, 3_000) for name in CLAIMED]
    goals.append(_mean("CP-SAT with witness reuse, geometric mean of p95, public models", public, "CP-SAT", 300))
    goals.append(_mean("plain incremental SAT, geometric mean of p95, public models", public, "plain SAT", 3))
    goals.append(_mean("  the same, the further aim", public, "plain SAT", 5))
    goals.append(_mean("plain incremental SAT, geometric mean of p95, all models", found, "plain SAT", 3))
    goals.append(_p95("car-like model made here, p95 ms", [by_name.get("car-like")], 10))
    goals.append(_p95("surveillance-like model made here, p95 ms", [by_name.get("surveillance-like")], 30))
    goals += _grouped(groups)
    goals.append(_p95("any public model, p95 ms", public, 25))
    goals.append(_p95("no model, p95 ms", found, 60))
    goals.append(_explanations(found))
    goals += _optima(found)
    goals += _resources(found)
    goals.append(_exactness(found))
    return goals


def _against(one: Compared | None, side: str, name: str, limit: float) -> Goal | Missing:
    title = f"{name}, times faster than {side} (p95)"
    ratio = one.ratio(side) if one else None
    return Missing(title, _why(one, side)) if ratio is None else Goal(title, ratio, limit, at_most=False)


def _why(one: Compared | None, side: str) -> str:
    if one is None:
        return "the model was not measured"
    note = one.runs[side].note if side in one.runs else "this side did not run"
    return one.note or note or "no click was finished"


def _mean(title: str, found: Iterable[Compared], side: str, limit: float) -> Goal | Missing:
    """Return the geometric mean of what both sides finished."""
    ratios = [ratio for one in found if (ratio := one.ratio(side)) is not None]
    title = f"{title}, of {len(ratios)}"
    if not ratios:
        return Missing(title, "no model that both sides finished")
    return Goal(title, geometric_mean(ratios), limit, at_most=False)


def _p95(title: str, found: Iterable[Compared | None], limit: float) -> Goal | Missing:
    """Return the worst p95 of the engine; a click beyond the cap counts as the cap."""
    there = [one for one in found if one is not None]
    if not there:
        return Missing(title, "the model was not measured")
    late = [one.source.name for one in there if "engine" not in one.runs or one.runs["engine"].note]
    if late:
        return Goal(f"{title} (not finished: {', '.join(late)})", math.inf, limit)
    return Goal(title, max(one.runs["engine"].share(0.95) or 0.0 for one in there), limit)


def _grouped(groups: Sequence[Grouped]) -> list[Goal | Missing]:
    """Return the clicks of the site with several groups; with eight of them the limit is an aim."""
    title = "site with {} camera groups, p95 ms"
    if not groups:
        return [Missing(title.format("1, 4 and 8"), "the site was not measured")]
    return [
        Goal(title.format(one.groups), percentile(one.clicks, 0.95), 100)
        if one.clicks
        else Missing(title.format(one.groups), one.note)
        for one in groups
    ]


def _explanations(found: list[Compared]) -> Goal | Missing:
    worst = {one.source.name: percentile(one.explanations, 0.95) for one in found if one.explanations}
    if not worst:
        return Missing("explanation with rules, p95 ms", "nothing was refused")
    name = max(worst, key=lambda key: worst[key])
    return Goal(f"explanation with rules, p95 ms, the slowest model ({name})", worst[name], 10)


def _optima(found: list[Compared]) -> list[Goal | Missing]:
    """Compare the time for what the engine proved; a peer that gave up counts with the time it had taken by then."""
    title = "cheapest completion, times faster than CP-SAT"
    goals: list[Goal | Missing] = []
    for one in found:
        ours, theirs = one.optima.get("engine"), one.optima.get("CP-SAT")
        if ours is None:
            continue
        name = f"{title}, {one.source.name}"
        pairs = [(mine, its) for mine, its in zip(ours, theirs or [], strict=False) if mine["proved"]]
        if not pairs:
            notes = ", ".join(filter(None, one.notes.values()))
            goals.append(Missing(name, f"no optimum that the engine proved and CP-SAT was asked for {notes}".strip()))
            continue
        ratio = sum(its["ms"] for _, its in pairs) / sum(mine["ms"] for mine, _ in pairs)
        both = sum(its["proved"] for _, its in pairs)
        proved = f"proved {len(pairs)} of {len(ours)}, CP-SAT {both} of those"
        goals.append(Goal(f"{name} ({proved})", ratio, 5 if "surveillance" in name else 1, at_most=False))
        goals.append(Goal(f"{name}: optima that contradict CP-SAT", sum(_contradict(*pair) for pair in pairs), 0))
    return goals or [Missing(title, "no model has a bill")]


def _contradict(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Tell whether a proved optimum is dearer than what the peer found, or cheaper than it holds possible."""
    found = theirs["cost"]
    return ours["cost"] < theirs["lower"] or (found is not None and ours["cost"] > found)


def _resources(found: list[Compared]) -> list[Goal | Missing]:
    small = [one.runs["engine"] for one in found if one.size[0] < 10_000 and "engine" in one.runs]
    ready = [run for run in small if run.setup_ms is not None]
    if not ready:
        return [Missing("set-up and memory", "the engine was not measured")]
    return [
        Goal("set-up below 10,000 features, s", max(run.setup_ms or 0.0 for run in ready) / 1000, 3),
        Goal("memory below 10,000 features, MB", max(run.memory_mb for run in ready), 64),
    ]


def _exactness(found: list[Compared]) -> Goal | Missing:
    differing = sum(count for one in found for count in one.differing.values())
    compared = sum(count for one in found for count in one.compared.values())
    alone = [one.source.name for one in found if not any(one.compared.values())]
    beside = f"; with nobody to compare: {', '.join(alone)}" if alone else ""
    return Goal(f"differing domains of {compared:,} compared{beside}", differing, 0)
