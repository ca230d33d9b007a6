"""Replay clicks on a compiled model and tell after each what is still possible: the engine seen from outside.

A trace is JSON: a list of sessions, each a list of `[variable, value]`. Choosing a variable again replaces its value.
A click that the rules refuse leaves everything as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time_ns
from typing import Any

from portal.configurator.engine.model import Model, Value, Variable
from portal.configurator.engine.results import Explanation, Impossible
from portal.configurator.engine.solver import Compiled
from portal.configurator.modelfiles import Loaded

SIZE_LIMIT = 64 * 1024 * 1024
WORDS = {"true": True, "false": False}

Click = tuple[str, Value]


class TraceError(ValueError):
    """A trace that cannot be replayed; the text names session and click, counted from 0."""


@dataclass(frozen=True)
class Spelling:
    """How values of a model are written in JSON: `booleans` writes the words true and false as JSON's own."""

    variables: Mapping[str, Variable]
    booleans: bool

    @classmethod
    def of(cls, loaded: Loaded) -> Spelling:
        """Return the spelling of a loaded model."""
        return cls({variable.key: variable for variable in loaded.model.variables}, loaded.booleans)

    def value(self, key: str, written: object) -> Value:
        """Return the value of a variable that JSON means; KeyError for the variable, ValueError for the value."""
        variable = self.variables[key]
        value: object = written
        if isinstance(written, bool):
            value = "true" if written else "false"
        elif variable.kind == "choice" and isinstance(written, int):
            value = str(written)
        if not isinstance(value, (str, int)) or value not in variable.values:
            raise ValueError(key)
        return value

    def written(self, value: Value) -> Value:
        """Return what JSON says for a value."""
        return WORDS.get(value, value) if self.booleans and isinstance(value, str) else value


def read_trace(path: Path, spelling: Spelling) -> list[list[Click]]:
    """Read a trace file and check all of it against the model before anything is replayed."""
    with path.open("rb") as stream:
        data = stream.read(SIZE_LIMIT + 1)
    if len(data) > SIZE_LIMIT:
        raise TraceError(f"the trace is larger than {SIZE_LIMIT // 1024 // 1024} MB")
    try:
        found = json.loads(data)
    except json.JSONDecodeError as error:
        raise TraceError(f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise TraceError("not JSON") from None
    return check_trace(found, spelling)


def check_trace(found: object, spelling: Spelling) -> list[list[Click]]:
    """Turn JSON into sessions of clicks; TraceError for another shape and for what the model does not know."""
    if not isinstance(found, list):
        raise TraceError("a list of sessions is expected")
    sessions: list[list[Click]] = []
    for place, session in enumerate(found):
        if not isinstance(session, list):
            raise TraceError(f"session {place}: a list of [variable, value] is expected")
        sessions.append([_click(click, f"session {place}, click {at}", spelling) for at, click in enumerate(session)])
    return sessions


def _click(click: object, where: str, spelling: Spelling) -> Click:
    if not isinstance(click, list) or len(click) != 2 or isinstance(click[0], bool):
        raise TraceError(f"{where}: [variable, value] is expected")
    key, written = click
    name = str(key) if isinstance(key, int) else key
    if not isinstance(name, str):
        raise TraceError(f"{where}: [variable, value] is expected")
    try:
        return name, spelling.value(name, written)
    except KeyError:
        raise TraceError(f"{where}: the model has no variable {json.dumps(name)[:80]}") from None
    except ValueError:
        raise TraceError(f"{where}: {name} has no value {json.dumps(written)[:80]}") from None


def answers(loaded: Loaded, compiled: Compiled, sessions: Sequence[Sequence[Click]]) -> Iterator[dict[str, Any]]:
    """Yield one answer per click: what is still possible, or why the click was refused."""
    spelling = Spelling.of(loaded)
    for session, clicks in enumerate(sessions):
        choices: dict[str, Value] = {}
        for place, (key, value) in enumerate(clicks):
            head = {"session": session, "click": place}
            wished = {**choices, key: value}
            started = process_time_ns()
            try:
                exact = compiled.exact(wished)
            except Impossible as refusal:
                yield {**head, "refused": True, "because": reasons(refusal.explanation, loaded, (key, value))}
                continue
            spent = process_time_ns() - started
            choices = wished
            yield {**head, "ms": round(spent / 1e6, 3), **_possible(loaded.model, exact, spelling)}


def _possible(model: Model, exact: Mapping[str, tuple[Value, ...]], spelling: Spelling) -> dict[str, Any]:
    """Write exact domains: values of choices and quantities, least and greatest of site facts when there are any."""
    domains: dict[str, list[Value]] = {}
    ranges: dict[str, list[Value]] = {}
    for variable in model.variables:
        if variable.kind == "fact":
            ranges[variable.key] = list(exact[variable.key])
        else:
            domains[variable.key] = [spelling.written(value) for value in exact[variable.key]]
    return {"domains": domains, "ranges": ranges} if ranges else {"domains": domains}


def reasons(explanation: Explanation, loaded: Loaded, wish: Click | None = None) -> list[dict[str, Any]]:
    """Write a minimal reason: the earlier choices and the rules that together exclude a wish."""
    spelling = Spelling.of(loaded)
    chosen: list[dict[str, Any]] = [
        {"variable": key, "value": spelling.written(value)}
        for key, value in explanation.choices
        if (key, value) != wish
    ]
    rules = ({"rule": key, "text": loaded.sentences.get(key)} for key in explanation.rules)
    return chosen + [{name: text for name, text in rule.items() if text} for rule in rules]
