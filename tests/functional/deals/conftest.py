"""Deals of a small world, and the people who make them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories.deals import Deals
from tests.factories.stock import stocked_seed as seed  # noqa: F401 - what every test here begins from
from tests.factories.world import World


@pytest.fixture
def deals(world: World) -> Deals:
    return Deals.open(world)


@pytest.fixture
def seller(app: Flask, world: World) -> FlaskClient:
    return world.client(app, "north.sales")
