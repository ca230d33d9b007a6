"""The partner's own paper: its letterhead, one page and ten, every character drawn, and nothing fetched or told."""

import io
import socket
from collections.abc import Callable, Iterator

import pytest
from PIL import Image
from pypdf import PdfReader

from portal.deals.documents import render_quote
from portal.deals.resale_documents import render_resale
from portal.formats import formats
from portal.money import Money
from portal.pdf import Renderer
from tests.unit.pdf.glyphs import missing_glyphs
from tests.unit.pdf.offers import LETTERHEAD, an_offer
from tests.unit.pdf.quotes import a_quote
from tests.unit.pdf.test_hostile import files_in, knocks, payloads

NAMES = "㐱𠮷䶮龘㛃𬭎"  # characters of personal names that many fonts lack
Pages = Callable[..., PdfReader]


def a_logo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 100), (11, 95, 116)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def trap() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@pytest.fixture
def pages(renderer: Renderer) -> Pages:
    def draw(locale: str, count: int = 5, logo: bytes | None = None, **changes: object) -> PdfReader:
        offer, lines = an_offer(count, **changes)
        html = render_resale(offer, lines, logo, locale=locale, document_id="7k3m9p2x4n8q1r5t")
        return PdfReader(io.BytesIO(renderer(html)))

    return draw


def text_of(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def glyphless(reader: PdfReader) -> int:
    return missing_glyphs(reader)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("en", ["Yunling Security", "Qingxi Hospital", "Camera 3", "22 Dec 2026", "Payment: 30 days net"]),
        ("zh", ["云岭安防", "青溪医院", "摄像机 3 型", "2026年12月22日"]),
    ],
)
def test_one_page_says_everything_under_the_letterhead(pages: Pages, locale: str, expected: list[str]) -> None:
    offer, _ = an_offer(3)
    short = {**offer.snapshot, "configuration": [], "assumptions": []}
    reader = pages(locale, count=3, logo=a_logo(), snapshot=short)
    assert len(reader.pages) == 1
    text = text_of(reader)
    for wanted in (
        *expected,
        "RS-2026-000042",
        *LETTERHEAD.values(),
        formats(locale).money(Money(offer.gross_minor, "CNY")),
    ):
        if wanted in ("云岭安防", "Yunling Security") and wanted not in expected:
            continue
        assert wanted in text, wanted
    assert len(reader.pages[0].images) == 1
    assert glyphless(reader) == 0


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_ten_pages_repeat_head_and_foot_and_hold_every_line_once(pages: Pages, locale: str) -> None:
    reader = pages(locale, count=235, logo=a_logo())
    texts = [page.extract_text() for page in reader.pages]
    assert 9 <= len(texts) <= 12
    assert sum(text.count("LQ-") for text in texts) == 235
    head = "Unit price" if locale == "en" else "CNY"
    for number, text in enumerate(texts, 1):
        assert "RS-2026-000042" in text
        assert "Thank you for your trust" in text
        assert (head in text) or "LQ-" not in text
        if locale == "en":
            assert f"Page {number} of {len(texts)}" in text
    assert glyphless(reader) == 0


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_rare_characters_of_names_are_drawn(pages: Pages, renderer: Renderer, locale: str) -> None:
    head = {**LETTERHEAD, "name": NAMES, "name_en": "", "contact": NAMES}
    reader = pages(locale, note=NAMES, title=NAMES, snapshot={"letterhead": head})
    assert text_of(reader).count(NAMES) >= 4
    assert glyphless(reader) == 0
    quote, lines = a_quote(2, note=NAMES, title=NAMES, customer_name=NAMES)
    quoted = PdfReader(io.BytesIO(renderer(render_quote(quote, lines, locale=locale, document_id="x"))))
    assert text_of(quoted).count(NAMES) == 3
    assert glyphless(quoted) == 0


def test_a_missing_glyph_is_noticed(pages: Pages) -> None:
    assert glyphless(pages("zh", note="\U0010fffd\U0010fffc")) == 2


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_nothing_of_the_purchase_is_on_paper_or_in_the_file(pages: Pages, locale: str) -> None:
    quote, bought = a_quote(5)
    reader = pages(locale)
    held = text_of(reader) + str(dict(reader.metadata or {})) + str(reader.trailer["/Root"])
    show = formats(locale)
    for line in bought:
        for minor in (line.unit_minor, line.net_minor):
            assert show.amount(minor, "CNY") not in held
    for word in (show.amount(quote.net_minor, "CNY"), "gold", "Partner price", "伙伴价", "Lanqiao Vision\n", "Q-2026"):
        assert word not in held, word
    assert reader.metadata is not None
    assert reader.metadata.author == ("Yunling Security" if locale == "en" else "云岭安防")


def test_what_people_type_is_text_and_nothing_is_fetched(renderer: Renderer, trap: socket.socket) -> None:
    typed = "\n".join([*payloads(trap.getsockname()[1]), "{{7*7}}", "</style></title><script>alert(1)</script>"])
    fields = dict.fromkeys(("title", "note", "payment_terms", "delivery_terms"), typed)
    head = dict.fromkeys(LETTERHEAD, typed)
    evil = {"label_en": typed, "value": typed, "unit": typed, "source": typed}
    snapshot = {"letterhead": head, "customer": {"name_en": typed}, "assumptions": [evil], "members": [{"en": typed}]}
    offer, lines = an_offer(2, **fields, snapshot=snapshot)
    lines[0].name_en = lines[0].sku = lines[0].maker = lines[0].group_en = typed
    html = render_resale(offer, lines, a_logo(), locale="en", document_id="x")
    for tag in ("<link", "<script", "<object", "<svg", "<base", "<a ", "<img src='"):
        assert tag not in html
    assert html.count("<img") == 1  # the logo
    reader = PdfReader(io.BytesIO(renderer(html)))
    text = text_of(reader)
    assert "{{7*7}}" in text
    assert "root:" not in text
    assert files_in(reader) == []
    assert knocks(trap) == 0


def test_an_agreed_total_is_explained(pages: Pages) -> None:
    offer, lines = an_offer(2, fixed_net_minor=100)
    lines[0].net_minor -= 1
    html = render_resale(offer, lines, None, locale="en", document_id="x")
    assert "unit prices are rounded" in html
    assert "unit prices are rounded" not in text_of(pages("en"))
