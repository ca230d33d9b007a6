"""Sessions of clicks as people make them, drawn from a seed: the same for every side.

A click chooses a random value, out of those still possible, for a random variable that is neither chosen nor implied.
One click in twelve takes a choice back and one in twelve replaces its value. A session ends when everything is decided
or after 40 clicks; then the next begins with nothing chosen.
"""

from dataclasses import dataclass
from random import Random

from benchmarks.configurator_parts.sides import Choices
from portal.configurator.engine.model import Value, Variable
from portal.configurator.engine.solver import Compiled

SESSION = 40
SELDOM = 12  # one click in so many takes back, one replaces

Variables = dict[str, Variable]
Step = tuple[str, Value | None]
"""A variable and its new value; None takes the choice back."""


@dataclass(frozen=True)
class Click:
    """All choices after a click, and where in its session it is (0 is the first)."""

    choices: Choices
    place: int


def draw_trace(compiled: Compiled, clicks: int, seed: str) -> list[list[Step]]:
    """Draw sessions until there are enough clicks."""
    random, sessions, count = Random(seed), list[list[Step]](), 0
    variables = {variable.key: variable for variable in compiled.model.variables}
    while count < clicks:
        session = _session(compiled, variables, min(SESSION, clicks - count), random)
        if not session:
            raise ValueError("the rules leave nothing to choose")
        sessions.append(session)
        count += len(session)
    return sessions


def _session(compiled: Compiled, variables: Variables, clicks: int, random: Random) -> list[Step]:
    steps: list[Step] = []
    choices: dict[str, Value] = {}
    while len(steps) < clicks:
        step = _step(compiled, variables, choices, random)
        if step is None:
            break
        key, value = step
        if value is None:
            del choices[key]
        else:
            choices[key] = value
        steps.append(step)
    return steps


def _step(compiled: Compiled, variables: Variables, choices: dict[str, Value], random: Random) -> Step | None:
    """Draw the next step; None when everything is decided."""
    domains = compiled.exact(choices)
    open_keys = [key for key, values in domains.items() if len(values) > 1 and values[0] != values[-1]]
    if not open_keys:
        return None
    draw = random.randrange(SELDOM)
    if choices and draw == 0:
        return random.choice(list(choices)), None
    if choices and draw == 1:
        key = random.choice(list(choices))
        others = [value for value in variables[key].values if value != choices[key]]
        value = random.choice(others) if others else choices[key]
        if compiled.possible(choices, key, value):
            return key, value
    key = random.choice(open_keys)
    return key, _value(compiled, variables[key], choices, domains[key], random)


def _value(
    compiled: Compiled, variable: Variable, choices: Choices, possible: tuple[Value, ...], random: Random
) -> Value:
    """Draw a possible value; of a fact, between its ends, the least when the drawn one is not possible."""
    first, last = possible[0], possible[-1]
    if variable.kind == "fact" and isinstance(first, int) and isinstance(last, int):
        inside = [value for value in variable.values if isinstance(value, int) and first <= value <= last]
        value = random.choice(inside)
        return value if compiled.possible(choices, variable.key, value) else first
    return random.choice(possible)


def clicks_of(sessions: list[list[Step]]) -> list[Click]:
    """Return the choices after every click."""
    found = []
    for session in sessions:
        choices: dict[str, Value] = {}
        for place, (key, value) in enumerate(session):
            choices = {name: kept for name, kept in choices.items() if name != key}
            if value is not None:
                choices[key] = value
            found.append(Click(choices, place))
    return found
