"""Catalogue files: what is read, and that every error names its file and line."""

from datetime import date
from pathlib import Path

import pytest

from portal.catalog.csvrows import CatalogueErrors
from portal.catalog.files import read_catalogue
from portal.catalog.overlay import CapabilityFact
from tests.factories.catalogue import CAMERAS, PRICES, write_catalogue


def test_reads_products_with_units_from_the_header(tmp_path: Path) -> None:
    facts = read_catalogue(write_catalogue(tmp_path))
    camera = facts.products["CAM-1"]
    assert (camera.kind, camera.maker, camera.model, camera.name_zh, camera.invented) == (
        "cameras",
        "Lanqiao",
        "CAM-1",
        "半球摄像机",
        True,
    )
    assert camera.capabilities == {
        "power": CapabilityFact("6.5", "W", "sheet 1", True),
        "view": CapabilityFact("wide", "", "sheet 1", True),
    }
    assert facts.products["SW-8"].capabilities == {"ports": CapabilityFact("8", "", "sheet 3", True)}


def test_reads_books_by_buyers_currency_and_first_day(tmp_path: Path) -> None:
    books = {(book.book, book.valid_from.year): book for book in read_catalogue(write_catalogue(tmp_path)).books}
    assert books["list", 2026].amounts == {"CAM-1": 50000, "CAM-2": 80000, "SW-8": 120000}
    assert books["gold", 2026].amounts == {"CAM-1": 35000, "CAM-2": 56000}
    assert books["list", 2027].valid_to == date(2027, 12, 31)


def test_an_empty_cell_is_no_capability_and_a_column_kind_wins_over_the_file(tmp_path: Path) -> None:
    text = "kind,sku,maker,name_en,name_zh,power[W],source,confirmed,invented\ncamera,X,M,N,名,,s,no,no\n"
    facts = read_catalogue(write_catalogue(tmp_path, cameras=text, prices=PRICES.splitlines()[0]))
    assert facts.products["X"].kind == "camera"
    assert not facts.products["X"].capabilities


ROW = "CAM-9,M,N,名,1,wide,s,yes,yes\n"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"cameras": CAMERAS + "CAM-1,M,N,名,1,wide,s,yes,yes\n"}, "cameras.csv:4: the product CAM-1 stands"),
        ({"cameras": CAMERAS + ROW.replace("yes,yes", "maybe,yes")}, "cameras.csv:4: confirmed must be yes or no"),
        ({"cameras": CAMERAS + ROW.replace("名", "")}, "cameras.csv:4: name_zh is empty"),
        ({"cameras": CAMERAS + ROW.replace("CAM-9", "a b")}, "cameras.csv:4: 'a b' is no product number"),
        ({"cameras": CAMERAS + "CAM-9,M\n"}, "cameras.csv:4: 2 cells where 9 columns"),
        ({"cameras": CAMERAS + f"\n\n{ROW}{ROW}"}, "cameras.csv:7: the product CAM-9 stands"),
        ({"cameras": CAMERAS.replace("source,", "")}, "cameras.csv:1: missing columns: source"),
        ({"cameras": CAMERAS.replace("view", "power")}, "cameras.csv:1: the column"),
        ({"cameras": CAMERAS.replace("power[W]", "Power W")}, "cameras.csv:1: the column 'Power W'"),
        ({"cameras": CAMERAS + '"CAM-9,M'}, "cameras.csv:4: this is not CSV"),
        ({"prices": PRICES + "CAM-7,CNY,list,1,2026-01-01,2026-12-31\n"}, "prices.csv:8: the product CAM-7 is in none"),
        ({"prices": PRICES + "CAM-1,XXX,list,1,2026-01-01,2026-12-31\n"}, "prices.csv:8: unknown currency"),
        ({"prices": PRICES + "CAM-1,CNY,best,1,2026-01-01,2026-12-31\n"}, "prices.csv:8: unknown price book"),
        ({"prices": PRICES + "CAM-1,CNY,list,1.5,2026-01-01,2026-12-31\n"}, "prices.csv:8: '1.5' is no price"),
        ({"prices": PRICES + "CAM-1,CNY,list,-1,2026-01-01,2026-12-31\n"}, "prices.csv:8: '-1' is no price"),
        ({"prices": PRICES + "CAM-1,CNY,silver,1,2026-02-30,2026-12-31\n"}, "prices.csv:8: valid_from is no date"),
        ({"prices": PRICES + "CAM-1,CNY,silver,1,2026-12-31,2026-01-01\n"}, "prices.csv:8: the price ends"),
        ({"prices": PRICES + "CAM-1,CNY,list,1,2026-01-01,2026-12-31\n"}, "prices.csv:8: the price of CAM-1"),
        ({"prices": PRICES + "CAM-1,CNY,list,1,2026-01-01,2026-11-30\n"}, "prices.csv:8: the book list CNY"),
    ],
)
def test_every_error_names_its_file_and_line(tmp_path: Path, files: dict[str, str], line: str) -> None:
    with pytest.raises(CatalogueErrors) as caught:
        read_catalogue(write_catalogue(tmp_path, **files))
    assert str(caught.value.problems[0]).startswith(line)


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    wrong = CAMERAS.replace(",yes,yes", ",so,so").replace("no,no", "ja,no")
    with pytest.raises(CatalogueErrors) as caught:
        read_catalogue(write_catalogue(tmp_path, cameras=wrong))
    assert [problem.line for problem in caught.value.problems if problem.file == "cameras.csv"] == [2, 3]


def test_a_folder_without_files_and_a_file_that_is_no_text_are_errors(tmp_path: Path) -> None:
    with pytest.raises(CatalogueErrors):
        read_catalogue(tmp_path)
    (write_catalogue(tmp_path) / "cameras.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(CatalogueErrors, match=r"cameras.csv:0: the file is not readable"):
        read_catalogue(tmp_path)
