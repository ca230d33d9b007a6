"""Characters of a PDF that were drawn as boxes: glyphs that the embedded font does not hold."""

import io
from typing import Any

from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import ContentStream


def missing_glyphs(reader: PdfReader) -> int:
    """Return how many drawn glyphs are none of their font's: glyph 0, or one beyond its last."""
    sizes: dict[int, int] = {}
    return sum(_on_page(reader, page, sizes) for page in reader.pages)


def _on_page(reader: PdfReader, page: Any, sizes: dict[int, int]) -> int:
    fonts = page["/Resources"]["/Font"]
    found, last = 0, 0
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator == b"Tf":
            last = _glyphs_in(fonts[operands[0]].get_object(), sizes)
        elif operator == b"Tj":
            found += _missing_in(operands[0], last)
        elif operator == b"TJ":
            found += sum(_missing_in(part, last) for part in operands[0])
    return found


def _glyphs_in(font: Any, sizes: dict[int, int]) -> int:
    """Return the number of glyphs of the font program that the PDF carries."""
    descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
    file = descriptor.get("/FontFile3") or descriptor["/FontFile2"]
    key = file.indirect_reference.idnum if hasattr(file, "indirect_reference") else id(file)
    if key not in sizes:
        sizes[key] = int(TTFont(io.BytesIO(file.get_object().get_data()))["maxp"].numGlyphs)
    return sizes[key]


def _missing_in(part: Any, last: int) -> int:
    raw = getattr(part, "original_bytes", b"")
    numbers = (int.from_bytes(raw[at : at + 2]) for at in range(0, len(raw), 2))
    return sum(number == 0 or number >= last for number in numbers)
