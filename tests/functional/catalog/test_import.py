"""Importing device types: once, again, changed, damaged, and together with our own catalogue."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal.catalog.csvrows import CatalogueErrors
from portal.catalog.devicetypes import facts as reading
from portal.catalog.models import Capability, DeviceFact, DeviceType, Price, Product, SourceRevision
from portal.db import Database
from portal.errors import Conflict
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from tests.factories.catalogue import write_catalogue
from tests.factories.libraries import SMALL, SWITCH, copy_of_small, library_of, load, product, real_library, take

TABLES = (Product, DeviceType, DeviceFact, SourceRevision, HistoryEntry)
S8P = """sku,maker,model,name_en,name_zh,poe_budget[W],source,confirmed,invented
S8,NORDWERK,nw-s8p,Switch,交换机,120,sheet 1,yes,no
"""
S8P_PRICE = "sku,currency,book,amount_minor,valid_from,valid_to\nS8,CNY,list,100,2026-01-01,2026-12-31\n"


def counts(database: Database) -> list[int | None]:
    with database.reading(SYSTEM) as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def current(database: Database, sku: str) -> dict[str, str]:
    """Return the facts that hang on a product now."""
    with database.reading(SYSTEM) as session:
        rows = session.execute(
            select(DeviceFact.key, DeviceFact.value)
            .join(DeviceType, DeviceType.id == DeviceFact.device_type_id)
            .join(Product, Product.id == DeviceType.product_id)
            .where(Product.sku == sku, DeviceType.superseded_at.is_(None))
        )
        return {row.key: row.value for row in rows}


def test_facts_hang_on_products_that_are_not_for_sale(database: Database) -> None:
    report = take(database, SMALL)
    assert (report.counts["added"], report.counts["changed"], report.is_unchanged) == (34, 0, False)
    assert counts(database)[:4] == [34, 34, 225, 1]
    switch = product(database, "nordwerk-nw-s8p")
    assert (switch.kind, switch.maker, switch.model, switch.listed, switch.archived_at) == (
        "device", "Nordwerk", "NW-S8P", False, None,
    )  # fmt: skip
    assert (switch.name_en, switch.name_zh, switch.invented) == ("Nordwerk NW-S8P", "Nordwerk NW-S8P", False)
    with database.reading(SYSTEM) as session:
        assert session.scalars(select(Price)).all() == []
        assert session.scalars(select(Capability)).all() == []
        source = session.scalars(select(SourceRevision)).one()
        assert (source.name, source.revision[:4], source.licence) == ("small", "0123", "CC0 1.0 Universal")
        assert source.files == 36
        kept = session.scalars(select(DeviceType).where(DeviceType.product_id == switch.id)).one()
        assert kept.path == "device-types/Nordwerk/NW-S8P.yaml"
        assert "poe-budget-missing" in kept.notices
        assert "weight-kg" not in kept.notices
        hints = session.scalars(select(DeviceFact).where(DeviceFact.origin == "hint")).all()
        assert {(hint.value, hint.number) for hint in hints} == {("", None)}
    assert product(database, "brightline-bl-d4").model == "bl-d4"
    with database.reading(SYSTEM) as session:  # a module that is called like a switch is a product of its own
        same = session.scalars(select(Product).where(Product.model == "NW-S8P").order_by(Product.id)).all()
        assert [each.kind for each in same] == ["device", "module"]


def test_a_second_import_changes_nothing_and_says_so(database: Database) -> None:
    take(database, SMALL)
    before = counts(database)
    report = take(database, SMALL)
    assert report.is_unchanged
    assert report.counts["unchanged"] == 34
    assert "Nothing to change." in list(report.lines())
    assert counts(database) == before


def test_a_newer_source_changes_what_changed_and_archives_what_vanished(database: Database, tmp_path: Path) -> None:
    take(database, SMALL)
    newer = copy_of_small(tmp_path / "small")
    place = newer / "device-types" / "Nordwerk"
    (place / "NW-UPSX.yaml").unlink()
    changed = place / "NW-S8P.yaml"
    changed.write_text(changed.read_text("utf-8").replace("weight: 1.25", "weight: 1.5"), "utf-8")
    library_of(newer)
    report = take(database, newer)
    assert {name: report.counts[name] for name in ("added", "changed", "archived", "unchanged")} == {
        "added": 1, "changed": 1, "archived": 1, "unchanged": 32,
    }  # fmt: skip
    assert current(database, "nordwerk-nw-s8p")["weight"] == "1500"
    assert product(database, "nordwerk-nw-upsx").archived_at is not None
    with database.reading(SYSTEM) as session:
        switch = product(database, "nordwerk-nw-s8p")
        old, new = session.scalars(
            select(DeviceType).where(DeviceType.product_id == switch.id).order_by(DeviceType.id)
        ).all()
        assert old.superseded_at is not None
        assert new.superseded_at is None
        moved = session.scalars(
            select(HistoryEntry)
            .where(HistoryEntry.thing_kind == "product", HistoryEntry.thing_id == switch.id)
            .order_by(HistoryEntry.id.desc())
        ).first()
        assert moved is not None
        assert moved.before == {"weight": "1250 g"}
        assert moved.after is not None
        assert moved.after["weight"] == "1500 g"
    back = take(database, SMALL)
    assert (back.counts["changed"], back.counts["archived"]) == (2, 1)
    assert product(database, "nordwerk-nw-upsx").archived_at is None


def test_a_renamed_file_and_another_way_of_reading_are_changes(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = library_of(tmp_path / "one")
    take(database, folder)
    place = folder / "device-types" / "Nordwerk"
    (place / "NW-NEW.yaml").rename(place / "NW-NEWER.yaml")
    assert take(database, folder).counts["changed"] == 1
    monkeypatch.setattr("portal.catalog.planning.READER", reading.READER + 1)
    monkeypatch.setattr("portal.catalog.importing.READER", reading.READER + 1)
    assert take(database, folder).counts["changed"] == 1
    assert take(database, folder).is_unchanged


def test_one_folder_of_a_library_says_nothing_about_the_others(database: Database, tmp_path: Path) -> None:
    take(database, SMALL)
    assert take(database, SMALL / "rack-types").is_unchanged
    folder = copy_of_small(tmp_path / "small")
    (folder / "rack-types" / "Nordwerk" / "NW-W12.yaml").unlink()
    report = take(database, folder / "rack-types")
    assert (report.counts["gone"], report.counts["archived"]) == (1, 1)


def test_another_folder_under_a_known_name_is_a_question(database: Database, tmp_path: Path) -> None:
    take(database, SMALL)
    other = library_of(tmp_path / "small")
    with pytest.raises(Conflict, match="34 of 34 models of the source small"):
        take(database, other)
    assert counts(database)[0] == 34
    assert take(database, other, let_vanish=True).counts["archived"] == 34


def test_one_damaged_file_and_nothing_is_imported(database: Database, tmp_path: Path) -> None:
    folder = copy_of_small(tmp_path / "small")
    place = folder / "device-types" / "Nordwerk"
    (place / "NW-S8P.yaml").write_text(SWITCH + "weight: heavy\n", "utf-8")
    with pytest.raises(CatalogueErrors) as caught:
        take(database, folder)
    assert [str(problem) for problem in caught.value.problems] == [
        "device-types/Nordwerk/NW-S8P.yaml:7: weight must be a plain number of 0 or more, not 'heavy'"
    ]
    assert counts(database) == [0, 0, 0, 0, 0]
    report = take(database, folder, skip_damaged=True)
    assert (report.counts["added"], len(report.library.damaged)) == (33, 1)


def test_a_file_that_is_damaged_now_keeps_what_was_known(database: Database, tmp_path: Path) -> None:
    folder = copy_of_small(tmp_path / "small")
    take(database, folder)
    damaged = folder / "device-types" / "Nordwerk" / "NW-S8P.yaml"
    damaged.write_text("model: [", "utf-8")
    report = take(database, folder, skip_damaged=True)
    assert (report.counts["kept"], report.counts["archived"], report.is_unchanged) == (1, 0, True)
    assert current(database, "nordwerk-nw-s8p")["weight"] == "1250"
    assert product(database, "nordwerk-nw-s8p").archived_at is None


def test_a_folder_of_damaged_files_alone_or_of_nothing_is_refused(database: Database, tmp_path: Path) -> None:
    folder = library_of(tmp_path / "bad", device="[")
    with pytest.raises(CatalogueErrors):
        take(database, folder, skip_damaged=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(CatalogueErrors, match="no device types here"):
        take(database, tmp_path / "empty")


def test_an_error_in_the_middle_leaves_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("the last step")

    monkeypatch.setattr("portal.catalog.importing.refresh_index", fail)
    with pytest.raises(RuntimeError):
        take(database, SMALL)
    assert counts(database) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("first", ["load", "import"])
def test_our_own_product_and_the_imported_model_are_one(database: Database, tmp_path: Path, first: str) -> None:
    folder = write_catalogue(tmp_path / "own", cameras=S8P, prices=S8P_PRICE)
    (folder / "switches.csv").unlink()
    if first == "load":
        load(database, folder)
        report = take(database, SMALL)
        assert (report.counts["added"], report.counts["changed"]) == (33, 1)
    else:
        take(database, SMALL)
        assert load(database, folder).changed == 1
    assert counts(database)[:2] == [34, 34]
    ours = product(database, "S8")
    assert (ours.listed, ours.kind, ours.name_zh) == (True, "cameras", "交换机")
    assert current(database, "S8")["poe_out.type1-ieee802.3af"] == "8"
    assert take(database, SMALL).is_unchanged
    assert load(database, folder).is_unchanged
    with database.reading(SYSTEM) as session:
        capability = session.scalars(select(Capability)).one()
        assert (capability.key, capability.value, capability.source) == ("poe_budget", "120", "sheet 1")
        assert not session.scalars(select(DeviceFact).where(DeviceFact.key == "poe_budget")).all()


def test_what_we_stop_listing_stays_known_but_is_not_for_sale(database: Database, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path / "own", cameras=S8P, prices=S8P_PRICE)
    load(database, folder)
    take(database, SMALL)
    report = load(database, write_catalogue(tmp_path / "rest"))
    assert report.archived == 1
    ours = product(database, "S8")
    assert (ours.listed, ours.archived_at, ours.kind) == (False, None, "device")
    with database.reading(SYSTEM) as session:
        assert not session.scalars(select(Capability).where(Capability.product_id == ours.id)).all()
    assert take(database, SMALL).is_unchanged


def test_what_vanishes_from_a_source_stays_as_long_as_we_sell_it(database: Database, tmp_path: Path) -> None:
    load(database, write_catalogue(tmp_path / "own", cameras=S8P, prices=S8P_PRICE))
    folder = copy_of_small(tmp_path / "small")
    take(database, folder)
    (folder / "device-types" / "Nordwerk" / "NW-S8P.yaml").unlink()
    report = take(database, folder)
    assert (report.counts["gone"], report.counts["archived"]) == (1, 0)
    assert product(database, "S8").archived_at is None
    assert current(database, "S8") == {}


def test_two_sources_speak_of_one_product_each_with_its_own_facts(database: Database, tmp_path: Path) -> None:
    take(database, SMALL)
    other = copy_of_small(tmp_path / "other")
    report = take(database, other)
    assert (report.counts["added"], report.counts["changed"]) == (0, 34)
    assert counts(database)[:2] == [34, 68]
    for path in sorted(other.rglob("*.y*ml"))[1:]:
        path.unlink()
    assert take(database, other, let_vanish=True).counts["archived"] == 0  # the first source still names them


def test_facts_of_another_model_do_not_stay_with_a_product(database: Database, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path / "own", cameras=S8P, prices=S8P_PRICE)
    load(database, folder)
    take(database, SMALL)
    load(database, write_catalogue(folder, cameras=S8P.replace("nw-s8p", "nw-s24p"), prices=S8P_PRICE))
    assert current(database, "S8") == {}
    take(database, SMALL)
    assert current(database, "S8")["poe_out.type2-ieee802.3at"] == "24"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE device_fact SET value = 'x'",
        "DELETE FROM device_fact",
        "UPDATE device_type SET model = 'x'",
        "UPDATE device_type SET notices = '[]'",
        "DELETE FROM device_type",
        "UPDATE source_revision SET licence = 'x'",
        "DELETE FROM source_revision",
    ],
)
def test_imported_facts_never_change_even_for_the_house(database: Database, statement: str) -> None:
    take(database, SMALL)
    with pytest.raises(DBAPIError, match="imported facts never change"), database.writing(SYSTEM) as session:
        session.execute(text(statement))


def test_the_database_refuses_a_hint_with_a_value_and_two_current_rows(database: Database) -> None:
    take(database, SMALL)
    with pytest.raises(DBAPIError), database.writing(SYSTEM) as session:
        session.add(
            DeviceFact(device_type_id=1, key="hint.x", value="95", unit="W", number=None, origin="hint", place="/x")
        )
    with pytest.raises(DBAPIError), database.writing(SYSTEM) as session:
        row = session.scalars(select(DeviceType).limit(1)).one()
        columns = {column.name: getattr(row, column.name) for column in DeviceType.__table__.columns}
        session.add(DeviceType(**{**columns, "id": None}))


def test_the_real_library_is_imported_whole_and_quickly(database: Database) -> None:
    folder = real_library()
    report = take(database, folder)
    assert len(report.library.types) == report.library.files
    assert take(database, folder).is_unchanged
