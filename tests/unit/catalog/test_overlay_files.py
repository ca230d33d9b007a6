"""capabilities.csv and what holds for all catalogue files: units, formulas, sizes, links."""

import os
from pathlib import Path

import pytest

from portal.catalog import csvrows
from portal.catalog.csvrows import CatalogueErrors, is_formula
from portal.catalog.files import read_catalogue
from portal.catalog.overlay import CapabilityFact
from tests.factories.catalogue import CAMERAS, write_catalogue

HEAD = "sku,maker,model,key,value,unit,source,confirmed\n"


def test_a_value_of_its_own_source_wins_over_the_column(tmp_path: Path) -> None:
    lines = ("CAM-1,,,power,7,W,measured,no", ",lanqiao,cam-2,ir,30,m,sheet 9,yes", ",Nord,X1,bays,4,count,sheet 8,yes")
    overlay = HEAD + "\n".join(lines)
    facts = read_catalogue(write_catalogue(tmp_path, capabilities=overlay))
    assert facts.products["CAM-1"].capabilities == {
        "power": CapabilityFact("7", "W", "measured", False),
        "view": CapabilityFact("wide", "", "sheet 1", True),
    }
    assert facts.products["CAM-2"].capabilities["ir"] == CapabilityFact("30", "m", "sheet 9", True)
    rest = facts.overlay
    assert [(fact.line, fact.maker, fact.model, fact.key, fact.capability.value) for fact in rest] == [
        (4, "Nord", "X1", "bays", "4")
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("CAM-1,,,power,,W,s,yes", "value is empty"),
        ("CAM-1,,,power,7,W,,yes", "source is empty"),
        ("CAM-1,,,power,7,W,s,", "confirmed must be yes or no"),
        ("CAM-1,,,power,7,horse,s,yes", "unknown unit 'horse'"),
        ("CAM-1,,,power,seven,W,s,yes", "'seven' is no whole number of mW in W"),
        ("CAM-1,,,power,0.0001,W,s,yes", "'0.0001' is no whole number of mW in W"),
        ("CAM-1,,,power,1e3,W,s,yes", "'1e3' is no whole number"),
        ("CAM-1,,,Power W,7,W,s,yes", "'Power W' is no proper key"),
        ("CAM-1,,,power[W],7,W,s,yes", "'power[W]' is no proper key"),
        ("CAM-1,M,X,power,7,W,s,yes", "a product is named by its sku, or by maker and model"),
        (",M,,power,7,W,s,yes", "a product is named by its sku, or by maker and model"),
        (",,,power,7,W,s,yes", "a product is named by its sku, or by maker and model"),
        ("CAM-1,M,,power,7,W,s,yes", "a product is named by its sku, or by maker and model"),
        ("CAM-1,,,power,7,W,s,yes\nCAM-1,,,power,8,W,s,yes", "power of this product stands in line 2 already"),
        ("CAM-1,,,note,=1+1,,s,yes", "'=1+1' would be run by a spreadsheet"),
        ("CAM-1,,,note,a\u200bb,,s,yes", "value holds characters"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(CatalogueErrors) as caught:
        read_catalogue(write_catalogue(tmp_path, capabilities=f"{HEAD}{line}\n"))
    problem = caught.value.problems[0]
    assert (problem.file, problem.line) == ("capabilities.csv", 2 + line.count("\n"))
    assert problem.message.startswith(message)


def test_units_of_headings_are_checked_too(tmp_path: Path) -> None:
    with pytest.raises(CatalogueErrors, match=r"cameras.csv:2: power: unknown unit 'w'"):
        read_catalogue(write_catalogue(tmp_path, cameras=CAMERAS.replace("[W]", "[w]")))
    with pytest.raises(CatalogueErrors, match=r"cameras.csv:2: power: 'about 6' is no whole number"):
        read_catalogue(write_catalogue(tmp_path, cameras=CAMERAS.replace("6.5", "about 6")))


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1+1", "-1-cmd|x", "@SUM(A1)", "\tx", " =1", "-2+3", "-A1", '=HYPERLINK("x")']
)
def test_formulas_are_recognised(cell: str) -> None:
    assert is_formula(cell)


@pytest.mark.parametrize("cell", ["-40", "+5", "-40.5", "-48V变送器", "-48 V DC", "", "a=b", "1-2", "名"])
def test_plain_cells_are_none(cell: str) -> None:
    assert not is_formula(cell)


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "@x", "+x", "-x"])
def test_a_formula_anywhere_is_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(CatalogueErrors, match=r"cameras.csv:2: .* would be run by a spreadsheet"):
        read_catalogue(write_catalogue(tmp_path, cameras=CAMERAS.replace("Dome camera", cell)))


def test_links_out_of_the_folder_pipes_and_huge_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_catalogue(tmp_path / "catalogue")
    (tmp_path / "secret.csv").write_text(CAMERAS, "utf-8")
    (folder / "cameras.csv").unlink()
    (folder / "cameras.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(CatalogueErrors, match=r"cameras.csv:0: this link leads out"):
        read_catalogue(folder)
    (folder / "cameras.csv").unlink()
    os.mkfifo(folder / "cameras.csv")
    with pytest.raises(CatalogueErrors, match=r"cameras.csv:0: this is no regular file"):
        read_catalogue(folder)
    (folder / "cameras.csv").unlink()
    monkeypatch.setattr(csvrows, "SIZE_LIMIT", 1024 * 1024)
    (folder / "cameras.csv").write_text(CAMERAS + "x" * 1024 * 1024, "utf-8")
    with pytest.raises(CatalogueErrors, match=r"cameras.csv:0: the file is larger than 1 MB"):
        read_catalogue(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sku\0,maker\n", "the file is not readable UTF-8 text"),
        (CAMERAS + '"' + "x" * 140_000 + '"', "this is not CSV"),
        ("\n" * 30_000 + CAMERAS, "missing columns"),
        (CAMERAS + "\n" * 30_000 + "CAM-9,M,N,名,1,wide,s,yes,yes\n", "more than 20000 lines"),
        (CAMERAS + "CAM-1,M\n" * 10_000, "2 cells where"),
    ],
)
def test_hostile_files_end_in_a_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(CatalogueErrors) as caught:
        read_catalogue(write_catalogue(tmp_path, cameras=text))
    assert len(caught.value.problems) <= csvrows.PROBLEM_LIMIT
    assert message in caught.value.problems[0].message


def test_two_numbers_for_one_model_are_refused(tmp_path: Path) -> None:
    text = (
        CAMERAS.replace("maker,", "maker,model,")
        .replace("Lanqiao,", "Lanqiao,One,")
        .replace(",One,Bullet", ",ONE,Bullet")
    )
    with pytest.raises(CatalogueErrors, match=r"cameras.csv:3: Lanqiao ONE stands in the catalogue already, as CAM-1"):
        read_catalogue(write_catalogue(tmp_path, cameras=text))


def test_the_kinds_of_imported_types_are_not_ours(tmp_path: Path) -> None:
    with pytest.raises(CatalogueErrors, match="'device' is no kind of product"):
        read_catalogue(write_catalogue(tmp_path, device=CAMERAS.replace("CAM", "DEV")))
