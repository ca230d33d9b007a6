"""The shipped rules of the video site: checked, worked through, and compared with the second check."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.configurator.engine.results import Domains, Impossible
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.language.checking import check
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.verification import build, verify
from tests.factories.rules import VIDEO_SITE

CATALOG = Path(__file__).parents[3] / "rules" / "catalog"
WORKED: dict[str, Any] = {
    "cameras": 16,
    "location": "indoor",
    "resolution": "4mp",
    "codec": "h265",
    "fps": "25",
    "scene": "normal",
    "substream": "512",
    "cable_m": 60,
    "link": "copper",
    "days": 30,
    "power": "recorder",
    "recorders": 1,
    "raid": "raid5",
    "disk": "LQ-HD8",
}
SHORT_OF = "DS-7716NXI-I4/16P/S"


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return read_ruleset(VIDEO_SITE)


@pytest.fixture(scope="module")
def compiled(rules: RuleSet) -> Compiled:
    return compile_rules(rules)


def test_the_rules_pass_their_checks(rules: RuleSet) -> None:
    assert check(rules) == ()
    assert len(rules.examples) >= 8


def test_sixteen_cameras_in_raid_5(compiled: Compiled) -> None:
    domains = compiled.domains(WORKED)
    assert domains.derived["streams"] == (65_536, 65_536)
    assert domains.derived["bandwidth"] == (92_160, 92_160)
    assert domains.derived["storage"] == (21_233_664, 21_233_664)
    assert domains.values["disks"] == (4,)
    assert domains.derived["usable"] == (24_000_000, 24_000_000)
    assert domains.derived["poe_need"] == (246_400, 246_400)
    assert SHORT_OF not in domains.values["recorder"]


def test_the_recorder_is_refused_for_two_separate_reasons(compiled: Compiled) -> None:
    first, second = compiled.reasons(WORKED, "recorder", SHORT_OF)
    assert (first.choices, first.rules) == ((("raid", "raid5"),), ("recorder-raid",))
    assert {key for key, _ in second.choices} == {"cameras", "resolution", "power", "recorders"}
    assert "recorder-poe" in second.rules
    assert len(compiled.release(WORKED, "recorder", SHORT_OF)) == 2


def test_it_is_offered_again_without_raid_and_with_a_switch(compiled: Compiled) -> None:
    repaired = {**WORKED, "raid": "none", "power": "switch"}
    assert SHORT_OF in compiled.domains(repaired).values["recorder"]
    fewer = {**WORKED, "raid": "none", "recorder": SHORT_OF}
    del fewer["cameras"]
    assert max(compiled.domains(fewer).values["cameras"]) == 12


def test_four_eight_five_six_and_three_twelve_all_fit(compiled: Compiled) -> None:
    open_disk = {**WORKED, "power": "switch", "recorder": "LQ-R32"}
    del open_disk["disk"]
    for disk, disks in (("LQ-HD8", 4), ("LQ-HD6", 5), ("LQ-HD12", 3)):
        assert min(compiled.domains({**open_disk, "disk": disk}).values["disks"]) == disks


def clicks(rules: RuleSet, compiled: Compiled, seed: int) -> Iterator[tuple[dict[str, Any], Domains]]:
    """Yield choices and domains of one person clicking through in random order."""
    chance = random.Random(seed)
    keys = [attribute.key for attribute in rules.attributes if attribute.kind != "derived"]
    chance.shuffle(keys)
    choices: dict[str, Any] = {}
    for key in keys:
        domains = compiled.domains(choices)
        value = chance.choice(domains.values[key]) if key in domains.values else domains.range[key][1]
        choices[key] = value
        yield dict(choices), compiled.domains(choices)


@pytest.mark.parametrize("seed", range(4))
def test_no_click_leads_into_a_dead_end(rules: RuleSet, compiled: Compiled, seed: int) -> None:
    for choices, _ in clicks(rules, compiled, seed):
        assignment = compiled.complete(choices)
        assert choices.items() <= assignment.items()
        verify(rules, assignment, compiled.lines(assignment))
    assert len(choices) == len([a for a in rules.attributes if a.kind != "derived"])


@pytest.mark.parametrize("seed", range(2))
def test_late_domains_equal_enumeration(rules: RuleSet, compiled: Compiled, seed: int) -> None:
    """With all but three answers given, python-constraint2 lists every solution that is left."""
    steps = list(clicks(rules, compiled, seed + 50))
    choices = dict(steps[-1][0])
    chance = random.Random(seed)
    for key in chance.sample(sorted(choices), 3):
        del choices[key]
    domains = compiled.domains(choices)
    found = build(rules, choices).getSolutions()
    for key in [key for key in domains.values if key not in choices]:
        assert {each[key] for each in found} == set(domains.values[key])


def test_answers_do_not_depend_on_history_or_thread(rules: RuleSet, compiled: Compiled) -> None:
    traces = [step for seed in (70, 71) for step in clicks(rules, compiled, seed)][::5]
    fresh = compile_rules(rules)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda step: fresh.domains(step[0]), reversed(traces)))
    assert answers == [domains for _, domains in reversed(traces)]
    assert compiled.complete(WORKED) == fresh.complete(WORKED)


def test_completion_takes_the_cheapest_by_the_prices_given(compiled: Compiled) -> None:
    indoor = {"location": "indoor", "resolution": "4mp"}
    assert compiled.complete(indoor, {"LQ-D4-I": 900, "LQ-T4-O": 100, "DS-2CD2143G2-I": 500})["camera"] == "LQ-T4-O"
    assert compiled.complete(indoor, {"LQ-D4-I": 100, "LQ-T4-O": 900, "DS-2CD2143G2-I": 500})["camera"] == "LQ-D4-I"


def test_what_is_added_outdoors_says_why(rules: RuleSet, compiled: Compiled) -> None:
    assignment = compiled.complete({"location": "outdoor", "cameras": 5, "cable_m": 150, "central": "yes"})
    bill = compiled.lines(assignment)
    verify(rules, assignment, bill)
    added = {line.sku: line.quantity for line in bill if rules.because_of(line.rule) is not None}
    assert added == {"LQ-EXT": 5, "LQ-MOUNT": 5, "LQ-BOX": 5, "LQ-SPD": 5, "LQ-PATCH": 10, "LQ-LIC": 5}


def test_unknown_keys_and_values_are_errors(compiled: Compiled) -> None:
    for choices in ({"nothing": 1}, {"cameras": 65}, {"cameras": "16"}, {"cameras": True}, {"location": "moon"}):
        with pytest.raises(KeyError):
            compiled.domains(choices)
    with pytest.raises(ValueError, match="possible"):
        compiled.explain({}, "cameras", 16)
    with pytest.raises(Impossible) as caught:
        compiled.domains({"location": "outdoor", "camera": "LQ-D4-I"})
    assert caught.value.explanation.rules == ("outdoor-rating",)


def rows(name: str) -> list[dict[str, str]]:
    with (CATALOG / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_product_says_where_it_comes_from_and_has_prices(rules: RuleSet) -> None:
    files = ("cameras.csv", "recorders.csv", "disks.csv", "switches.csv", "accessories.csv")
    products = {row["sku"]: row for name in files for row in rows(name)}
    assert len(products) >= 40
    for row in products.values():
        assert row["name_en"]
        assert row["name_zh"]
        assert row["source"]
        assert row["confirmed"] in {"yes", "no"}
        assert (row["maker"] == "Lanqiao Vision") == (row["invented"] == "yes")
        assert not (row["invented"] == "yes" and row["confirmed"] == "yes")
    prices = {(row["sku"], row["currency"], row["book"]): int(row["amount_minor"]) for row in rows("prices.csv")}
    for sku in products:
        for currency in ("CNY", "USD"):
            assert prices[sku, currency, "list"] > prices[sku, currency, "silver"] > prices[sku, currency, "gold"] > 0
    assert {row["note"] for row in rows("prices.csv")} == {"invented price for demonstration"}
    assert all(
        date.fromisoformat(row["valid_from"]) < date.fromisoformat(row["valid_to"]) for row in rows("prices.csv")
    )
    for line in rules.bill_lines:
        assert not line.sku or line.sku in products


def test_every_rule_and_setting_names_its_source(rules: RuleSet) -> None:
    assert all(rule.source for rule in rules.rules)
    assert all(accessory.source for accessory in rules.accessories)
    assert all(setting.source for setting in rules.settings)
