"""The shipped rules of the surveillance site: worked through, its sessions verified by the second check."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.configurator.engine.results import Impossible
from portal.configurator.engine.solver import Compiled, compile_rules
from portal.configurator.language.answering import all_choices, answers_of
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.trials import example_failures
from portal.configurator.missing import missing_facts
from portal.configurator.needing import needed_facts
from portal.configurator.starting import advice_of
from portal.configurator.verification import VerificationFailed, verify

RULES = Path(__file__).parents[3] / "rules"
CATALOG = RULES / "catalog"
SITE = RULES / "products" / "surveillance-site"
EXAMPLES = [example.key for example in read_ruleset(SITE).examples]
SHORT_OF = "DS-7716NXI-I4/16P/S"
WORKED: dict[str, Any] = {
    "camera_group": 1,
    "camera_group[1].cameras": 16,
    "camera_group[1].location": "indoor",
    "camera_group[1].resolution": "4mp",
    "camera_group[1].codec": "h265",
    "camera_group[1].fps": "25",
    "camera_group[1].scene": "normal",
    "camera_group[1].substream": "512",
    "camera_group[1].poe_class": "3",
    "camera_group[1].cable_m": 60,
    "camera_group[1].power": "recorder",
    "days": 30,
    "hours": 24,
    "activity": "100",
    "convention": "decimal",
    "raid": "raid5",
    "disk": "LQ-HD8",
    "recorders": 1,
    "bandwidth_reserve": 25,
    "poe_reserve": 0,
}
OF_A_GROUP = {
    "A0": "camera", "A1": "cameras", "A2": "form", "A3": "resolution", "A4": "fps", "A5": "codec", "A6": "scene",
    "A7": "substream", "A8": "edition", "A9": "task", "A10": "distance", "A11": "focal", "A12": "sensor_width",
    "A13": "infrared", "A14": "protection", "A15": "impact", "A16": "coldest", "A17": "poe_type", "A18": "poe_class",
    "A19": "mount", "A20": "back_box", "A21": "memory_card", "A22": "cable_m", "A23": "location", "A24": "power",
}  # fmt: skip
OF_THE_SITE = {
    "B1": "days", "B2": "hours", "B3": "activity", "B4": "disk", "B4a": "disks", "B5": "raid", "B6": "hot_spares",
    "B7": "convention", "B8": "bandwidth_reserve", "B9": "recorder", "B10": "recorders", "B11": "redundancy",
    "B12": "licences_owned", "B13": "switch", "B14": "switches", "B15": "switch_budget", "B16": "poe_reserve",
    "B17": "uplink_speed", "B18": "uplink_medium", "B19": "uplink_m", "B20": "transceiver", "B21": "strands",
    "B22": "ups", "B23": "runtime", "B24": "packs", "B25": "load_margin", "B26": "rack", "B27": "rack_height",
    "B28": "rack_weight", "B29": "pdus",
}  # fmt: skip


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return read_ruleset(SITE)


@pytest.fixture(scope="module")
def compiled(rules: RuleSet) -> Compiled:
    return compile_rules(rules)


def test_every_variable_of_the_model_is_asked_or_follows(rules: RuleSet) -> None:
    found = {attribute.key: attribute for attribute in rules.attributes}
    assert all(found[key].group == "camera_group" for key in OF_A_GROUP.values())
    assert all(not found[key].group for key in OF_THE_SITE.values())
    group = rules.repeated[0]
    assert (group.minimum, group.maximum) == (1, 8)


def test_the_simple_view_is_short(rules: RuleSet) -> None:
    asked = [item for item in rules.attributes if item.kind != "derived" and item.view == "simple"]
    assert len(asked) <= 12


@pytest.mark.parametrize("key", EXAMPLES)
def test_example(rules: RuleSet, compiled: Compiled, key: str) -> None:
    example = next(item for item in rules.examples if item.key == key)
    assert example_failures(compiled, example) == []


def test_there_are_examples_enough(rules: RuleSet) -> None:
    assert len(rules.examples) >= 21


def test_sixteen_cameras_in_raid_5(compiled: Compiled) -> None:
    domains = compiled.domains(WORKED)
    assert domains.derived["streams"] == (65_536, 65_536)
    assert domains.derived["bandwidth"] == (92_160, 92_160)
    assert domains.derived["storage"] == (21_233_664, 21_233_664)
    assert domains.derived["recorder_power"] == (246_400, 246_400)
    assert min(domains.values["disks"]) == 4
    assert SHORT_OF not in domains.values["recorder"]
    assert compiled.domains({**WORKED, "disks": 4}).derived["usable"] == (24_000_000, 24_000_000)


def test_the_recorder_is_refused_for_two_separate_reasons(compiled: Compiled) -> None:
    first, second = compiled.reasons(WORKED, "recorder", SHORT_OF)
    assert (first.choices, first.rules) == ((("raid", "raid5"),), ("recorder-raid",))
    assert {key for key, _ in second.choices} == {
        "camera_group[1].cameras", "camera_group[1].poe_class", "camera_group[1].power", "recorders",
    }  # fmt: skip
    assert "recorder-poe" in second.rules
    assert len(compiled.release(WORKED, "recorder", SHORT_OF)) == 2


def test_it_is_offered_again_after_both_repairs(compiled: Compiled) -> None:
    by_switch = {**WORKED, "raid": "none", "camera_group[1].power": "switch"}
    assert compiled.possible(by_switch, "recorder", SHORT_OF)
    fewer = {**WORKED, "raid": "none", "recorder": SHORT_OF}
    del fewer["camera_group[1].cameras"]
    assert max(compiled.domains(fewer).values["camera_group[1].cameras"]) == 12
    assert not compiled.possible({**WORKED, "raid": "none"}, "recorder", SHORT_OF)
    assert not compiled.possible({**WORKED, "camera_group[1].power": "switch"}, "recorder", SHORT_OF)


def test_four_eight_five_six_and_three_twelve_all_fit(compiled: Compiled) -> None:
    open_disk = {**WORKED, "recorder": "LQ-R16S", "camera_group[1].power": "switch"}
    del open_disk["disk"]
    for disk, disks in (("LQ-HD8", 4), ("LQ-HD6", 5), ("LQ-HD12", 3)):
        assert compiled.possible({**open_disk, "disk": disk}, "disks", disks)
        assert not compiled.possible({**open_disk, "disk": disk}, "disks", disks - 1)


@pytest.mark.parametrize("key", ["shop", "school", "warehouse", "own"])
def test_templates_begin_with_a_complete_proposal(rules: RuleSet, compiled: Compiled, key: str) -> None:
    template = next(item for item in rules.templates if item.key == key)
    choices = all_choices(rules, template, answers_of(rules, template))
    assignment = compiled.complete(choices)
    assert choices.items() <= assignment.items()
    verify(rules, assignment, compiled.lines(assignment))


def test_templates_have_eight_sixteen_and_thirty_two_cameras(rules: RuleSet) -> None:
    counts = {item.key: sum(dict(item.start)[key] for key in ("indoor", "outdoor")) for item in rules.templates[:3]}
    assert counts == {"shop": 8, "school": 16, "warehouse": 32}


def test_verification_sees_a_broken_rule(rules: RuleSet, compiled: Compiled) -> None:
    assignment = dict(compiled.complete({"camera_group": 1, "camera_group[1].location": "outdoor"}))
    assignment["camera_group[1].back_box"] = "no"
    with pytest.raises(VerificationFailed) as caught:
        verify(rules, assignment)
    assert "outdoor-back-box" in caught.value.rules


def test_what_nobody_knows_is_never_a_default(rules: RuleSet, compiled: Compiled) -> None:
    unknown = missing_facts(rules)["recorder"]
    assert "draw" in unknown[SHORT_OF]
    assert not compiled.possible({"ups": "LQ-U3000R"}, "recorder", SHORT_OF)
    with pytest.raises(Impossible):
        compiled.complete({"ups": "LQ-U3000R", "recorder": SHORT_OF})


def test_an_engineer_is_needed_where_a_missing_fact_would_be_read(rules: RuleSet, compiled: Compiled) -> None:
    worked = compiled.complete(WORKED)
    assert SHORT_OF in missing_facts(rules)["recorder"]
    assert needed_facts(rules, "recorder", SHORT_OF, worked) == ()
    with_ups = compiled.complete({**WORKED, "ups": "LQ-U3000R"})
    assert "draw" in needed_facts(rules, "recorder", SHORT_OF, with_ups)


def test_advice_never_forbids(rules: RuleSet, compiled: Compiled) -> None:
    assignment = compiled.complete(
        {**WORKED, "disk": "LQ-HD10", "camera_group[1].night": "yes", "camera_group[1].distance": 80}
    )
    assert {"night-reach", "large-raid-five"} <= {item.advice.key for item in advice_of(rules, assignment)}
    small = compiled.complete({**WORKED, "camera_group[1].night": "no"})
    assert advice_of(rules, small) == ()


def rows(name: str) -> list[dict[str, str]]:
    with (CATALOG / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_product_has_a_source_and_prices(rules: RuleSet) -> None:
    names = [
        path.name for path in CATALOG.glob("*.csv") if path.name not in {"prices.csv", "capabilities.csv", "fits.csv"}
    ]
    products = {row["sku"]: row for name in names for row in rows(name)}
    for row in products.values():
        assert row["name_en"]
        assert row["name_zh"]
        assert row["source"]
        assert (row["maker"] == "Lanqiao Vision") == (row["invented"] == "yes")
    prices = {(row["sku"], row["currency"], row["book"]): int(row["amount_minor"]) for row in rows("prices.csv")}
    offered = {value.sku for item in rules.attributes for value in item.values if value.sku}
    billed = {line.sku for line in rules.bill_lines if line.sku}
    for sku in offered | billed:
        assert sku in products
        for currency in ("CNY", "USD"):
            assert prices[sku, currency, "list"] > prices[sku, currency, "silver"] > prices[sku, currency, "gold"] > 0
    assert all(
        date.fromisoformat(row["valid_from"]) < date.fromisoformat(row["valid_to"]) for row in rows("prices.csv")
    )


def test_every_rule_and_setting_names_its_source(rules: RuleSet) -> None:
    assert all(rule.source for rule in rules.rules)
    assert all(accessory.source for accessory in rules.accessories)
    assert all(setting.source for setting in rules.settings)
    assert all(advice.source for advice in rules.advice)
