"""The migration that brings imported facts: down and up again with data, and what becomes of the products."""

from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from portal import migrate
from portal.catalog.models import DeviceFact, Product
from portal.db import Database
from portal.policy import SYSTEM
from tests.factories.catalogue import write_catalogue
from tests.factories.libraries import SMALL, load, product, take

TABLES = {"source_revision", "device_type", "device_fact"}


def test_down_and_up_with_facts_and_products_of_both_kinds(database: Database, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path)
    load(database, folder)
    take(database, SMALL)
    with database.reading(SYSTEM) as session:
        ids = dict(session.execute(select(Product.sku, Product.public_id)).all())
    migrate.downgrade(database, "0001")
    described = inspect(database.engine)
    assert not TABLES & set(described.get_table_names())
    assert not {"model", "listed"} & {column["name"] for column in described.get_columns("product")}
    with database.engine.connect() as connection:
        known = connection.execute(text("SELECT count(*) FROM product WHERE archived_at IS NOT NULL")).scalar()
        assert known == 34  # what only an import knew is not for sale at 0001 either
    migrate.upgrade(database)
    migrate.check(database)
    ours = product(database, "CAM-1")
    assert (ours.model, ours.listed, ours.archived_at) == ("CAM-1", True, None)
    assert not product(database, "nordwerk-nw-s8p").listed
    assert load(database, folder).is_unchanged
    report = take(database, SMALL)
    assert (report.counts["added"], report.counts["changed"]) == (0, 34)
    with database.reading(SYSTEM) as session:
        again = dict(session.execute(select(Product.sku, Product.public_id)).all())
        assert again == ids  # the same products under the same addresses
        assert session.scalars(select(Product.id).where(Product.archived_at.is_not(None))).all() == []


def test_up_from_a_filled_first_schema(database: Database) -> None:
    migrate.downgrade(database, "0001")
    with database.engine.begin() as connection:
        columns = "public_id, sku, kind, maker, name_en, name_zh, invented"
        for sku, archived in (("OLD", "CURRENT_TIMESTAMP"), ("NEW", "NULL")):
            connection.execute(
                text(
                    f"INSERT INTO product ({columns}, archived_at) "
                    f"VALUES ('{sku}', '{sku}', 'k', 'm', 'n', 'n', true, {archived})"
                )
            )
    migrate.upgrade(database)
    migrate.check(database)
    assert (product(database, "NEW").model, product(database, "NEW").listed) == ("NEW", True)
    assert (product(database, "OLD").model, product(database, "OLD").listed) == ("OLD", False)


@pytest.mark.parametrize("times", [1, 2])
def test_the_walls_stand_after_going_down_and_up(database: Database, times: int) -> None:
    for _ in range(times):
        migrate.downgrade(database, "0001")
        migrate.upgrade(database)
    take(database, SMALL)
    with pytest.raises(Exception, match="imported facts never change"), database.writing(SYSTEM) as session:
        session.execute(text("DELETE FROM device_fact"))
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(DeviceFact.id).limit(1)).all()
