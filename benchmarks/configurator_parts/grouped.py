"""The site with repeated groups: what a click costs when so many groups exist.

A click is the exact set of values of every variable; beside it stands all that a page shows, which is also what every
chosen attribute could be switched to.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.common import percentile
from benchmarks.configurator_parts.bills import prices_of
from benchmarks.configurator_parts.child import timed
from benchmarks.configurator_parts.running import Limits, Run, lines
from benchmarks.configurator_parts.traces import Click
from portal.configurator.engine.model import Model, Value
from portal.configurator.engine.solver import Compiled, compile_rules

SITE, GROUP = "surveillance-site", "camera_group"
COUNTS = (1, 4, 8)
SESSION = 40
EARLY = 4  # choices after which the cheapest completion is asked for
SECONDS = 2.0


@dataclass
class Grouped:
    """What was measured with so many groups."""

    groups: int
    clicks: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    optima: list[dict[str, Any]] = field(default_factory=list)
    note: str = ""

    def __str__(self) -> str:
        if not self.clicks:
            return f"  {self.groups} groups: {self.note or 'nothing was measured'}"
        p50, p95 = (percentile(self.clicks, share) for share in (0.5, 0.95))
        page50, page95 = (percentile(self.pages, share) for share in (0.5, 0.95))
        proved = sum(each["proved"] for each in self.optima)
        gaps = [1 - each["lower"] / each["cost"] for each in self.optima if each["cost"] and not each["proved"]]
        gap = f", gap at most {max(gaps):.0%}" if gaps else ""
        longest = max((each["cheapest_ms"] for each in self.optima), default=0.0) / 1000
        clicks = f"{len(self.clicks)} clicks, p50 {p50:.1f}, p95 {p95:.1f}, max {max(self.clicks):.0f} ms"
        clicks += f" (all of a page {page50:.1f}, {page95:.1f}, {max(self.pages):.0f})"
        optima = f"cheapest at most {longest:.2f} s, {proved} of {len(self.optima)} proved{gap}"
        return f"  {self.groups} groups: {clicks}; {optima}"


def measured(folder: Path, clicks: int, limits: Limits) -> list[Grouped]:
    """Measure every number of groups in a process of its own."""
    found = []
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as place:
        trace = Path(place) / "trace.json"
        trace.write_text(json.dumps([]), "utf-8")
        for groups in COUNTS:
            one, run = Grouped(groups), Run("grouped")
            for facts in lines(f"grouped:{groups}x{clicks}", SITE, folder, trace, limits, run):
                if "ms" in facts:
                    one.clicks.append(facts["ms"])
                    one.pages.append(facts["page_ms"])
                else:
                    one.optima.append(facts)
            one.note = run.note
            found.append(one)
    return found


def grouped(model: Model, _clicks: list[Click], wanted: str) -> Iterator[dict[str, Any]]:
    """Yield the time of each click of random sessions, and of the cheapest completion early in each."""
    groups, count = map(int, wanted.split("x"))
    compiled, prices, random = compile_rules(model), prices_of(model), Random(groups)
    done = 0
    while done < count:
        choices: dict[str, Value] = {GROUP: groups}
        for _ in range(min(SESSION, count - done)):
            _, spent = timed(lambda asked=dict(choices): compiled.exact(asked))
            _, more = timed(lambda asked=dict(choices): compiled.domains(asked))
            done += 1
            yield {"ms": spent, "page_ms": spent + more}
            if len(choices) == EARLY:
                found, spent = timed(lambda asked=dict(choices): compiled.cheapest(asked, prices, SECONDS))
                yield {"cheapest_ms": spent, "cost": found.cost, "lower": found.lower, "proved": found.proved}
            if not _choose(compiled, choices, random):
                break


def _choose(compiled: Compiled, choices: dict[str, Value], random: Random) -> bool:
    """Choose a possible value at random; False when everything is decided."""
    domains = compiled.exact(choices)
    open_keys = [key for key, values in domains.items() if values[0] != values[-1]]
    if open_keys:
        key = random.choice(open_keys)
        choices[key] = random.choice(domains[key])
    return bool(open_keys)
