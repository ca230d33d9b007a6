"""Prices for the question of the cheapest completion, the same for every side."""

from random import Random

from benchmarks.configurator_parts.traces import Click
from portal.configurator.engine.model import Model

ASKED = 12  # completions per model
LATEST = 3  # they start from at most so many choices: what is left is the hard part


def prices_of(model: Model) -> dict[str, int]:
    """Draw a price in minor units for every product that the bill can name."""
    random = Random(7)
    named = {line.sku for line in model.lines} | {sku for variable in model.variables for sku in variable.skus}
    return {sku: random.randrange(5_000, 900_000) for sku in sorted(sku for sku in named if sku)}


def priced_clicks(clicks: list[Click]) -> list[Click]:
    """Return the empty configuration and some early clicks of sessions."""
    early = [click for click in clicks if click.place < LATEST]
    return [Click({}, 0), *early[:: max(1, len(early) // (ASKED - 1))][: ASKED - 1]]
