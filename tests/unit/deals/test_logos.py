"""Logos: known by content, measured before they are decoded, drawn anew without what rode along."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from portal.deals import logos
from portal.deals.logos import draw_logo
from portal.errors import Invalid


def saved(kind: str, size: tuple[int, int] = (300, 120), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, kind, **options)
    return out.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, rows: int | None = None) -> bytes:
    """A valid picture of zeros, however large, in a few kilobytes; or with fewer rows than it says."""
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(b"\0" * (1 + 3 * width)) for _ in range(height if rows is None else rows))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", body + packer.flush()), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def refusal(content: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        draw_logo(content)
    assert caught.value.field == "logo"
    return caught.value.message


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_good_pictures_become_a_small_png(kind: str) -> None:
    drawn = draw_logo(saved(kind, (3000, 1000)))
    picture = Image.open(io.BytesIO(drawn.content))
    assert (picture.format, picture.size) == ("PNG", (1200, 400))
    assert (drawn.width, drawn.height) == picture.size


def test_what_rides_along_is_left_behind() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>", zip=True)
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "somebody's name", 6
    for content in (
        saved("PNG", pnginfo=info, icc_profile=b"profile" * 99, dpi=(300, 300)),
        saved("JPEG", exif=exif, icc_profile=b"profile" * 99, comment=b"somebody's name"),
    ):
        drawn = draw_logo(content).content
        names = [name for name in (b"tEXt", b"zTXt", b"iTXt", b"iCCP", b"eXIf", b"pHYs") if name in drawn]
        assert names == []
        assert b"script" not in drawn
    assert draw_logo(saved("JPEG", (300, 100), exif=exif)).width == 100, "it is turned as the camera was held"


def test_transparency_stays() -> None:
    drawn = draw_logo(saved("PNG", mode="RGBA"))
    assert Image.open(io.BytesIO(drawn.content)).mode == "RGBA"
    paletted = Image.new("P", (10, 10))
    out = io.BytesIO()
    paletted.save(out, "PNG", transparency=0)
    assert Image.open(io.BytesIO(draw_logo(out.getvalue()).content)).mode == "RGBA"


def test_a_photo_is_made_smaller_until_it_fits() -> None:
    noise = Image.effect_noise((1500, 1500), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=80)
    assert len(out.getvalue()) <= logos.MOST_BYTES
    assert len(draw_logo(out.getvalue()).content) <= logos.MOST_KEPT


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"GIF89a" + b"\0" * 99,
        b"<html><img src=x>", b"%PDF-1.7", b"PK\x03\x04", b"RIFF\x10\0\0\0WAVEfmt ", b"II*\0", b"BM" + b"\0" * 99,
        b"\0\0\0\x20ftypavif",
    ],
)  # fmt: skip
def test_other_files_are_no_pictures(content: bytes) -> None:
    assert refusal(content) == logos.NOT_A_PICTURE


def test_a_gif_of_ten_thousand_frames_is_not_even_opened() -> None:
    frame = b"\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    assert refusal(b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff" + frame * 10_000 + b";") == logos.NOT_A_PICTURE


def test_sizes_are_read_before_anything_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("the decoder was asked")

    wide = saved("WEBP", (16, 16), lossless=True)
    lossless = bytearray(wide)
    lossless[21:25] = struct.pack("<I", (int.from_bytes(wide[21:25], "little") & ~0xFFFFFFF) | 4999 | 4999 << 14)
    extended = bytearray(saved("WEBP", (16, 16), mode="RGBA", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0"))
    assert extended[12:16] == b"VP8X"
    extended[24:27] = (59_999).to_bytes(3, "little")
    monkeypatch.setattr(Image, "open", opened)
    for content in (png(60_000, 1), png(60_000, 60_000, rows=1), bytes(lossless), bytes(extended)):
        assert refusal(content) == logos.TOO_WIDE


def test_a_jpeg_says_its_size_in_its_head() -> None:
    assert refusal(saved("JPEG", (4001, 10))) == logos.TOO_WIDE


def test_moving_pictures_are_refused() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    for kind in ("PNG", "WEBP"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:])
        assert refusal(out.getvalue()) == logos.MOVING


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_cut_of_a_file_is_refused(kind: str) -> None:
    noise = Image.effect_noise((64, 64), 90)
    out = io.BytesIO()
    noise.save(out, kind)
    whole = out.getvalue()
    for length in range(4, len(whole) - 2, max(1, len(whole) // 60)):
        assert refusal(whole[:length]) in (logos.DAMAGED, logos.NOT_A_PICTURE), length


def test_files_that_are_two_things_at_once() -> None:
    page = b"<html><script>alert(1)</script></html>"
    assert refusal(saved("PNG") + page) == logos.MORE_THAN_PICTURE
    assert refusal(saved("WEBP") + page) == logos.MORE_THAN_PICTURE
    assert page not in draw_logo(saved("JPEG") + page).content, "cameras append to JPEGs; nothing of it is kept"
    assert refusal(page + saved("PNG")) == logos.NOT_A_PICTURE


def test_too_many_bytes() -> None:
    assert refusal(saved("PNG") + b"\0" * logos.MOST_BYTES) == logos.TOO_LARGE


def test_random_damage_is_an_answer_and_never_an_error() -> None:
    whole = {kind: bytearray(saved(kind, (40, 40))) for kind in ("PNG", "JPEG", "WEBP")}
    for kind, content in whole.items():
        for at in range(0, len(content), 3):
            hurt = bytearray(content)
            hurt[at] ^= 0xFF
            try:
                assert draw_logo(bytes(hurt)).content.startswith(b"\x89PNG"), kind
            except Invalid:
                continue


MEASURE = """
import resource, sys
from portal.deals.logos import draw_logo
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
content = open(sys.argv[1], "rb").read()
try:
    draw_logo(content)
except Exception as error:
    print(type(error).__name__, file=sys.stderr)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize("size", [(4000, 4000), (60_000, 60_000)])
def test_the_largest_picture_needs_bounded_memory(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(png(*size, rows=4000 if size[1] == 4000 else 100))
    assert path.stat().st_size < logos.MOST_BYTES
    told = subprocess.run([sys.executable, "-c", MEASURE, str(path)], check=True, capture_output=True, text=True)
    assert int(told.stdout) < 250_000, "kilobytes"
