"""What stands on labels and in sentences: serial numbers, known codes, and what must not be learned."""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from portal.errors import Invalid
from portal.support.knowledge.faults import Known
from portal.support.matching.detecting import Detected, detect
from portal.support.matching.learning import cleaned
from portal.support.matching.scanning import scan, serial_in
from portal.words import Text

KNOWN = [
    Known(number, "cameras", kind, value, key, Text("", ""), None, False)
    for number, (kind, value, key) in enumerate(
        [("error_code", "E-CAM-21", "ecam21"), ("error_code", "E-SW-31", "esw31"), ("firmware", "V5.7.3", "v5.7.3")]
    )
]


@pytest.mark.parametrize(
    ("text", "serial"),
    [
        ("SN-12345", "SN-12345"), ("  LQ2026A00017 ", "LQ2026A00017"), ("S/N: AB12-9", "AB12-9"),
        ("MODEL:LQ-D4-I;SN:0042X;MAC:00", "0042X"), ("序列号：ＡＢＣ１２３", "ABC123"),
        ("https://x.example/p?sn=Q7-1&b=2", "Q7-1"), ("https://x.example/unit/Q7-2/", "Q7-2"),
        ("https://x.example/", ""),
        ("", ""), ("no serial here", ""), ("<script>", ""), ("a" * 200, ""), ("../../etc/passwd", ""),
    ],
)  # fmt: skip
def test_serial_numbers_of_labels(text: str, serial: str) -> None:
    assert serial_in(text) == serial


@pytest.mark.parametrize("kind", [zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128])
def test_codes_in_a_photo(kind: zxingcpp.BarcodeFormat) -> None:
    code = Image.fromarray(zxingcpp.create_barcode("SN:LQ-0017", kind).to_image(scale=6))
    photo = Image.new("L", (code.width + 200, code.height + 200), 230)
    photo.paste(code, (90, 110))
    out = BytesIO()
    photo.rotate(8, fillcolor=230).convert("RGB").save(out, "JPEG", quality=70)
    assert scan(out.getvalue()) == "LQ-0017"


def test_photos_without_a_code_and_files_that_are_no_photos() -> None:
    out = BytesIO()
    Image.new("RGB", (60, 60), "navy").save(out, "PNG")
    for content in (out.getvalue(), b"", b"text", b"\x89PNG\r\n\x1a\n" + b"\0" * 30, out.getvalue()[:40]):
        with pytest.raises(Invalid):
            scan(content)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("shows E-CAM-21 at night", Detected("E-CAM-21", "")),
        ("报错ecam21，固件 V5.7.3", Detected("E-CAM-21", "V5.7.3")),
        ("e cam 21", Detected("E-CAM-21", "")), ("E-CAM-2", Detected()),
        ("5.7.3", Detected()), ("", Detected()), ("E-SW-31 then E-CAM-21", Detected("E-CAM-21", "")),
    ],
)  # fmt: skip
def test_known_codes_in_what_people_type(text: str, found: Detected) -> None:
    assert detect(text, KNOWN) == found


def test_nothing_that_names_somebody_is_learned() -> None:
    said = (
        "Dr. Wu (wu@clinic.example, +86 138 0013 8000) of Qingxi Hospital, 66 Sample Road, says camera SN-north-1 "
        "at 10.0.3.17 and LQ2026A00017 drop at night"
    )
    words = cleaned(said, {"Qingxi Hospital", "66 Sample Road", "SN-north-1", "Dr. Wu"})
    for secret in ("Wu", "clinic", "138", "Qingxi", "66", "SN-north", "10.0", "LQ2026"):
        assert secret not in words
    assert "drop at night" in words
    assert len(cleaned("x" * 1000, ())) == 300
    assert "\n" not in cleaned("a\nb", ())
