"""Fault types, articles and equipment of a small world; an index of what there is."""

from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import select

from portal import wiring
from portal.catalog.models import InstalledItem, Product, Site
from portal.db import as_actor
from portal.files.operations import keep
from portal.files.storing import LocalStore
from portal.policy import SYSTEM
from portal.search.rebuilding import rebuild
from portal.support.knowledge import feedback, operations, reviewing
from portal.support.knowledge.fault_files import read_lines, shipped_lines
from portal.support.knowledge.fault_models import KnownValue
from portal.support.knowledge.fault_tree import load_lines
from portal.support.knowledge.faults import types
from portal.support.knowledge.models import Article
from portal.support.knowledge.written import Written
from portal.support.matching import solving
from portal.support.matching.asked import Asked
from portal.support.matching.models import Wording
from tests.factories.seeds import Seed
from tests.factories.world import World

WRITER, REVIEWER = "supplier.support_agent", "supplier.support_lead"
NIGHT = Written(
    title_en="PoE budget exceeded",
    title_zh="供电预算不足",
    body_en="Move **four cameras** to another switch.",
    body_zh="把**四路**摄像机分到另一台交换机。",
    visibility="public",
    product_line="switches",
    faults=("camera_drops_at_night", "switch_poe_budget"),
    error_codes=("E-SW-31",),
)
GLARE = Written(
    title_en="White veil at night", title_zh="夜间画面发白", body_en="Clean the cover.", body_zh="清洁外罩。",
    visibility="public", product_line="cameras", faults=("camera_infrared_glare",),
)  # fmt: skip


@dataclass
class Knowledge:
    """Writes through the operations of the portal."""

    world: World
    ids: dict[str, str] = field(default_factory=dict)  # public ids by English title

    def written(self, written: Written, *, kind: str = "article") -> str:
        """Begin an article; return its public id."""
        writer = self.world.actor(WRITER)
        with self.world.database.writing(writer) as session:
            return operations.begin(session, writer, written, kind=kind, now=self.world.now).public_id

    def published(self, written: Written, *, kind: str = "article") -> str:
        """Write and publish an article, four eyes; return its public id."""
        public_id = self.written(written, kind=kind)
        self.ids[written.title_en or written.title_zh] = public_id
        for who, step in ((WRITER, reviewing.submit), (REVIEWER, reviewing.publish)):
            actor = self.world.actor(who)
            with self.world.database.writing(actor) as session:
                version = operations.open_version(session, self.row(session, public_id))
                assert version is not None
                step(session, actor, version, expected=version.version, now=self.world.now)
        return public_id

    def row(self, session: Any, public_id: str) -> Article:
        """Return an article."""
        with as_actor(session, SYSTEM):
            return session.scalars(select(Article).where(Article.public_id == public_id)).one()

    def index(self) -> None:
        """Build the index of all there is."""
        rebuild(self.world.database, self.world.settings.search_folder, now=self.world.now)


def load_faults(world: World) -> None:
    """Write the fault types that come along."""
    with world.database.writing(SYSTEM) as session:
        load_lines(session, read_lines(shipped_lines()), now=world.now)


def equip(world: World) -> dict[str, str]:
    """Put a camera and a switch at a site of the north partner, a camera at one of the south's; return public ids."""
    found = {}
    with world.database.writing(SYSTEM) as session:
        for sku, kind in (("CAM-1", "cameras"), ("CAM-2", "cameras"), ("SW-1", "switches"), ("UPS-1", "ups")):
            named = {"name_en": f"Thing {sku}", "name_zh": f"设备 {sku}", "maker": "Maker"}
            session.add(Product(sku=sku, kind=kind, invented=True, listed=True, **named))
        session.flush()
        products = {row.sku: row for row in session.scalars(select(Product).where(Product.maker == "Maker"))}
        for key in ("north", "south"):
            organisation = world.organisations[key]
            site = Site(organisation_id=organisation, party_id=world.customers[key], name=f"Site of {key}")
            session.add(site)
            session.flush()
            for sku, serial in (("CAM-1", f"SN-{key}-1"), ("SW-1", f"SN-{key}-2")):
                there = {"site_id": site.id, "product_id": products[sku].id, "serial": serial, "state": "installed"}
                row = InstalledItem(organisation_id=organisation, **there)
                session.add(row)
                session.flush()
                found[serial] = row.public_id
        found |= {sku: row.public_id for sku, row in products.items()}
    return found


def _begin(world: World) -> dict[str, Any]:
    wiring.install()
    load_faults(world)
    found = equip(world)
    made = Knowledge(world)
    for written in (NIGHT, GLARE):
        made.published(written)
    made.index()
    return {"equipment": found, "articles": made.ids}


KNOWING = Seed("knowing", _begin)


def write_for_matrix(world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Write an article with a file and a doubt, fault types, and a fault solved by each side; return addresses."""
    wiring.install()
    load_faults(world)
    made = Knowledge(world)
    article = made.published(NIGHT)
    found: dict[tuple[str, str], dict[str, str]] = {("article", ""): {"public_id": article}}
    writer = world.actor(WRITER)
    store = LocalStore(world.settings.files_folder)
    with world.database.writing(writer) as session:
        row = made.row(session, article)
        file = keep(session, writer, row, BytesIO(b"a text"), "a.txt", store=store, now=world.now)
        row.published_at = world.now + timedelta(seconds=1)
        found["article_file", ""] = {"public_id": article, "file_id": file.public_id}
    for key, who in (("north", "north.sales"), ("south", "south.sales"), ("hospital", "hospital.customer")):
        solved = leave_behind(world, article, who, f"reason of {key}")
        found["deflection", key] = {"public_id": solved["deflection"]}
        found["article_doubt", ""] = {"public_id": article, "flag_id": solved["flag"]}
    with world.database.reading(SYSTEM) as session:
        learned = session.scalars(select(Wording.public_id).limit(1)).one()
        found["wording", ""] = {"public_id": learned}
        value = session.scalars(select(KnownValue.id).where(KnownValue.line == "cameras").limit(1)).one()
    found["fault_line", ""] = {"line": "cameras"}
    found["fault_type", ""] = {"line": "cameras", "key": "camera_ptz"}
    found["fault_value", ""] = {"line": "cameras", "value_id": str(value)}
    return found


def leave_behind(world: World, article: str, who: str, word: str) -> dict[str, str]:
    """Let somebody rate and doubt an article, be helped by it and say how he called his fault."""
    actor, made = world.actor(who), Knowledge(world)
    assert actor.person_id is not None
    assert actor.organisation_id is not None
    with world.database.writing(actor) as session:
        row = made.row(session, article)
        feedback.rate(session, actor, row, helpful=True, now=world.now)
        flag = feedback.flag(session, actor, row, reason=word, now=world.now)
        asked = Asked(tree=types(session), line="cameras", fault="camera_drops_at_night", text=f"at night {word}")
        solved = solving.solved(
            session, actor, asked, "article", row, form_key=word, now=world.now, today=world.now.date()
        )  # fmt: skip
        assert solved is not None
        return {"flag": flag.public_id, "deflection": solved.public_id}
