"""Uploaded lists: what spreadsheets of both languages write is read, bombs and formulas are not."""

import io
import zipfile
from datetime import date

import pytest
from openpyxl import Workbook

from portal.errors import Invalid
from portal.parties.import_checks import COLUMNS, check_row, recognise
from portal.parties.tables import FORMULA, MOST_BYTES, MOST_ROWS, MOST_UNPACKED, ROUNDED, read_table


def workbook(*rows: tuple[object, ...]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_every_spreadsheet(encoding: str, delimiter: str) -> None:
    text = f"名称{delimiter}地址\r\n青溪医院{delimiter}示范路\r\n\r\n{delimiter}\r\n松禾物流{delimiter}\r\n"
    table = read_table(text.encode(encoding))
    assert table.titles == ("名称", "地址")
    assert table.rows == ((2, ("青溪医院", "示范路")), (5, ("松禾物流", "")))


def test_a_quoted_cell_may_hold_anything() -> None:
    table = read_table(b'Name,Address\n"A, B","Road 1\nHouse 2"\n')
    assert table.rows == ((3, ("A, B", "Road 1\nHouse 2")),)


def test_a_workbook() -> None:
    rows = (("Name", "Phone", "Since"), ("A", 13800138000, date(2026, 1, 2)), (None,), ("=1+1", 9.1e17, True))
    table = read_table(workbook(*rows))
    assert table.titles == ("Name", "Phone", "Since")
    assert table.rows == ((2, ("A", "13800138000", "2026-01-02")), (4, (FORMULA, ROUNDED, "True")))


def test_a_csv_formula_is_marked() -> None:
    assert read_table(b"Name\n=HYPERLINK(1)\n@x\n").rows == ((2, (FORMULA,)), (3, (FORMULA,)))


def test_limits() -> None:
    head = b"Name\n"
    assert len(read_table(head + b"A\n" * MOST_ROWS).rows) == MOST_ROWS
    for content in (
        head + b"A\n" * (MOST_ROWS + 1),
        head + b"x" * MOST_BYTES,
        head + b"\n" * 30_000 + b"A\n",
        b"a," * 50 + b"b\n1\n",
        head + b"x" * 2001,
        head,
        b"",
        b"\x00\x01\x02",
        b"%PDF-1.7",
    ):
        with pytest.raises(Invalid):
            read_table(content)


def repacked(content: bytes, name: str, inner: bytes) -> bytes:
    """Return a workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, inner)
    return out.getvalue()


def test_hostile_workbooks() -> None:
    good = workbook(("Name",), ("A",))
    sheet = "xl/worksheets/sheet1.xml"
    entity = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><worksheet>&a;</worksheet>'
    for content in (
        repacked(good, sheet, entity),
        repacked(good, sheet, entity.decode().encode("utf-16")),
        repacked(good, sheet, b"<worksheet><sheetData><row>"),
        repacked(good, "xl/media/bomb.bin", b"\0" * (MOST_UNPACKED + 1)),
        repacked(good, "xl/workbook.xml", b"<workbook/>"),
        good[: len(good) // 2],
        b"PK\x03\x04" + b"\0" * 100,
        workbook(),
    ):
        with pytest.raises(Invalid):
            read_table(content)
    far = good_with_far_cell()
    with pytest.raises(Invalid, match="rows"):
        read_table(far)


def good_with_far_cell() -> bytes:
    """Return a small workbook whose second row claims to be the last one of all."""
    book, out = Workbook(), io.BytesIO()
    book.active["A1"], book.active["A1048576"] = "Name", "A"
    book.save(out)
    return out.getvalue()


def test_titles_in_both_languages_and_with_stars() -> None:
    columns, ignored = recognise(("*Name", "统一社会信用代码", "ADDRESS ", "Colour", "ＰＨＯＮＥ", ""))
    assert columns == ["name", "credit_code", "address", None, "phone", None]
    assert ignored == ["Colour"]
    for titles in (("Address",), ("Name", "名称")):
        with pytest.raises(Invalid):
            recognise(titles)
    every = [title for names in COLUMNS.values() for title in names]
    assert len({title.casefold() for title in every}) == len(every)


@pytest.mark.parametrize(
    ("column", "text", "wrong"),
    [
        ("name", FORMULA, True), ("name", "-cmd", True), ("phone", "+86 571 5550 1111", False), ("phone", "call", True),
        ("email", "a@b.example", False), ("email", "a b@c.example", True), ("email", "a@b", True),
        ("credit_code", "91350100M000100Y43", False), ("credit_code", "91350100M000100Y44", True),
        ("credit_code", ROUNDED, True), ("industry", "医疗卫生", False), ("industry", "health", False),
        ("industry", "Spying", True), ("region", "Zhejiang", False), ("size", "100–499 人", False),
        ("address", "x" * 401, True), ("alias", "a\u202eb", True), ("reach", "ada@x.example", True),
    ],
)  # fmt: skip
def test_cells(column: str, text: str, wrong: bool) -> None:
    row = check_row(2, ["name", column] if column != "name" else ["name"], ("A", text) if column != "name" else (text,))
    assert [problem["column"] for problem in row.problems] == (
        [column] if wrong and column != "reach" else ["contact"] * wrong
    )


def test_a_row_without_name() -> None:
    assert [problem["column"] for problem in check_row(2, ["name", "address"], ("", "Road")).problems] == ["name"]
