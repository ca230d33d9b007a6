"""The capability overlay on our own products and on those that are known from an import."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.catalog.csvrows import CatalogueErrors
from portal.catalog.models import Capability, Product
from portal.db import Database
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from tests.factories.catalogue import PRICES, write_catalogue
from tests.factories.libraries import SMALL, load, take

HEAD = "sku,maker,model,key,value,unit,source,confirmed\n"
OVERLAY = HEAD + "CAM-1,,,power,7,W,measured,no\n,Nordwerk,NW-S24P,poe_budget,95,W,sheet 4,yes\n"


def held(database: Database) -> dict[tuple[str, str], tuple[str, str, str, bool]]:
    columns = [getattr(Capability, name) for name in ("key", "value", "unit", "source", "confirmed")]
    with database.reading(SYSTEM) as session:
        rows = session.execute(select(Product.sku, *columns).join(Capability, Capability.product_id == Product.id))
        return {row[:2]: row[2:] for row in rows}


def test_values_wait_for_the_import_of_their_models(database: Database, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path, capabilities=OVERLAY)
    report = load(database, folder)
    assert (report.waiting, "1 values wait" in str(report)) == (1, True)
    assert held(database)["CAM-1", "power"] == ("7", "W", "measured", False)
    take(database, SMALL)
    report = load(database, folder)
    assert (report.waiting, report.changed) == (0, 1)
    assert held(database)["nordwerk-nw-s24p", "poe_budget"] == ("95", "W", "sheet 4", True)
    assert load(database, folder).is_unchanged
    with database.reading(SYSTEM) as session:
        imported = session.scalars(select(Product).where(Product.sku == "nordwerk-nw-s24p")).one()
        assert not imported.listed  # a value does not put it on sale
        last = session.scalars(select(HistoryEntry).order_by(HistoryEntry.id.desc())).first()
        assert last is not None
        assert (last.thing_id, last.after) == (imported.id, {"poe_budget": "95 W"})


def test_a_value_that_is_taken_out_is_missing_again(database: Database, tmp_path: Path) -> None:
    take(database, SMALL)
    load(database, write_catalogue(tmp_path, capabilities=OVERLAY))
    load(database, write_catalogue(tmp_path, capabilities=HEAD))
    assert ("nordwerk-nw-s24p", "poe_budget") not in held(database)
    assert held(database)["CAM-1", "power"] == ("6.5", "W", "sheet 1", True)


def test_a_folder_of_values_alone_leaves_the_rest_as_it_is(database: Database, tmp_path: Path) -> None:
    load(database, write_catalogue(tmp_path / "whole"))
    (tmp_path / "values").mkdir()
    (tmp_path / "values" / "capabilities.csv").write_text(HEAD + "CAM-1,,,power,8,W,measured,yes\n", "utf-8")
    report = load(database, tmp_path / "values")
    assert (report.changed, report.archived) == (1, 0)
    assert held(database)["CAM-1", "power"] == ("8", "W", "measured", True)
    assert held(database)["CAM-1", "view"] == ("wide", "", "sheet 1", True)


def test_a_number_that_nobody_knows_is_an_error_before_anything_is_written(database: Database, tmp_path: Path) -> None:
    with pytest.raises(CatalogueErrors, match=r"capabilities.csv:2: the product CAM-7 is not in the catalogue"):
        load(database, write_catalogue(tmp_path, capabilities=HEAD + "CAM-7,,,power,8,W,measured,yes\n"))
    assert held(database) == {}


def test_prices_of_what_is_not_for_sale_are_refused(database: Database, tmp_path: Path) -> None:
    take(database, SMALL)
    folder = tmp_path / "prices"
    folder.mkdir()
    line = "nordwerk-nw-s8p,CNY,list,1,2026-01-01,2026-12-31\n"
    (folder / "prices.csv").write_text(PRICES.splitlines()[0] + "\n" + line, "utf-8")
    with pytest.raises(CatalogueErrors, match="nordwerk-nw-s8p is not for sale"):
        load(database, folder)
    (folder / "prices.csv").write_text(PRICES, "utf-8")
    with pytest.raises(CatalogueErrors, match="CAM-1 is in none of the files"):
        load(database, folder)
    load(database, write_catalogue(tmp_path / "whole"))
    assert load(database, folder).is_unchanged
