"""What stands on the pages of a quote, read back out of the PDF."""

import io
import re
from collections.abc import Callable

import pytest
from pypdf import PdfReader

from portal.deals.documents import render_quote
from portal.formats import formats
from portal.money import Money
from portal.pdf import Renderer
from tests.unit.pdf.quotes import a_quote

RARE = "㛃䶮𬭎"
Pages = Callable[..., PdfReader]


@pytest.fixture
def pages(renderer: Renderer) -> Pages:
    def draw(locale: str, count: int = 5, **changes: object) -> PdfReader:
        quote, lines = a_quote(count, **changes)
        html = render_quote(quote, lines, locale=locale, document_id="7k3m9p2x4n8q1r5t")
        return PdfReader(io.BytesIO(renderer(html)))

    return draw


def text_of(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", ["Lanqiao Vision", "Yunling Security", "Camera 3", "22 Nov 2026", "22 Dec 2026", "Bit rate", "30 days"]),
        ("zh", ["澜桥视讯", "云岭安防", "摄像机 3 型", "2026年11月22日", "2026年12月22日", "码率", "30 天"]),
    ],
)
def test_says_everything_in_the_language_asked_for(pages: Pages, locale: str, expected: list[str]) -> None:
    quote, _ = a_quote()
    text = text_of(pages(locale, note=f"联系人：{RARE}"))
    show = formats(locale)
    sums = [show.money(Money(minor, "CNY")) for minor in (quote.list_minor, quote.net_minor, quote.tax_minor)]
    for wanted in [
        *expected,
        *sums,
        show.money(Money(quote.gross_minor, "CNY")),
        "Q-2026-000123",
        "13%",
        "4096 kbit/s",
    ]:
        assert wanted in text, wanted
    assert "7k3m9p2x4n8q1r5t" in text
    assert RARE in text


def test_rare_characters_have_glyphs_in_both_weights(pages: Pages) -> None:
    reader = pages("zh", title=RARE, customer_name=RARE)
    assert text_of(reader).count(RARE) == 2
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert all("CJK" in font["/BaseFont"] or "SC" in font["/BaseFont"] for font in fonts), "no substitute was drawn"


def test_long_tables_repeat_their_heading_on_every_page_and_keep_rows_whole(pages: Pages) -> None:
    reader = pages("en", count=64)
    texts = [page.extract_text() for page in reader.pages]
    assert len(texts) >= 3
    rows = [[int(number) for number in re.findall(r"LQ-(\d{3})", text)] for text in texts]
    assert [number for page in rows for number in page] == list(range(1, 65))
    for text, numbers in zip(texts, rows, strict=True):
        assert ("Partner price" in text) == bool(numbers)
        for number in numbers:
            assert f"Camera {number}" in text
    for number, text in enumerate(texts, 1):
        assert f"Page {number} of {len(texts)}" in text


def test_subtotals_add_up_to_the_net_total(pages: Pages) -> None:
    quote, lines = a_quote(9)
    text = text_of(pages("en", count=9))
    show = formats("en")
    subtotals = [
        sum(line.net_minor for line in lines if line.group_en == name) for name in ("Cameras", "Recording", "Network")
    ]
    assert sum(subtotals) == quote.net_minor
    for name, minor in zip(("Cameras", "Recording", "Network"), subtotals, strict=True):
        assert re.search(rf"{name}\s+Subtotal\s+{re.escape(show.amount(minor, 'CNY'))}", text)


def test_invented_goods_are_marked_and_real_ones_are_not(pages: Pages) -> None:
    quote, lines = a_quote(2)
    assert [line.invented for line in lines] == [False, True]
    html = render_quote(quote, lines, locale="en", document_id="x")
    first, second = html.split("LQ-001")[1].split("LQ-002")
    assert "demonstration" not in first
    assert "demonstration" in second
    for line in lines:
        line.invented = False
    assert "emonstration" not in render_quote(quote, lines, locale="en", document_id="x")


def test_a_snapshot_without_anything_still_makes_a_page(pages: Pages) -> None:
    assert "Q-2026-000123" in text_of(pages("zh", snapshot={}, customer_name="", valid_until=None))


def test_title_language_and_dates_are_in_the_file_and_the_same_quote_gives_the_same_file(renderer: Renderer) -> None:
    quote, lines = a_quote()
    html = render_quote(quote, lines, locale="zh", document_id="x")
    pdf = renderer(html)
    assert pdf == renderer(html)
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.metadata is not None
    assert "Q-2026-000123" in str(reader.metadata.title)
    assert reader.metadata.author == "澜桥视讯"
    assert reader.metadata["/CreationDate"] == "D:20261122030000Z"
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"  # type: ignore[index]
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"], "tagged for screen readers"  # type: ignore[index]


def test_large_amounts_stay_on_the_paper(pages: Pages) -> None:
    quote, lines = a_quote(1)
    lines[0].unit_minor = lines[0].net_minor = 10**14
    html = render_quote(quote, lines, locale="en", document_id="x")
    assert "1,000,000,000,000.00" in html


@pytest.mark.parametrize(
    ("locale", "words"), [("en", ["Special price (CNY)", "Of it, special prices"]), ("zh", ["123,456.00"])]
)
def test_special_prices_that_were_granted_stand_beside_list_and_partner_price(locale: str, words: list[str]) -> None:
    quote, lines = a_quote(3)
    html = render_quote(quote, lines, locale=locale, document_id="x")
    assert "123,456.00" not in html
    lines[1].unit_minor, lines[1].special_unit_minor = 12_400_000, 12_345_600
    html = render_quote(quote, lines, locale=locale, document_id="x")
    assert "124,000.00" in html
    assert "123,456.00" in html
    assert formats(locale).money(Money(-54_400 * lines[1].quantity, "CNY")) in html
    for word in words:
        assert word in html


def test_special_prices_stay_on_the_paper_beside_large_amounts() -> None:
    quote, lines = a_quote(1)
    lines[0].list_unit_minor = lines[0].unit_minor = lines[0].net_minor = 10**14
    lines[0].special_unit_minor = 10**14 - 1
    html = render_quote(quote, lines, locale="en", document_id="x")
    assert "999,999,999,999.99" in html
    assert html.count("<th") == render_quote(*a_quote(1), locale="en", document_id="x").count("<th")  # no column more
