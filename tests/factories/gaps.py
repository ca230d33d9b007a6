"""A site whose catalogue lacks a fact: how far CAM-2 sees; in newer rules it is filled, or something else changed."""

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from portal.catalog.loading import load_catalog
from portal.configurator import operations
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import Configuration, RuleRevision
from portal.dates import business_date
from portal.db import ScopedSession
from portal.policy import SYSTEM
from tests.factories.catalogue import write_catalogue
from tests.factories.world import World

ZONE = "Asia/Shanghai"
PRICES = "sku,currency,book,amount_minor,valid_from,valid_to\n" + "".join(
    f"{sku},CNY,{book},{amount},2020-01-01,2035-12-31\n"
    for sku, amounts in {
        "CAM-1": (50000, 35000, 45000),
        "CAM-2": (80000, 56000, 70000),
        "SW-8": (120000, 90000, 100000),
    }.items()
    for book, amount in zip(("list", "gold", "silver"), amounts, strict=True)
)  # fmt: skip
CAMERAS = """sku,name_en,name_zh,reach[m],draw[W]
CAM-1,Dome,半球,30,6.5
CAM-2,Bullet,枪型,,4
"""
RULES = """
format: 1
key: gap-site
title: {en: Site with a gap, zh: 有缺项的站点}
sections:
  site: {title: {en: Site, zh: 站点}}
groups:
  gear: {title: {en: Equipment, zh: 设备}}
tables:
  cameras: {file: cameras.csv, key: sku}
attributes:
  dark:
    kind: choice
    section: site
    label: {en: Used at night, zh: 夜间使用}
    values:
      yes_: {label: {en: At night too, zh: 夜间也用}}
      no_: {label: {en: By day, zh: 仅白天}}
    default: no_
  distance: {kind: fact, section: site, label: {en: Distance, zh: 距离}, unit: m, minimum: 1, maximum: 100, default: 20}
  camera: {kind: choice, section: site, label: {en: Camera, zh: 摄像机}, from: cameras, prefer: cheapest}
  cameras: {kind: quantity, section: site, label: {en: Cameras, zh: 摄像机数量}, minimum: 1, maximum: 12, default: 4}
EXTRA_ATTRIBUTE
  load:
    kind: derived
    section: site
    label: {en: Load, zh: 负载}
    unit: W
    expression: camera.draw * cameras
rules:
  night:
    when: dark == 'yes_'
    require: camera.reach >= distance
    because: {en: At night the camera must light the whole distance., zh: 夜间摄像机须照亮全程。}
    source: sheet 4
EXTRA_RULE
lines:
  cameras: {group: gear, product: camera, quantity: cameras}
  switch: {group: gear, sku: SW-8, quantity: "1"}
"""
POLE = """
  pole:
    kind: choice
    section: site
    label: {en: Pole, zh: 立杆}
    values:
      none_: {label: {en: No pole, zh: 无立杆}}
      tall: {label: {en: Tall pole, zh: 高杆}}
"""
FEW = """
  few:
    require: cameras <= 8
    because: {en: The switch has eight ports., zh: 交换机有八个端口。}
    source: sheet 3
"""


@cache
def gap_rules(*, reach: str = "", pole: bool = False, few: bool = False, example: str = "") -> RuleSet:
    """Return the rules: with the gap filled, with one question more, with a rule that allows fewer cameras."""
    text = RULES.replace("EXTRA_ATTRIBUTE\n", POLE.lstrip("\n") if pole else "")
    text = text.replace("EXTRA_RULE\n", FEW.lstrip("\n") if few else "") + example
    with TemporaryDirectory() as place:
        (Path(place) / "rules.yaml").write_text(text, "utf-8")
        (Path(place) / "cameras.csv").write_text(CAMERAS.replace("枪型,,", f"枪型,{reach},"), "utf-8")
        return read_ruleset(Path(place))


def publish(session: ScopedSession, rules: RuleSet, number: int, on: date, world: World) -> RuleRevision:
    """Write rules as a published revision."""
    revision = RuleRevision(key=rules.key, number=number, content_hash=rules.content_hash, content=rules.content())
    revision.effective_on, revision.published_at = on, world.now
    session.add(revision)
    session.flush()
    return revision


def open_gaps(world: World, folder: Path, **rules: str | bool) -> int:
    """Load a small catalogue and publish the first revision; return its id."""
    with world.database.writing(SYSTEM) as session:
        load_catalog(session, write_catalogue(folder, prices=PRICES), now=world.now)
        return publish(session, gap_rules(**rules), 1, business_date(world.now, ZONE), world).id  # type: ignore[arg-type]


def renew(world: World, rules: RuleSet, number: int = 2) -> int:
    """Publish a newer revision; return its id."""
    with world.database.writing(SYSTEM) as session:
        return publish(session, rules, number, business_date(world.now, ZONE), world).id


def configure(world: World, who: str, revision_id: int, name: str = "A site", **choices: str | int) -> str:
    """Return the public id of a new configuration."""
    actor = world.actor(who)
    with world.database.writing(actor) as session:
        revision = session.get_one(RuleRevision, revision_id)
        made = operations.create_configuration(
            session, actor, name=name, revision=revision, choices=choices, now=world.now
        )
        return made.public_id


def row_of(world: World, public_id: str) -> Configuration:
    """Return a configuration as it stands."""
    with world.database.reading(SYSTEM) as session:
        return session.query(Configuration).filter_by(public_id=public_id).one()
