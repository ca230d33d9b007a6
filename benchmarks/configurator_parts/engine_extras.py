"""What the engine is asked besides domains: to draw the trace, to explain refusals, to find the cheapest completion."""

from collections.abc import Iterator
from random import Random
from typing import Any

from benchmarks.configurator_parts.bills import priced_clicks, prices_of
from benchmarks.configurator_parts.child import timed
from benchmarks.configurator_parts.traces import Click, Step, draw_trace
from portal.configurator.engine.model import Model
from portal.configurator.engine.solver import compile_rules

PER_CLICK = 2  # refused values explained after one click


def draw(model: Model, clicks: int, seed: str) -> list[list[Step]]:
    """Draw the trace that every side gets."""
    return draw_trace(compile_rules(model), clicks, seed)


def explain(model: Model, clicks: list[Click], wanted: str) -> Iterator[dict[str, Any]]:
    """Explain values that are refused after clicks of the trace, spread over it; `wanted` is how many."""
    compiled, random = compile_rules(model), Random(1)
    every = max(1, len(clicks) * PER_CLICK // int(wanted))
    for click in clicks[::every]:
        domains = compiled.exact(click.choices)
        refused = [
            (variable.key, value)
            for variable in model.variables
            if variable.kind != "fact" and variable.key not in click.choices
            for value in variable.values
            if value not in domains[variable.key]
        ]
        for key, value in random.sample(refused, min(PER_CLICK, len(refused))):
            found, spent = timed(lambda asked=(click.choices, key, value): compiled.explain(*asked))
            yield {"ms": spent, "choices": len(found.choices), "rules": len(found.rules)}


def cheapest(model: Model, clicks: list[Click], seconds: str) -> Iterator[dict[str, Any]]:
    """Find the cheapest completion after some clicks of the trace."""
    compiled, prices = compile_rules(model), prices_of(model)
    compiled.exact({})
    for click in priced_clicks(clicks):
        found, spent = timed(lambda choices=click.choices: compiled.cheapest(choices, prices, float(seconds)))
        yield {"ms": spent, "cost": found.cost, "lower": found.lower, "proved": found.proved}
