"""The engine of the configurator beside its peers: the exact set of still possible values of every variable, per click.

    python benchmarks/configurator.py                     everything, about an hour
    python benchmarks/configurator.py --model printer     one model
    python benchmarks/configurator.py --quick             a smoke run of a few seconds

One click is what it takes from the choices made so far to the finished answer: for every variable the values that
still lead to a full configuration, a chosen one having just its value, as a mapping from names to tuples of values.
Every side answers the same clicks (random sessions with some choices taken back or replaced) in a process of its own;
the time is CPU time of that process. Set-up is what it takes until the first answer, with nothing chosen. A side that
needs longer than the cap for one click is stopped, and so is one that has used up its time for a model; the percentiles
then cover the clicks it finished, and the engine is compared with it on just those. All answers are compared.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # called as a file: the project is the folder above
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks import common
from benchmarks.common import Goal, percentile
from benchmarks.configurator_parts import goals, grouped
from benchmarks.configurator_parts.comparing import SIDES, Compared, Plan, compare, sides_here
from benchmarks.configurator_parts.models import Source, folder_of, size_of, source, sources
from benchmarks.configurator_parts.running import Limits, Run

QUICK_MODELS = ("printer", "berkeleydb", "video-site")
WHAT_SIDES_DO = """What each side does
  engine                    the portal's own; one compiled model, exact(choices)
  plain SAT                 one long-lived MiniSat 2.2 with all rules; choices as assumptions, one solve, then one per
                            value still unproven; values of every model found in the click count as proven; nothing is
                            kept between clicks but what the solver learned. Tables: one literal per tuple. Arithmetic:
                            sums by binary adders over tabulated parts; "-" where a rule is of another shape
  each click alone          python-constraint2 as below, but a solution proves values of its own click only
  python-constraint2        the rules propagated once, choices put in, witnesses kept between clicks, last solution
                            tried first, one getSolution per unproven value; the best of three solvers of the library
    split                   and rules that share no open variable as problems of their own
    split and propagated    and every choice propagated by our own code before the library searches
  CP-SAT                    one worker, model built once, choices as bounds, witnesses and refusals kept between
                            clicks, one solve per unproven value with the last solution as hint; the better of with
                            and without presolve
  "> … s" means that one answer took longer than the cap; n is the number of clicks that were finished."""
HEADINGS = ("p50 ms", "p95 ms", "max ms", "first ms", "set-up s", "MB", "n", "p50 ratio", "p95 ratio", "differ")


def row(one: Compared, side: str) -> list[object]:
    """Return one line of the table."""
    run = one.runs[side]
    late = run.note if run.capped else ""
    without = late or ("-" if run.note else "")  # what stands where no click was finished
    p50, p95, most = (f"{time:.3f}" if time is not None else without for time in map(run.share, (0.5, 0.95, 1.0)))
    first = f"{run.clicks[0]:.3f}" if run.clicks else without
    setup = f"{run.setup_ms / 1000:.3f}" if run.setup_ms is not None else without
    ratios = [one.ratio(side, share) if side != "engine" else None for share in (0.5, 0.95)]
    times = [f"{ratio:,.1f}" if ratio is not None else "" for ratio in ratios]
    memory = f"{run.memory_mb:.1f}" if run.setup_ms is not None else ""
    differ = one.differing[side] if one.compared.get(side) else ""
    return [f"  {side}", p50, p95, late or most, first, setup, memory, len(run.clicks), *times, differ]


def show(one: Compared) -> None:
    """Print the table of one model."""
    variables, values, rules = one.size
    print(f"\n{one.source.name}: {variables:,} variables, {values:,} values, {rules:,} rules", end="")
    print(f"; {sum(one.trace)} clicks in {len(one.trace)} sessions" if one.trace else f"; {one.note}")
    if one.runs:
        print(common.table((f"  {one.source.origin}", *HEADINGS), [row(one, side) for side in one.runs]))
    for side, run in one.runs.items():
        if run.note and not run.capped:
            print(f"  {side}: {run.note}")
    if one.explanations:
        p50, p95 = (percentile(one.explanations, share) for share in (0.5, 0.95))
        print(f"  explanation: p50 {p50:.2f}, p95 {p95:.2f} ms of {len(one.explanations)} refused values")
    for side, optima in one.optima.items():
        proved = [each for each in optima if each["proved"]]
        spent = sum(each["ms"] for each in optima)
        print(f"  cheapest, {side}: {len(proved)} of {len(optima)} proved, {spent:.0f} ms together")
    for what, note in one.notes.items():
        if note:
            print(f"  {what}: {note}")
    sys.stdout.flush()


def facts_of(one: Compared) -> dict[str, Any]:
    """Return what goes into the JSON file."""
    return {
        "model": one.source.name,
        "origin": one.source.origin,
        "variables": one.size[0],
        "values": one.size[1],
        "rules": one.size[2],
        "sessions": one.trace,
        "note": one.note,
        "sides": {side: _side_facts(one, side, run) for side, run in one.runs.items()},
        "explanations_ms": [round(spent, 3) for spent in one.explanations],
        "cheapest": one.optima,
        "notes": one.notes,
    }


def _side_facts(one: Compared, side: str, run: Run) -> dict[str, Any]:
    return {
        "task": run.task,
        "note": run.note,
        "clicks": len(run.clicks),
        **{f"p{share * 100:.0f}_ms": run.share(share) for share in (0.5, 0.95, 1.0)},
        "first_ms": run.clicks[0] if run.clicks else None,
        "compile_ms": run.compile_ms,
        "first_domains_ms": run.root_ms,
        "memory_mb": round(run.memory_mb, 2),
        "ratio_p50": one.ratio(side, 0.5),
        "ratio_p95": one.ratio(side),
        "differing": one.differing.get(side),
        "compared": one.compared.get(side),
    }


def chosen(options: argparse.Namespace, folder: Path) -> list[Source]:
    """Return the models to measure."""
    if options.model:
        return [source(name, folder) for name in options.model]
    every = sources(folder)
    return [one for one in every if one.name in QUICK_MODELS] if options.quick else every


def plan_of(options: argparse.Namespace) -> Plan:
    """Return how much is measured."""
    sides = tuple(side for side in SIDES if not options.side or side in options.side or side == "engine")
    clicks = options.clicks or (20 if options.quick else 300)
    budget = options.budget_seconds or (5.0 if options.quick else 120.0)
    limits = Limits(options.cap_seconds, budget)
    if options.quick:
        return Plan(clicks, 1, limits, 10, 0.5, sides)
    return Plan(clicks, 3, limits, 100, 20.0, sides)


def run(options: argparse.Namespace) -> list[Goal | goals.Missing]:
    """Measure everything that is asked for, print it and write it down."""
    folder, plan = folder_of(options.models), plan_of(options)
    picked = chosen(options, folder)
    if not any(one.origin == "public" for one in picked):
        print("no public models: name their folder by --models or PORTAL_BENCH_MODELS; measured are the others only")
    if "CP-SAT" not in sides_here(plan):
        print("CP-SAT is left out: pip install '.[bench]' brings OR-Tools")
    print(WHAT_SIDES_DO)
    found = []
    for one in picked:
        found.append(compare(one, folder, plan, size_of(one.load())))
        show(found[-1])
    groups = _groups(picked, folder, plan)
    reached = goals.goals_of(found, groups)
    print("\nGoals (ratios of p95 CPU time per click on the same clicks)")
    for goal in reached:
        print(goal)
    facts = {"cap_seconds": plan.limits.cap, "budget_seconds": plan.limits.budget, "clicks": plan.clicks}
    measured = [goal for goal in reached if isinstance(goal, Goal)]
    missing = [{"name": goal.name, "why": goal.why} for goal in reached if isinstance(goal, goals.Missing)]
    models = [facts_of(one) for one in found]
    name = "configurator-quick" if options.quick else "configurator"
    content = {**facts, "models": models, "groups": groups, "goals": measured, "not_measured": missing}
    print(f"\nwritten: {common.write_json(name, content, options.results)}")
    return reached


def _groups(picked: list[Source], folder: Path, plan: Plan) -> list[grouped.Grouped]:
    """Measure the site with several numbers of groups, where it is among the models."""
    if not any(one.name == grouped.SITE for one in picked):
        return []
    print(f"\n{grouped.SITE} by camera groups: CPU time of a click (exact), in brackets of all that a page shows")
    found = grouped.measured(folder, plan.clicks, plan.limits)
    for one in found:
        print(one)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Entry point; fails when domains differ, and on another missed goal only with --strict."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--model", action="append", help="only this model; may be given again")
    parser.add_argument("--models", type=Path, help="folder of DIMACS files")
    parser.add_argument("--side", action="append", choices=list(SIDES), help="only this peer; may be given again")
    parser.add_argument("--clicks", type=int, help="clicks per model, 300 without it")
    parser.add_argument("--cap-seconds", type=float, default=60.0, help="longest answer, CPU seconds")
    parser.add_argument("--budget-seconds", type=float, help="CPU seconds of one side on one model, 120 without it")
    parser.add_argument("--quick", action="store_true", help="three small models and few clicks")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is not met")
    parser.add_argument("--results", type=Path, default=common.RESULTS, help="folder of the JSON file")
    options = parser.parse_args(arguments)
    try:
        reached = run(options)
    except LookupError as error:
        parser.error(str(error.args[0]))
    missed = [goal for goal in reached if isinstance(goal, Goal) and not goal.met]
    differ = any(goal.name.startswith("differing") for goal in missed)
    return 1 if differ or (options.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
