"""Pictures: geometry by hand, what is missing, what does not fit."""

from dataclasses import replace
from pathlib import Path

import pytest

from portal.configurator.engine.solver import Compiled
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.pictures.drawing import Drawing, drawings_of
from tests.functional.configurator.sites import SITE, write_site


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    return read_ruleset(write_site(tmp_path_factory.mktemp("rules")))


@pytest.fixture(scope="module")
def compiled(ruleset: RuleSet) -> Compiled:
    return Compiled(ruleset.model())


def draw(ruleset: RuleSet, compiled: Compiled, **choices: str | int) -> dict[str, Drawing]:
    """Draw what follows from choices; `g1_focal` stands for the first group's."""
    named = {key.replace("g1_", "camera_group[1].").replace("g2_", "camera_group[2]."): v for key, v in choices.items()}
    return {drawing.key: drawing for drawing in drawings_of(ruleset, compiled.complete(named))}


def test_the_angle_of_view_by_hand(ruleset: RuleSet, compiled: Compiled) -> None:
    (view,) = draw(ruleset, compiled, camera_group=1)["plan"].views
    assert view.angle == 85  # 2 arctan(5.1 / 5.6)
    assert view.wide == "21.9"  # 12 m · 5.1 / 2.8
    assert view.cameras == 8
    assert view.cut  # 10 m of light, 12 m of distance


def test_distances_compare_between_groups(ruleset: RuleSet, compiled: Compiled) -> None:
    near, far = draw(ruleset, compiled, camera_group=2, g1_distance=10, g2_distance=20)["plan"].views
    radius = [float(view.wedge.partition("A")[2].split()[0]) for view in (near, far)]
    assert radius[1] == pytest.approx(2 * radius[0], abs=0.2)
    assert near.scale_metres == far.scale_metres


def test_a_drawing_stays_on_its_paper(ruleset: RuleSet, compiled: Compiled) -> None:
    for distance in (1, 200):
        (view,) = draw(ruleset, compiled, camera_group=1, g1_distance=distance)["plan"].views
        numbers = [float(part) for part in view.wedge.replace("L", " ").replace("A", " ").strip("MZ").split()]
        assert max(numbers) <= 240


def test_an_unknown_lens_is_named_and_not_drawn(ruleset: RuleSet, compiled: Compiled) -> None:
    plan = draw(ruleset, compiled, camera_group=2, g2_focal="unknown")["plan"]
    assert [view.title.en for view in plan.views] == ["Camera group 1"]
    assert [(title.en if title else "", label.en) for title, label in plan.missing] == [
        ("Camera group 2", "Focal length")
    ]


def test_the_rack_by_hand(ruleset: RuleSet, compiled: Compiled) -> None:
    rack = draw(ruleset, compiled, recorder="large", rack="six")["front"].rack
    assert rack
    assert (rack.size, rack.used, rack.left, rack.over) == ("6", "6", "0", False)
    assert [(kind.label.en, kind.count, kind.units) for kind in rack.kinds] == [
        ("Large recorder", 1, "4"),
        ("Units kept free", 1, "2"),
    ]
    assert [number for _, number in rack.marks] == [6, 5, 4, 3, 2, 1]


def test_a_rack_that_is_too_low_says_so(ruleset: RuleSet, compiled: Compiled) -> None:
    picture = next(picture for picture in ruleset.pictures if picture.key == "front")
    more = replace(picture, parts=(*picture.parts, ("units_second", "recorder"), ("units_third", "recorder")))
    rack = drawings_of(replace(ruleset, pictures=(more,)), compiled.complete({"recorder": "large", "rack": "six"}))[
        0
    ].rack
    assert rack
    assert rack.over
    assert rack.used == "14"


def test_storage_by_hand(ruleset: RuleSet, compiled: Compiled) -> None:
    store = draw(ruleset, compiled, camera_group=1, raid="raid5", disks=4, days=60)["store"].storage
    assert store
    assert (store.needed, store.usable, store.raw) == ("19.2", "24", "32")  # 8 cameras · 60 d · 40 GB; 3 of 4 disks
    assert (store.days, store.possible, store.short) == (60, 75, False)
    assert [(part.kind, part.width) for part in store.parts] == [("recordings", 600), ("free", 150), ("raid", 250)]


def test_bars_by_hand(ruleset: RuleSet, compiled: Compiled) -> None:
    ((title, bars),) = draw(ruleset, compiled, camera_group=1, g1_cameras=64)["load"].bars
    assert title is None
    power = bars[0]
    assert (power.used.en, power.limit.en, power.percent, power.state) == ("384 W", "400 W", 96, "high")


def test_a_group_of_its_own_step_only(ruleset: RuleSet, compiled: Compiled) -> None:
    assignment = compiled.complete({"camera_group": 3})
    (plan,) = drawings_of(ruleset, assignment, "lenses", "camera_group", 2)
    assert [view.title.en for view in plan.views] == ["Camera group 2"]
    assert drawings_of(ruleset, assignment, "nothing") == ()


@pytest.mark.parametrize("role", ["cameras: cameras", "focal: focal", "distance: distance", "sensor: sensor"])
def test_a_role_that_nobody_declared_is_named(tmp_path: Path, compiled: Compiled, role: str) -> None:
    without = SITE.replace(f"{role}, ", "", 1)
    assert without != SITE
    ruleset = read_ruleset(write_site(tmp_path, without))
    (plan, *_) = drawings_of(ruleset, compiled.complete({"camera_group": 1}))
    assert plan.views == ()
    assert [label.en for _, label in plan.missing] == [role.partition(":")[0]]


def test_without_pictures_nothing_is_drawn(ruleset: RuleSet, compiled: Compiled) -> None:
    assert drawings_of(replace(ruleset, pictures=()), compiled.complete({})) == ()
