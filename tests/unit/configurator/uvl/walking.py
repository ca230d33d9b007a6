"""Every configuration of a compiled model, by choosing one variable after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from portal.configurator.engine.model import Model
from portal.configurator.engine.results import Impossible
from portal.configurator.engine.solver import compile_rules
from portal.configurator.uvl.importing import Imported


def walk(model: Model) -> list[dict[str, Any]]:
    """Return all configurations; no choice on the way may end in nothing."""
    compiled = compile_rules(model)
    keys = [variable.key for variable in model.variables]

    def below(place: int, choices: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if place == len(keys):
            yield dict(choices)
            return
        key = keys[place]
        for value in compiled.domains(choices).values[key]:
            yield from below(place + 1, {**choices, key: value})

    try:
        return list(below(0, {}))
    except Impossible as impossible:
        if impossible.explanation.choices:
            raise
        return []


def selected(imported: Imported, configuration: dict[str, Any]) -> dict[str, Any]:
    """Return the selected places with their values, as the plain enumeration writes them."""
    found: dict[str, Any] = {}
    for place in imported.places:
        if place.switch is None or configuration[place.switch] == "true":
            found[place.key] = configuration[place.value_key] if place.typed else True
    return found


def frozen(configurations: list[dict[str, Any]]) -> list[tuple[tuple[str, Any], ...]]:
    """Return configurations in an order of their own, ready to compare."""
    return sorted(tuple(sorted(each.items(), key=str)) for each in configurations)
