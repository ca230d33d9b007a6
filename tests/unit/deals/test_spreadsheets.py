"""Workbooks and CSV: numbers are numbers, formulas are ours, texts are texts, and properties name nobody."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook

from portal.deals.sheets import quote_csv, quote_xlsx, resale_xlsx
from portal.deals.spreadsheets import Amount, Column, Sheet, lines_csv, workbook
from tests.unit.pdf.offers import an_offer
from tests.unit.pdf.quotes import a_quote

LIKE_FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "=cmd|' /C calc'!A0",
    " =1+1",
    "＝1+1",
    '=HYPERLINK("http://x")',
]


def cells_of(content: bytes) -> list[object]:
    sheet = load_workbook(io.BytesIO(content)).active
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_quote_is_a_table_of_real_numbers_that_add_up(locale: str) -> None:
    quote, lines = a_quote(7, title="Block B 𠮷")
    content = quote_xlsx(quote, lines, locale=locale)
    cells = cells_of(content)
    numbers = [cell.value for cell in cells if isinstance(cell.value, int | float)]
    for line in lines:
        assert line.unit_minor / 100 in numbers
        assert line.list_unit_minor / 100 in numbers
    for minor in (quote.list_minor, quote.net_minor, quote.tax_minor, quote.gross_minor):
        assert minor / 100 in numbers
    formulas = [cell for cell in cells if cell.data_type == "f"]
    assert len(formulas) == len(lines)
    assert all(re.fullmatch(r"=E(\d+)\*G\1", cell.value) for cell in formulas)
    values = load_workbook(io.BytesIO(content), data_only=True).active
    assert [values[cell.coordinate].value for cell in formulas] == [line.net_minor / 100 for line in lines]
    assert {cell.number_format for cell in formulas} == {"#,##0.00"}
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert "Block B 𠮷" in texts
    assert ("Camera 3" if locale == "en" else "摄像机 3 型") in texts
    days = [cell.value for cell in cells if isinstance(cell.value, datetime)]
    assert datetime(2026, 11, 22) in days


@pytest.mark.parametrize("text", LIKE_FORMULAS)
def test_a_text_that_looks_like_a_formula_is_a_text(text: str) -> None:
    quote, lines = a_quote(2, title=text, note=text, customer_name=text, snapshot={})
    for line in lines:
        line.sku = line.maker = line.name_en = line.group_en = text
    content = quote_xlsx(quote, lines, locale="en")
    cells = cells_of(content)
    assert all(cell.value.startswith("=E") for cell in cells if cell.data_type == "f")
    same = [cell for cell in cells if isinstance(cell.value, str) and cell.value.strip() == text.strip()]
    assert len(same) >= 9
    assert all(cell.quotePrefix for cell in same), "Excel shows it as typed, and keeps it a text when it is edited"
    rows = list(csv.reader(io.StringIO(quote_csv(quote, lines, locale="en").decode("utf-8-sig"))))
    for row in rows[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for cell in row)
        assert row[3].startswith("'")


def test_csv_has_plain_numbers_and_the_mark_of_its_encoding() -> None:
    quote, lines = a_quote(3)
    content = quote_csv(quote, lines, locale="zh")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == 4
    for line, row in zip(lines, rows[1:], strict=True):
        assert f"{line.net_minor / 100:.2f}" in row
        assert line.name_zh in row
    assert lines_csv(["a"], [['x"y,z\nw']]).decode("utf-8-sig") == 'a\r\n"x""y,z\nw"\r\n'
    assert lines_csv(["=a"], [[Amount(-5, "CNY")]]).decode("utf-8-sig") == "'=a\r\n-0.05\r\n"


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_an_offer_holds_what_the_customer_may_see_and_no_more(locale: str) -> None:
    offer, lines = an_offer(6)
    content = resale_xlsx(offer, lines, locale=locale)
    book = load_workbook(io.BytesIO(content))
    assert len(book.worksheets) == 1
    assert book.defined_names == {} or set(book.defined_names) <= {"_xlnm.Print_Titles"}
    properties = book.properties
    assert (properties.creator or "", properties.lastModifiedBy or "") == ("", "")
    assert properties.created == datetime(2026, 11, 22, 3)
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        everything = b"".join(parts.read(name) for name in parts.namelist()).decode()
        assert not [name for name in parts.namelist() if "comment" in name or "custom" in name or "external" in name]
    for word in ("purchase", "gold", "Partner price", "伙伴价", "margin"):
        assert word not in everything


def test_an_agreed_total_has_no_formula_where_a_piece_price_is_rounded() -> None:
    offer, lines = an_offer(2, fixed_net_minor=100)
    lines[0].net_minor -= 1
    formulas = [cell.coordinate for cell in cells_of(resale_xlsx(offer, lines, locale="en")) if cell.data_type == "f"]
    assert len(formulas) == 1


def test_yen_have_no_decimals_and_control_characters_are_gone() -> None:
    sheet = Sheet("x", "a\x00b\x1f", "c", datetime(2026, 1, 2, tzinfo=UTC), [("d", date(2026, 1, 2))], [Column("e", 9)],
                  [("line", [Amount(1234, "JPY")]), ("line", ["\ud800 half \u202e turned"])])  # fmt: skip
    cells = cells_of(workbook(sheet))
    assert {cell.number_format for cell in cells if cell.value == 1234} == {"#,##0"}
    assert cells[0].value == "ab"
    assert any(cell.value == " half  turned" for cell in cells)


def test_thousands_of_lines_stay_small() -> None:
    rows = [("line", [f"text {number}", number]) for number in range(20_000)]
    content = workbook(
        Sheet("x", "x", "x", datetime(2026, 1, 1, tzinfo=UTC), [], [Column("a", 9), Column("b", 9)], rows)
    )
    assert len(cells_of(content)) == 40_003
