"""One click costs one completion: whatever else shows the same configuration takes the one that is there."""

from collections import OrderedDict
from typing import Any

import pytest
from flask import Flask

from portal.configurator import engines
from portal.configurator.engine.solver import Compiled
from tests.factories.deals import Deals
from tests.factories.world import World


@pytest.fixture
def completions(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the engine was asked to complete, from nothing remembered on."""
    asked: list[dict[str, Any]] = []
    complete = Compiled.complete

    def counted(self: Compiled, choices: Any, *rest: Any) -> Any:
        asked.append(dict(choices))
        return complete(self, choices, *rest)

    monkeypatch.setattr(Compiled, "complete", counted)
    monkeypatch.setattr(engines, "_proposals", OrderedDict())
    return asked


def test_pages_of_one_configuration_share_its_completion(
    app: Flask, world: World, completions: list[dict[str, Any]]
) -> None:
    deals = Deals.open(world)
    draft = deals.configure("north.sales")
    seller = world.client(app, "north.sales")
    completions.clear()
    home = f"/configurations/{draft}"
    for path in (
        home,
        f"{home}?view=full",
        f"{home}/finish?goal=fewest",
        f"/configurations/compare?a={draft}&b={draft}",
    ):
        assert seller.get(path).status_code == 200, path
        assert len(completions) == 1, path
    assert seller.post(f"/quotes/from/{draft}").status_code == 303
    assert seller.post(f"/quotes/from/{draft}").status_code == 303
    assert len(completions) == 1


def test_a_click_costs_one(app: Flask, world: World, completions: list[dict[str, Any]]) -> None:
    draft = Deals.open(world).configure("north.sales")
    seller = world.client(app, "north.sales")
    completions.clear()
    click = {"key": "days", "value": "20", "version": "1"}
    answer = seller.post(f"/configurations/{draft}/choices", data=click, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert len(completions) == 1
