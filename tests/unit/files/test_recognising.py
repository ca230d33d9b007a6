"""A file is what its content says; bombs, packed folders and moving pictures are refused before they are opened."""

import io
import time
import tracemalloc
import zipfile

import pytest
from PIL import Image

from portal.files import refusing
from portal.files.recognising import MOST_BYTES, recognise
from portal.files.refusing import Refused, TooMuch
from tests.unit.files.samples import HTML, OFFICE, PDF, SVG, liar, office_bomb, packed, picture, png_bomb


def refusal(content: bytes) -> str:
    with pytest.raises(Refused) as caught:
        recognise(io.BytesIO(content))
    return caught.value.message


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (picture("PNG"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("WEBP"), "image/jpeg"),
        (picture("PNG", mode="RGBA"), "image/png"),
        (PDF, "application/pdf"),
        (packed(OFFICE), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("到访记录：青溪医院".encode(), "text/plain"),
        ("到访记录：青溪医院".encode("gb18030"), "text/plain"),
        ("visit".encode("utf-16"), "text/plain"),
        (SVG, "text/plain"),
        (HTML, "text/plain"),
    ],
    ids=["png", "jpeg", "webp", "transparent", "pdf", "docx", "utf-8", "gb18030", "utf-16", "svg", "html"],
)
def test_the_content_says_what_it_is(content: bytes, found: str) -> None:
    assert recognise(io.BytesIO(content)).content_type == found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", refusing.EMPTY),
        (b"MZ\x90\x00" + b"\0" * 200, refusing.UNKNOWN),
        (b"\x7fELF" + b"\0" * 200, refusing.UNKNOWN),
        (b"GIF89a" + b"\x01\0" * 50, refusing.UNKNOWN),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, refusing.MACROS),
        (b"text\x00with a hole", refusing.UNKNOWN),
        (b"\x1b[31mred", refusing.UNKNOWN),
        (PDF[:-7], refusing.DAMAGED),
        (picture("PNG")[:-20], refusing.DAMAGED),
        (picture("JPEG", (900, 900))[:-200], refusing.DAMAGED),
        (packed({"notes.txt": b"x"}), refusing.PACKED),
        (packed(OFFICE | {"../../etc/passwd": b"x"}), refusing.PACKED),
        (packed(OFFICE | {"/etc/passwd": b"x"}), refusing.PACKED),
        (packed(OFFICE | {"word/vbaProject.bin": b"x"}), refusing.MACROS),
        (packed(OFFICE)[:-10], refusing.DAMAGED),
    ],
)
def test_what_is_not_taken_says_why(content: bytes, message: str) -> None:
    assert refusal(content) == message


def test_too_large_is_said_without_a_look() -> None:
    with pytest.raises(TooMuch):
        recognise(io.BytesIO(b"%PDF-" + b"x" * MOST_BYTES))


def test_bombs_are_refused_before_they_are_opened() -> None:
    """F1, F2: in little time and memory, although what they say would be gigabytes."""
    moving = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), (shade, 0, 0)) for shade in range(30)]
    frames[0].save(moving, "PNG", save_all=True, append_images=frames[1:])
    webp = io.BytesIO()
    frames[0].save(webp, "WEBP", save_all=True, append_images=frames[1:])
    wide = bytearray(picture("WEBP", lossless=True))
    at = wide.index(b"VP8L") + 9
    wide[at : at + 4] = ((1 << 28) - 1).to_bytes(4, "little")
    many = packed(OFFICE | {f"word/{number}.xml": b"" for number in range(5_100)}, method=zipfile.ZIP_STORED)
    cases = {
        "png": (png_bomb(), refusing.TOO_WIDE),
        "apng": (moving.getvalue(), refusing.MOVING),
        "webp": (webp.getvalue(), refusing.MOVING),
        "wide webp": (bytes(wide), refusing.TOO_WIDE),
        "docx": (office_bomb(), refusing.SUSPICIOUS),
        "lying docx": (liar(OFFICE, "word/document.xml", 4_000_000_000), refusing.SUSPICIOUS),
        "many entries": (many, refusing.SUSPICIOUS),
    }
    for name, (content, message) in cases.items():
        begun = time.process_time()
        tracemalloc.start()
        assert refusal(content) == message, name
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 40_000_000, name
        assert time.process_time() - begun < 1, name


def test_entries_that_share_their_bytes_are_refused() -> None:
    """Overlapping entries: the list names the same bytes many times, so all together are larger than the file."""
    content = packed(OFFICE | {"word/a.xml": bytes(range(256)) * 40}, method=zipfile.ZIP_STORED)
    with zipfile.ZipFile(io.BytesIO(content)) as folder:
        last = folder.infolist()[-1]
        start = folder.start_dir
    directory = content[start:]
    entry = directory[directory.index(b"PK\x01\x02", 4 + directory.rindex(b"PK\x01\x02") - 4) :]
    entry = entry[: 46 + len(last.filename)]
    ending = bytearray(directory[directory.index(b"PK\x05\x06") :])
    listed = directory[: directory.index(b"PK\x05\x06")] + entry * 30
    ending[8:12] = (33).to_bytes(2, "little") * 2
    ending[12:16] = len(listed).to_bytes(4, "little")
    assert refusal(content[:start] + listed + bytes(ending)) in (refusing.SUSPICIOUS, refusing.DAMAGED)


def test_a_picture_keeps_nothing_but_its_pixels() -> None:
    """Where a photo was taken, comments, and a page that hides behind the end of the picture: gone."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET-DESCRIPTION"
    exif.get_ifd(0x8825)[2] = (31.0, 14.0, 7.0)
    exif[0x0112] = 6  # lies on its side
    photo = picture("JPEG", (60, 20), exif=exif.tobytes(), comment=b"SECRET-COMMENT")
    for content in (photo + HTML, picture("PNG") + HTML):
        kept = recognise(io.BytesIO(content))
        assert kept.drawn is not None
        for held in (kept.read(), kept.drawn.small):
            assert b"SECRET" not in held
            assert b"script" not in held
        with Image.open(io.BytesIO(kept.read())) as drawn:
            assert not drawn.getexif()
            assert "exif" not in drawn.info
    with Image.open(recognise(io.BytesIO(photo)).content) as drawn:
        assert drawn.size == (20, 60)


def test_a_large_photo_is_kept_smaller() -> None:
    kept = recognise(io.BytesIO(picture("JPEG", (5_000, 4_000))))
    with Image.open(kept.content) as drawn:
        assert max(drawn.size) == 3_000
    assert kept.drawn is not None
    assert (kept.drawn.width, kept.drawn.height) == (480, 384)
