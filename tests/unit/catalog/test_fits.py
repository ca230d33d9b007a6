"""What a product fits with, from both sides, and what cannot be said."""

from itertools import product as pairs

import pytest

from portal.catalog.facets import ALL_FACETS, BRIEF, FACETS, NEEDED, missing_of
from portal.catalog.files import ProductFact, read_catalogue
from portal.catalog.fits import FITS, Asked, AtMost, Least, Says, Search, Shares, Traits, searches
from portal.catalog.labels import CAPABILITIES, KINDS
from portal.catalog.quantities import number_of
from portal.config import shipped

CATALOGUE = read_catalogue(shipped("rules") / "catalog").products


def traits(fact: ProductFact) -> Traits:
    numbers, words = {}, {"sku": frozenset({fact.sku.casefold()})}
    for key, said in fact.capabilities.items():
        number = number_of(said.value, said.unit) if said.unit else None
        if number is None:
            words[key] = frozenset(said.value.casefold().split())
        else:
            numbers[key] = number
    return Traits(numbers, words)


def meets(asked: Asked, other: Traits) -> bool:
    if asked.words:
        return bool(asked.words & other.words.get(asked.key, frozenset()))
    number = other.numbers.get(asked.key)
    return (
        number is not None
        and (asked.least is None or number >= asked.least)
        and (asked.most is None or number <= asked.most)
    )


def fit(search: Search, other: ProductFact) -> bool:
    return (
        not search.missing and search.kind == other.kind and all(meets(asked, traits(other)) for asked in search.asked)
    )


def fitting(sku: str) -> set[str]:
    own = CATALOGUE[sku]
    return {
        other.sku
        for search, other in pairs(searches(own.kind, traits(own)), CATALOGUE.values())
        if other.sku != sku and fit(search, other)
    }


@pytest.mark.parametrize(
    ("one", "others", "never"),
    [
        ("LQ-D4-I", {"LQ-S8", "LQ-R16P", "LQ-INJ-AF", "LQ-MT-CEIL", "LQ-BOX-D"}, {"LQ-S8P24", "LQ-A24X"}),
        ("LQ-D8-I", {"LQ-SD256"}, {"LQ-SD512", "LQ-MT-POLE"}),
        ("Q6135-LE", {"LQ-S8BT", "LQ-R16BT"}, {"USW-24-POE", "LQ-R8P", "LQ-R32"}),
        ("LQ-B2-P24", {"LQ-S8P24", "LQ-INJ-P24"}, {"LQ-S8", "LQ-INJ-AF", "LQ-R8P"}),
        ("LQ-HD12", {"LQ-R16P", "LQ-R8P"}, {"DS-7716NXI-I4/16P/S", "UNVR"}),
        ("LQ-U3000R", {"LQ-BP72", "LQ-PDU16"}, {"LQ-BP48"}),
        ("LQ-SFP-BXD", {"LQ-SFP-BXU"}, {"LQ-SFP-BXD", "LQ-SFP-LX"}),
        ("LQ-SFP-SX", {"LQ-S8", "LQ-MC", "LQ-LC-OM3"}, {"LQ-S24", "LQ-LC-OS2"}),
        ("LQ-FSU1", {"LQ-FX-AI8", "LQ-SN-SMK", "LQ-SN-TH", "LQ-SN-TH420"}, {"LQ-SN-SIREN"}),
        ("LQ-A24X", {"LQ-R42U"}, {"LQ-RW6"}),
    ],
)  # fmt: skip
def test_what_fits(one: str, others: set[str], never: set[str]) -> None:
    found = fitting(one)
    assert others <= found
    assert not never & found


def test_both_sides_say_the_same() -> None:
    found = {sku: fitting(sku) for sku in CATALOGUE}
    assert sum(map(len, found.values())) > 1000
    one_sided = [(sku, other) for sku, others in found.items() for other in others if sku not in found[other]]
    assert not one_sided


def test_a_missing_capability_is_named_and_fits_nothing() -> None:
    own = searches("cameras", Traits({}, {"form": frozenset({"dome"})}))
    assert {search.missing for search in own if search.kind == "mounts"} == {("mounts",)}
    assert all(not search.asked for search in own if search.missing)


def test_rules_speak_of_kinds_and_capabilities_that_exist() -> None:
    for rule in FITS:
        assert {rule.kind, rule.other} <= KINDS.keys()
        for condition in rule.conditions:
            keys = {condition.key} | ({condition.other} if isinstance(condition, AtMost | Shares) else set())
            assert isinstance(condition, AtMost | Shares | Least | Says)
            assert keys <= CAPABILITIES.keys() | {"sku"}


def test_filters_and_lines_speak_of_capabilities_that_exist() -> None:
    named = set(ALL_FACETS).union(*BRIEF.values(), *NEEDED.values())
    assert named <= CAPABILITIES.keys()
    assert FACETS.keys() | BRIEF.keys() | NEEDED.keys() <= KINDS.keys()


def test_what_does_not_apply_is_not_missing() -> None:
    assert "poe_budget" in missing_of("switches", {"ports": "24"})
    assert "poe_budget" not in missing_of("switches", {"ports": "24", "poe_ports": "0"})
