"""What lists and search read follows the catalogue: only what changed is written, prices stay the reader's own."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.catalog.filters import ProductFilter
from portal.catalog.index_models import ProductEntry, ProductShelf, ProductTrait, ProductWord
from portal.catalog.indexing import refresh_index
from portal.catalog.listing import Prices, products_page, shelves
from portal.catalog.loading import load_catalog
from portal.catalog.models import Capability, Product
from portal.catalog.queries import products
from portal.config import shipped
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.catalogue import CAMERAS, write_catalogue
from tests.factories.world import World


@pytest.fixture
def stocked(world: World, tmp_path: Path) -> World:
    with world.database.writing(SYSTEM) as session:
        load_catalog(session, write_catalogue(tmp_path / "files"), now=world.now)
    return world


def found(database: Database, text: str) -> list[str]:
    with database.reading(SYSTEM) as session:
        return [hit.sku for hit in products(session, search=text, limit=9)]


def test_a_second_refresh_writes_nothing(stocked: World) -> None:
    with stocked.database.writing(SYSTEM) as session:
        assert refresh_index(session) == 0
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (ProductEntry, ProductShelf)]
    assert counts == [3, 2]


def test_only_what_changed_is_written(stocked: World) -> None:
    with stocked.database.writing(SYSTEM) as session:
        changed = session.scalars(select(Product).where(Product.sku == "CAM-2")).one()
        changed.name_zh = "红外枪机"
        assert refresh_index(session) == 1
        lost = select(func.count()).select_from(ProductWord).where(ProductWord.word.startswith("枪型"))
        assert session.scalar(lost) == 0
        power = session.scalars(select(Capability).where(Capability.product_id == changed.id)).first()
        assert power is not None
        power.value = "12"
        assert refresh_index(session) == 1
        trait = select(ProductTrait.number).where(ProductTrait.product_id == changed.id, ProductTrait.key == power.key)
        assert session.scalar(trait) == 12_000
    assert found(stocked.database, "枪机") == ["CAM-2"]
    assert found(stocked.database, "枪型") == []


def test_what_is_archived_leaves_the_list_and_comes_back(stocked: World, tmp_path: Path) -> None:
    with stocked.database.writing(SYSTEM) as session:
        product = session.scalars(select(Product).where(Product.sku == "CAM-1")).one()
        product.archived_at = stocked.now
        assert refresh_index(session) == 1
    assert found(stocked.database, "cam") == ["CAM-2"]
    with stocked.database.reading(SYSTEM) as session:
        assert shelves(session, "archived").kinds == {"cameras": 1}
        assert shelves(session, "sold").standings == {"sold": 2, "archived": 1}
    with stocked.database.writing(SYSTEM) as session:
        load_catalog(session, write_catalogue(tmp_path / "again", cameras=CAMERAS), now=stocked.now)
    assert found(stocked.database, "cam") == ["CAM-1", "CAM-2"]


def test_the_list_never_shows_a_book_that_its_reader_may_not_see(stocked: World) -> None:
    prices = Prices("gold", "CNY", date(2026, 6, 1))
    for who, seen in (("north.sales", 35000), ("hospital.customer", None), ("supplier.support_agent", None)):
        with stocked.database.reading(stocked.actor(who)) as session:
            page = products_page(session, ProductFilter(q="cam-1"), prices, "en")
            assert [row.price_minor for row in page.rows] == [seen], who
            narrow = products_page(session, ProductFilter(low_minor=34000, high_minor=36000), prices, "en")
            assert narrow.count == (1 if seen else 0), who


def test_the_shipped_catalogue_is_found_in_both_scripts(world: World) -> None:
    with world.database.writing(SYSTEM) as session:
        load_catalog(session, shipped("rules") / "catalog", now=world.now)
    assert found(world.database, "nxi-i4") == ["DS-7716NXI-I4/16P/S"]
    assert found(world.database, "smoke") == found(world.database, "烟感") == ["LQ-SN-SMK"]
