"""Hostile text in a quote: inert on the page, and nothing is ever fetched."""

import base64
import io
import socket
from collections.abc import Iterator

import pytest
from pypdf import PdfReader

from portal.deals.documents import render_quote
from portal.pdf import Renderer
from tests.unit.pdf.quotes import a_quote

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def trap() -> Iterator[socket.socket]:
    """A port on which nobody should ever knock."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def knocks(trap: socket.socket) -> int:
    count = 0
    while True:
        try:
            connection, _ = trap.accept()
        except BlockingIOError:
            return count
        connection.close()
        count += 1


def payloads(port: int) -> list[str]:
    there = f"http://127.0.0.1:{port}/x"
    return [
        "<img src='file:///etc/passwd'>",
        f"<img src='{there}'>",
        f"<link rel=stylesheet href='{there}'>",
        "<link rel=attachment href='file:///etc/passwd'>",
        f"<a rel=attachment href='{there}'>a</a>",
        f"<style>@import url({there}); @font-face {{ font-family: x; src: url({there}) }}</style>",
        f"<style>* {{ background: url({there}) }}</style>",
        f"<object data='{there}'></object><embed src='{there}'><iframe src='{there}'></iframe>",
        f"<svg><image href='{there}'/><use href='{there}#a'/></svg>",
        f"<base href='{there}'><meta http-equiv=refresh content='0;url={there}'>",
        f"<img src='http://169.254.169.254/latest/meta-data'><img src='ftp://127.0.0.1:{port}/'>",
    ]


def files_in(reader: PdfReader) -> list[str]:
    held = [name for name, _ in reader.attachments.items()]
    for index in range(1, reader.trailer["/Size"]):  # type: ignore[arg-type]
        thing = reader.get_object(index)
        if isinstance(thing, dict) and thing.get("/Type") in {"/EmbeddedFile", "/Filespec"}:
            held.append(str(thing))
    return held


@pytest.mark.parametrize("field", ["note", "title", "customer_name"])
def test_markup_in_what_people_type_is_text(renderer: Renderer, trap: socket.socket, field: str) -> None:
    typed = "\n".join(
        [*payloads(trap.getsockname()[1]), "{{7*7}} {% raise %}", "</style></title><script>alert(1)</script>"]
    )
    quote, lines = a_quote(1, **{field: typed})
    html = render_quote(quote, lines, locale="en", document_id="x")
    for tag in ("<img", "<link", "<script", "<object", "<svg", "<base", "<a "):
        assert tag not in html
    reader = PdfReader(io.BytesIO(renderer(html)))
    text = "".join(page.extract_text() for page in reader.pages)
    assert "<img src='file:///etc/passwd'>" in text
    assert "{{7*7}}" in text
    assert "root:" not in text
    assert files_in(reader) == []
    assert knocks(trap) == 0


def test_markup_in_the_snapshot_is_text() -> None:
    evil = "<img src=x onerror=y>"
    snapshot = {
        "supplier": {"name_en": evil},
        "partner": {"name": evil, "address": evil},
        "rules": {"number": evil, "title_en": evil, "hash": evil},
        "prices": {"as_of": evil},
        "assumptions": [{"label_en": evil, "value": evil, "unit": evil, "source": evil}],
        "configuration": [{"section_en": evil, "items": [{"label_en": evil, "value_en": evil}]}],
    }
    quote, lines = a_quote(1, snapshot=snapshot, currency="CNY")
    lines[0].name_en = lines[0].sku = lines[0].maker = lines[0].group_en = evil
    html = render_quote(quote, lines, locale="en", document_id=evil)
    assert "<img" not in html
    assert html.count("&lt;img") >= 14


def test_the_second_wall_fetches_nothing_even_if_markup_came_through(renderer: Renderer, trap: socket.socket) -> None:
    embedded = "".join(f"<{tag} rel=attachment href='data:image/png;base64,{PIXEL}'>" for tag in ("link", "a"))
    page = "<html><body><p>here</p>" + "".join(payloads(trap.getsockname()[1])) + embedded
    reader = PdfReader(io.BytesIO(renderer(page)))
    assert "here" in reader.pages[0].extract_text()
    assert "root:" not in "".join(page.extract_text() for page in reader.pages)
    assert files_in(reader) == []
    assert knocks(trap) == 0


def test_pictures_inside_the_text_are_drawn_but_drawings_with_addresses_are_not(renderer: Renderer) -> None:
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='99' height='99'><text x='9' y='50'>drawn</text></svg>"
    encoded = base64.b64encode(drawing.encode()).decode()
    both = f"<img src='data:image/png;base64,{PIXEL}'><img src='data:image/svg+xml;base64,{encoded}'>"
    reader = PdfReader(io.BytesIO(renderer(f"<html><body>{both}</body></html>")))
    assert len(reader.pages[0].images) == 1
    assert "drawn" not in reader.pages[0].extract_text()


def test_text_that_turns_its_direction_cannot_turn_a_price(renderer: Renderer) -> None:
    quote, lines = a_quote(1, note="\u202e99.00 \u2066abc\u2069\x07", title="مرحبا")
    html = render_quote(quote, lines, locale="en", document_id="x")
    assert not set(html) & set("\u202e\u2066\u2069\x07")
    assert "مرحبا" in html
