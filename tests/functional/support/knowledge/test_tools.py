"""Calculators: the answers are those of the published rules; nonsense is said at its field."""

from pathlib import Path

import pytest
from flask import Flask

from portal.config import shipped
from portal.configurator.language.reader import read_ruleset
from portal.configurator.publishing import publish
from portal.db import Database
from portal.policy import SYSTEM
from portal.support.knowledge import calculating
from portal.support.knowledge.calculating import RULES, Reckoner
from tests.factories.registrations import today_of
from tests.factories.world import World


@pytest.fixture(scope="module")
def plain() -> Reckoner:
    """The expressions of the shipped rules."""
    return Reckoner(read_ruleset(shipped("rules") / "products" / RULES), given=("imagers", "load"))


def test_the_numbers_are_those_of_the_rules(plain: Reckoner) -> None:
    found = calculating.storage(plain, cameras=16, resolution="4mp", codec="h265", fps="25", days=30)
    assert (found.megabytes, found.stream) == (21_233_664, 65_536)  # an example of the rules
    few = calculating.poe(plain, switch="LQ-S16", cameras=[("LQ-D4-I", 12)])
    many = calculating.poe(plain, switch="LQ-S16", cameras=[("LQ-D4-I", 12), ("LQ-B5-O", 4)])
    assert (few.enough, many.enough, many.budget) == (True, False, 250_000)
    assert many.used > many.budget > few.used
    light, heavy = (calculating.runtime(plain, ups="LQ-U1500R", packs=0, watts=watts) for watts in (150, 300))
    assert light.minutes == pytest.approx(2 * heavy.minutes, abs=2)
    assert calculating.runtime(plain, ups="LQ-U1500R", packs=1, watts=300).minutes > heavy.minutes
    assert calculating.runtime(plain, ups="LQ-U1500R", packs=0, watts=5_000).overloaded


def test_pages_answer_and_refuse(app: Flask, world: World, database: Database) -> None:
    client = world.client(app, "hospital.customer")
    assert "No rules are published yet" in client.get("/tools/storage").text
    assert Path(shipped("rules")).is_dir()
    with database.writing(SYSTEM) as session:
        ruleset = read_ruleset(shipped("rules") / "products" / RULES)
        publish(session, ruleset, effective_on=today_of(world), now=world.now, found=())
    assert "21.2 TB" in client.get("/tools/storage").text
    asked = {"switch": "LQ-S16", "camera": "LQ-D4-I", "cameras": "12", "camera_two": "LQ-B5-O", "cameras_two": "4"}
    assert "The budget is not enough." in client.get("/tools/poe", query_string=asked).text
    first = client.get("/tools/runtime").text  # the usual answers have an answer: no UPS without one is offered
    assert "The rules know no number" not in first
    assert "minutes" in first
    assert "SMC1500I" not in first
    assert "minutes" in client.get("/tools/runtime?ups=LQ-U1500R&packs=0&watts=300").text
    for nonsense in ("cameras=-1", "cameras=1e9", "resolution=9mp", "cameras=%00"):
        answer = client.get(f"/tools/storage?{nonsense}")
        assert answer.status_code == 422, nonsense
