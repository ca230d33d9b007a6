"""What becomes of every oddity that device-type files are known for, on the made library."""

from functools import cache
from pathlib import Path

import pytest

from portal.catalog.devicetypes.facts import Fact
from portal.catalog.devicetypes.library import TypeRead, read_library
from portal.catalog.devicetypes.origin import Origin
from portal.catalog.devicetypes.report import report_of
from portal.catalog.devicetypes.traps import TRAPS
from tests.factories.libraries import SMALL, SWITCH, library_of, real_library

CAUGHT = {
    "poe-budget-missing": 5, "poe-budget-text": 3, "poe-sum-above-draw": 2, "poe-type-unknown": 1,
    "poe-mode-unknown": 1, "poe-passive": 1, "weight-missing": 17, "weight-unit-unknown": 2, "weight-kg": 7,
    "weight-g": 3, "weight-lb": 3, "weight-oz": 2, "height-zero": 6, "height-half": 1, "height-decimal": 1,
    "height-missing": 1, "depth-missing": 1, "power-ports-several": 4, "power-none": 13, "power-draw-missing": 3,
    "ups-rating-text": 1, "ups-rating-missing": 1, "slug-missing": 9, "slug-twice": 2, "suffix-yml": 3,
    "name-special": 3, "folder-differs": 1, "part-number-list": 1, "text-markup": 1, "text-link": 1, "text-cr": 1,
    "duplicate": 2, "component-twice": 1, "depth-suspicious": 1, "draw-suspicious": 1, "load-rating-text": 1,
    "key-unknown": 1,
}  # fmt: skip


@cache
def small() -> dict[str, TypeRead]:
    return {entry.document.path.split("/", 2)[2]: entry for entry in read_library(SMALL).types}


def facts(name: str) -> dict[str, Fact]:
    return {fact.key: fact for fact in small()[name].facts}


def values(name: str) -> dict[str, str]:
    return {key: f"{fact.value} {fact.unit}".strip() for key, fact in facts(name).items()}


def test_every_trap_is_counted() -> None:
    report = report_of(read_library(SMALL), Origin("small"), {})
    assert {code: len(files) for code, files in report.caught.items()} == CAUGHT
    assert TRAPS.keys() - report.caught.keys() == {"text-long", "poe-type-new", "end-missing"}
    assert {trap.number for trap in TRAPS.values()} == set(range(1, 12))  # the twelfth: nothing is sold


def test_a_poe_budget_is_never_computed_nor_read_from_text() -> None:
    for name in ("NW-S24P.yml", "NW-S48P.yaml", "BC-16.yaml"):
        hint = facts(name)["hint.poe_budget"]
        assert (hint.origin, hint.value, hint.number) == ("hint", "", None)
    assert facts("NW-S24P.yml")["hint.poe_budget"].quote == "Switch with 24 ports (25W + max. 95W PoE), quiet."
    assert facts("NW-S24P.yml")["hint.poe_budget"].place == "/comments"
    for entry in small().values():
        assert not [fact for fact in entry.facts if "budget" in fact.key and fact.origin != "hint"]
        assert not {fact.number for fact in entry.facts} & {95_000, 25_000, 123_200, 720_000, 2_880_000}


def test_a_port_without_type_stays_unknown_and_passive_stays_apart() -> None:
    assert values("NW-AP1.yaml")["poe_in.unknown"] == "1"
    assert not [key for key in facts("NW-AP1.yaml") if "802.3" in key and "poe" in key]
    assert values("NW-AP2.yaml")["poe_without_mode.type2-ieee802.3at"] == "1"
    bridge = facts("NW-BR5.yaml")
    assert {key for key in bridge if key.startswith("poe")} == {
        "poe_in_passive.passive-24v-2pair",
        "poe_out_passive.passive-24v-2pair",
    }
    assert values("NW-S8P.yaml")["poe_out.type1-ieee802.3af"] == "8"


def test_a_poe_type_that_the_format_does_not_know_is_unknown(tmp_path: Path) -> None:
    port = "interfaces:\n  - name: a\n    type: 1000base-t\n    poe_mode: pse\n    poe_type: type2-ieee80\n"
    (entry,) = read_library(library_of(tmp_path, device=SWITCH + port)).types
    assert {fact.key for fact in entry.facts if fact.key.startswith("poe")} == {"poe_out.unknown"}
    assert {"poe-type-new", "poe-type-unknown"} <= entry.traps


@pytest.mark.parametrize(
    ("name", "grams", "written"),
    [
        ("NW-S8P.yaml", 1250, "1.25 kg"),
        ("NW-S24P.yml", 3719, "8.2 lb"),  # 3719.457…
        ("NW-S48P.yaml", 7087, "250 oz"),  # 7087.38…
        ("NW-BR5.yaml", 383, "13.5 oz"),  # 382.718…
        ("NW-AP1.yaml", 540, ""),
        ("NW-W12.yaml", 25991, "57.3 lb"),
    ],
)
def test_weights_become_whole_grams_and_keep_what_was_written(name: str, grams: int, written: str) -> None:
    weight = facts(name)["weight"]
    assert (weight.number, weight.unit, weight.quote, weight.origin) == (grams, "g", written, "stated")


@pytest.mark.parametrize("name", ["NW-MINI.yaml", "NW-BARE.yaml", "NW-AP2.yaml", "NO.yaml"])
def test_no_weight_a_weight_of_0_and_one_of_unknown_unit_are_no_weight(name: str) -> None:
    assert "weight" not in facts(name)


@pytest.mark.parametrize(
    ("name", "halves", "origin"),
    [
        ("NW-AP1.yaml", 0, "stated"),
        ("NW-MINI.yaml", 1, "stated"),
        ("NW-CH8.yaml", 16, "stated"),
        ("NW-BARE.yaml", 2, "default"),
        ("NW-R42.yaml", 84, "stated"),
    ],
)
def test_heights_are_half_units_and_the_schemas_default_says_so(name: str, halves: int, origin: str) -> None:
    height = facts(name)["height"]
    assert (height.number, height.unit, height.origin) == (halves, "0.5U", origin)


def test_depth_is_a_default_only_where_nothing_is_said() -> None:
    assert (facts("NW-BARE.yaml")["full_depth"].value, facts("NW-BARE.yaml")["full_depth"].origin) == ("yes", "default")
    assert (facts("NW-S8P.yaml")["full_depth"].value, facts("NW-S8P.yaml")["full_depth"].origin) == ("no", "stated")
    for name in ("NW-PSU-350.yaml", "NW-R47.yaml"):  # the default is one of devices
        assert "full_depth" not in facts(name)
    assert "height" not in facts("NW-PSU-350.yaml")


def test_power_ports_are_kept_one_by_one_and_never_summed() -> None:
    power = values("NW-S48P.yaml")
    assert (power["power_port.1.maximum_draw"], power["power_port.2.maximum_draw"]) == ("715000 mW", "715000 mW")
    assert power["power_ports"] == "2"
    assert values("NW-NVR.yaml")["power_port.2.name"] == "RPS"
    for entry in small().values():
        assert not {fact.number for fact in entry.facts if fact.unit == "mW"} & {1_430_000, 200_000}
    assert values("NW-PDU6.yaml")["power_outlets.iec-60320-c13"] == "6"


def test_a_ups_rating_in_text_is_a_hint() -> None:
    hint = facts("NW-UPS15.yaml")["hint.ups_rating"]
    assert (hint.value, hint.quote) == ("", "Line interactive UPS, 1500VA/900W, 8 outlets")
    assert "hint.ups_rating" not in facts("NW-UPSX.yaml")


def test_names_that_yaml_would_read_differently_stay_as_written() -> None:
    first, second = small()["0123.yaml"].document, small()["NO.yaml"].document
    assert (first.model, first.texts["part_number"], first.truths["is_full_depth"]) == ("0123", "2024-01-31", False)
    assert (second.model, second.truths["is_full_depth"]) == ("NO", False)
    assert small()["NW Panel 24 (Cat 6).yaml"].document.model == "NW Panel 24 (Cat 6)"
    assert small()["NW-A&B.yaml"].document.texts["part_number"] == "NW-A, NW-B"
    assert small()["BC-16.yaml"].document.maker == "北辰"


def test_invisible_characters_make_no_other_name(tmp_path: Path) -> None:
    text = SWITCH.replace("NW-NEW\n", '"NW\\u202e-\\u200bNEW\\u00a0 \\t8"\n', 1) + 'part_number: "A\\n\\x07B"\n'
    (entry,) = read_library(library_of(tmp_path, device=text)).types
    assert (entry.document.model, entry.document.texts["part_number"]) == ("NW-NEW 8", "A B")


def test_of_two_files_about_one_model_the_same_one_wins_every_time() -> None:
    library = read_library(SMALL)
    assert [(each.path, each.kept, each.same) for each in library.duplicates] == [
        ("device-types/Brightline/BL-7_Port.yml", "device-types/Brightline/BL-7-Port.yml", True),
        ("device-types/Brightline/BL-D4.yml", "device-types/Brightline/BL-D4.yaml", False),
    ]
    assert values("BL-D4.yaml")["weight"] == "4000 g"
    assert (library.files, len(library.types), library.others) == (36, 34, 1)


def test_suspicious_values_are_kept_and_marked() -> None:
    assert "depth-suspicious" in small()["NW-R42.yaml"].traps
    assert values("NW-R42.yaml")["mounting_depth"] == "190 mm"
    assert values("NW-W12.yaml")["outer_depth"] == "450 mm"
    assert facts("NW-W12.yaml")["outer_depth"].quote == "17.7 in"
    assert values("NW-R42.yaml")["max_weight"] == "1700000 g"
    assert facts("NW-R47.yaml")["hint.load_rating"].quote.endswith("load rating 800 kg")
    assert small()["BL-ODD.yaml"].document.unknown == ("end_of_life", "interfaces/speed")
    assert not [key for key in facts("BL-ODD.yaml") if "life" in key]


def test_texts_are_stored_without_markup_addresses_or_hidden_signs() -> None:
    assert small()["BL-TEXT.yaml"].description == "Best in class\n\nData sheet Buy now at\na b\n\n1 2\nplain end"


def test_every_fact_says_where_it_stands() -> None:
    for entry in small().values():
        for fact in entry.facts:
            assert fact.place.startswith("/")
            assert (fact.number is None) or str(fact.number) == fact.value


def test_the_real_library_is_read_as_its_own_figures_say() -> None:
    library = read_library(real_library())
    caught = report_of(library, Origin("real"), {}).caught
    assert library.damaged == ()
    assert len(library.types) == library.files
    if library.files == 530:
        found = {code: len(caught[code]) for code in ("poe-budget-missing", "poe-sum-above-draw", "poe-type-unknown")}
        assert found == {"poe-budget-missing": 131, "poe-sum-above-draw": 84, "poe-type-unknown": 54}
        assert len(caught["poe-budget-text"]) == 10
