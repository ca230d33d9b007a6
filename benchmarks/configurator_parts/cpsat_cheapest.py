"""The cheapest completion by CP-SAT: the bill as objective, one worker."""

from collections.abc import Iterator
from typing import Any

from ortools.sat.python import cp_model

from benchmarks.configurator_parts.bills import priced_clicks, prices_of
from benchmarks.configurator_parts.child import timed
from benchmarks.configurator_parts.cpsat_model import Amount, CpModel
from benchmarks.configurator_parts.sides import Places
from benchmarks.configurator_parts.traces import Click
from portal.configurator.engine.model import Line, Model


class Bill:
    """The model with the cost of every line."""

    def __init__(self, model: Model, prices: dict[str, int]) -> None:
        self.places = Places(model)
        self.built, self.prices = CpModel(self.places), prices
        costs = [self._cost(line) for line in model.lines]
        self.built.model.minimize(sum(cost.expression for cost in costs))

    def _cost(self, line: Line) -> Amount:
        """Return quantity times price; a line that does not apply or counts less than one costs nothing."""
        built = self.built
        quantity = built.amount(line.quantity)
        price = self._price(line)
        counted = Amount(quantity.expression, quantity.low, quantity.high)
        if quantity.low < 0:
            counted = built.extreme("max", counted, Amount(0, 0, 0))
        cost = built.product(counted, price)
        if line.when is None:
            return cost
        applies = built.truth(line.when).true
        due = Amount(built.model.new_int_var(0, cost.high, ""), 0, cost.high)
        built.model.add(due.expression == cost.expression).only_enforce_if(applies)
        built.model.add(due.expression == 0).only_enforce_if(~applies)
        return due

    def _price(self, line: Line) -> Amount:
        if line.product is None:
            price = self.prices[line.sku or ""]
            return Amount(price, price, price)
        place = self.places.index[line.product]
        prices = [self.prices[sku] if sku else 0 for sku in self.places.variables[place].skus]
        return self.built.read(place, prices)


def cheapest(model: Model, clicks: list[Click], seconds: str) -> Iterator[dict[str, Any]]:
    """Minimise after some clicks of the trace."""
    bill = Bill(model, prices_of(model))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = float(seconds)
    proto = bill.built.model.proto
    for click in priced_clicks(clicks):
        fixed = bill.places.fixed(click.choices)
        for place, value in fixed.items():
            domain = proto.variables[bill.built.variables[place].index].domain
            domain[0], domain[1] = value, value
        status, spent = timed(lambda: solver.solve(bill.built.model))
        for place in fixed:
            domain = proto.variables[bill.built.variables[place].index].domain
            domain[0], domain[1] = 0, bill.places.sizes[place] - 1
        known = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        cost, lower = (round(solver.objective_value) if known else None), round(solver.best_objective_bound)
        yield {"ms": spent, "cost": cost, "lower": lower, "proved": status == cp_model.OPTIMAL}
