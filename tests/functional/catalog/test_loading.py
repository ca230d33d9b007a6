"""Loading the catalogue: once, again, changed, and not at all after an error."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from portal.catalog.csvrows import CatalogueErrors
from portal.catalog.loading import LoadReport, load_catalog
from portal.catalog.models import Capability, Price, PriceBook, Product
from portal.db import Database, utc_now
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from tests.factories.catalogue import CAMERAS, PRICES, write_catalogue


def load(database: Database, folder: Path) -> LoadReport:
    with database.writing(SYSTEM) as session:
        return load_catalog(session, folder, now=utc_now())


def counts(database: Database) -> list[int | None]:
    with database.reading(SYSTEM) as session:
        return [
            session.scalar(select(func.count()).select_from(table)) for table in (Product, Capability, PriceBook, Price)
        ]


def test_a_second_load_changes_nothing_and_says_so(database: Database, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path / "catalogue")
    first = load(database, folder)
    assert (first.added, first.prices_added, first.is_unchanged) == (3, 6, False)
    before = counts(database)
    assert before == [3, 5, 3, 6]
    second = load(database, folder)
    assert second.is_unchanged
    assert (second.unchanged, second.prices_unchanged) == (3, 6)
    assert str(second).startswith("Nothing to change.")
    assert counts(database) == before


def test_changes_are_followed_and_remembered(database: Database, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path / "catalogue")
    load(database, folder)
    cameras = CAMERAS.replace("6.5", "7").replace("CAM-2,", "CAM-3,").replace(",wide", ",")
    prices = PRICES.replace("CAM-2", "CAM-3").replace("35000", "34000")
    report = load(database, write_catalogue(folder, cameras=cameras, prices=prices))
    assert (report.added, report.changed, report.archived, report.unchanged) == (1, 1, 1, 1)
    assert (report.prices_added, report.prices_changed, report.prices_removed) == (2, 1, 2)
    with database.reading(SYSTEM) as session:
        old = session.scalars(select(Product).where(Product.sku == "CAM-2")).one()
        assert old.archived_at is not None
        first = session.scalars(select(Product).where(Product.sku == "CAM-1")).one()
        held = dict(
            session.execute(select(Capability.key, Capability.value).where(Capability.product_id == first.id)).all()
        )
        assert held == {"power": "7"}
        changed = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "change")).one()
        assert changed.before == {"power": "6.5 W", "view": "wide"}
        assert changed.after == {"power": "7 W", "view": None}
    back = load(database, write_catalogue(folder, cameras=CAMERAS, prices=PRICES))
    assert (back.changed, back.archived) == (2, 1)


def test_after_an_error_nothing_is_loaded(database: Database, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path / "catalogue", prices=PRICES + "CAM-1,CNY,list,x,2026-01-01,2026-12-31\n")
    with pytest.raises(CatalogueErrors, match=r"prices.csv:8"):
        load(database, folder)
    assert counts(database) == [0, 0, 0, 0]


def test_a_book_of_another_period_leaves_the_old_one(database: Database, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path / "catalogue")
    load(database, folder)
    report = load(database, write_catalogue(folder, prices=PRICES.replace("2026-", "2028-").replace("2027-", "2029-")))
    assert (report.prices_added, report.prices_removed) == (6, 0)
    assert counts(database)[2:] == [6, 12]
