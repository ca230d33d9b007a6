"""Sound and clips are what their content says, whole, and read without taking them into memory."""

import io
import os
import random
import re
import time
import tracemalloc
from pathlib import Path

import pytest

from portal.files import forms, refusing
from portal.files.recognising import MOST_OF_A_CLIP, MOST_OF_SOUND, recognise
from portal.files.refusing import Refused, TooMuch
from portal.files.traces import Cleaned, Trace
from portal.support.tickets import conversation
from tests.unit.files.clips import box, element, mp3, mp4, ogg, wav, webm
from tests.unit.files.samples import HTML


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (mp4(b"vide", b"soun"), "video/mp4"),
        (mp4(b"soun", brand=b"M4A "), "audio/mp4"),
        (mp4(b"vide", brand=b"qt  "), "video/quicktime"),
        (webm(1, 2), "video/webm"),
        (webm(2), "audio/webm"),
        (webm(2, live=True), "audio/webm"),
        (ogg(), "audio/ogg"),
        (mp3(), "audio/mpeg"),
        (b"ID3\x04\x00\x00\x00\x00\x00\x05" + bytes(5) + mp3(), "audio/mpeg"),
        (wav(), "audio/wav"),
    ],
)
def test_the_content_says_what_it_is(content: bytes, found: str) -> None:
    stream = io.BytesIO(content)
    kept = recognise(stream)
    assert (kept.content_type, kept.size, kept.read()) == (found, len(content), content)
    with pytest.raises(Refused):
        recognise(stream, clips=False)


@pytest.mark.parametrize(
    "content",
    [
        mp4(b"vide")[:-20],  # cut
        mp4(b"vide") + HTML,  # something behind it
        mp4(),
        mp4(b"text"),
        box(b"ftyp", b"isom" * 2),
        box(b"ftyp", b"heic" * 2) + box(b"meta", bytes(9)),
        webm(2)[:30],
        webm(17),
        webm(1, doc_type=b"matroska"),
        ogg()[:-5],
        ogg(b"fishhead"),
        mp3()[:300],
        wav()[:-30],
        b"RIFF\x10\0\0\0AVI " + bytes(99),
        b"\xff\xfb\xff\xff" + bytes(99),
    ],
)  # fmt: skip
def test_what_is_not_whole_or_nothing_of_the_kind_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        recognise(io.BytesIO(content))


def test_boxes_that_never_end_take_no_time() -> None:
    """Bombs: boxes in boxes, without length, by the thousand."""
    deep = b""
    for _ in range(3_000):
        deep = box(b"trak", deep)
    for content in (
        mp4(b"vide", extra=box(b"free", b"") * 200_000),
        box(b"ftyp", b"isom" * 2) + box(b"moov", deep) + box(b"mdat", b""),
        box(b"ftyp", b"isom" * 2) + b"\0\0\0\1moov" + b"\xff" * 8,
        b"\x1a\x45\xdf\xa3" + b"\xff" * 500_000,
        element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", b"webm")) + b"\x81\x80" * 400_000,
    ):
        begun = time.process_time()
        with pytest.raises(Refused):
            recognise(io.BytesIO(content))
        assert time.process_time() - begun < 1


def test_a_large_clip_stays_on_the_disk(tmp_path: Path) -> None:
    """Two gigabytes are refused unread, a clip that is taken never lies in memory."""
    path = tmp_path / "clip"
    path.write_bytes(mp4(b"vide"))
    with path.open("r+b") as file:
        rest = MOST_OF_A_CLIP - file.seek(0, os.SEEK_END)
        file.write(rest.to_bytes(4) + b"free")
        file.truncate(MOST_OF_A_CLIP)
        tracemalloc.start()
        assert recognise(file).size == MOST_OF_A_CLIP
        file.truncate(2_000_000_000)
        with pytest.raises(Refused) as caught:
            recognise(file)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert caught.value.message == refusing.DAMAGED or isinstance(caught.value, TooMuch)
    assert peak < 1_000_000


def test_sound_and_clips_have_sizes_of_their_own() -> None:
    sound = mp4(b"soun", extra=box(b"free", bytes(MOST_OF_SOUND)))
    with pytest.raises(TooMuch):
        recognise(io.BytesIO(sound))


PLACE = b"+31.2304+121.4737/"
SAMPLES = b"GPS5" + PLACE * 3
FILM = b"frames" * 50


def trak(kind: bytes, *more: bytes) -> bytes:
    return box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + kind + bytes(12)) + b"".join(more)))


def table(name: bytes, *values: int, width: int = 4) -> bytes:
    return box(name, bytes(4) + b"".join(value.to_bytes(width, "big") for value in values))


def filmed(brand: bytes, *, wide: bool = False) -> bytes:
    """A clip as telephones make it: the place in all sorts of tags, in a track of positions, and behind the film."""
    user = box(b"udta", box(b"\xa9xyz", b"\x00\x12\x15\xc7" + PLACE) + box(b"loci", PLACE))
    keys = box(b"meta", box(b"keys", b"com.apple.quicktime.location.ISO6709") + box(b"ilst", PLACE))
    head = box(b"ftyp", brand + bytes(4) + brand)
    first, name, width = 2 * 22 - 4, *((b"co64", 8) if wide else (b"stco", 4))
    runs = table(b"stsc", 2, 1, 2, 1, 2, 1, 1)  # two samples in the first chunk, one in the second
    sizes = table(b"stsz", 0, 3, 22, first - 22, len(SAMPLES) - first)

    def moov(begins: int) -> bytes:
        offsets = box(name, numbers(0, 2) + b"".join(at.to_bytes(width, "big") for at in (begins, begins + first)))
        measured = trak(b"meta", box(b"minf", box(b"stbl", offsets + runs + sizes)))
        film = box(b"trak", trak(b"vide", box(b"minf", box(b"vmhd", bytes(12))))[8:] + user)
        return box(b"moov", box(b"mvhd", bytes(100)) + film + measured + user + keys)

    begins = len(head) + len(moov(0)) + 8 + len(FILM)
    behind = box(b"uuid", bytes(16) + PLACE) + box(b"free", PLACE) + box(b"meta", PLACE)
    return head + moov(begins) + box(b"mdat", FILM + SAMPLES) + behind


def numbers(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "big") for value in values)


MARKED = {
    "mov": filmed(b"qt  "),
    "mp4": filmed(b"isom"),
    "wide": filmed(b"isom", wide=True),
    "m4a": mp4(b"soun", brand=b"M4A ", extra=box(b"udta", box(b"\xa9xyz", PLACE))),
    "webm": webm(1, 2, tags=b"LOCATION" + PLACE),
    "long webm": webm(1, tags=PLACE * 10),
    "live webm": webm(2, live=True, tags=b"LOCATION" + PLACE),
    "mp3": b"ID3\x04\x00\x40\x00\x00\x00" + bytes([len(PLACE) + 4]) + b"GEOB" + PLACE + mp3(),
    "wav": wav(extra=b"LIST" + (len(PLACE)).to_bytes(4, "little") + PLACE),
}


@pytest.mark.parametrize("name", MARKED)
def test_where_it_was_taken_does_not_ride_along(name: str) -> None:
    """A photo's place goes as it is drawn anew; a clip is kept as it came, but for what says where."""
    content = MARKED[name]
    assert PLACE in content
    stream = io.BytesIO(content)
    kept = recognise(stream)
    stored = kept.read()
    assert (PLACE in stored, b"GPS5" in stored, len(stored)) == (False, False, len(content))
    assert stream.getvalue() == content  # the unit of work may run again
    again = recognise(io.BytesIO(stored))
    assert (again.content_type, again.read()) == (kept.content_type, stored)
    if FILM in content:
        assert stored.count(FILM) == 1
    if "webm" in name:
        assert b"cluster" * 9 in stored


def test_a_clip_without_anything_beside_it_is_not_copied() -> None:
    for content in (mp4(b"vide", b"soun"), webm(1, 2), webm(2, live=True), mp3(), wav(), ogg()):
        stream = io.BytesIO(content)
        assert recognise(stream).content is stream


def test_tables_of_a_track_that_lie_do_no_harm() -> None:
    """Places outside of the file, counts without end, boxes without content."""
    far = trak(b"meta", box(b"minf", box(b"stbl", table(b"stco", 1, 2**31) + table(b"stsc", 1, 1, 2**31, 1)
                                         + table(b"stsz", 2**31, 1))))  # fmt: skip
    for odd in (far, trak(b"meta"), trak(b"meta", box(b"minf", b"")), box(b"trak", b"")):
        content = box(b"ftyp", b"isom" * 2) + box(b"moov", trak(b"vide") + odd) + box(b"mdat", FILM)
        try:
            assert FILM in recognise(io.BytesIO(content)).read()
        except Refused:
            continue


def test_a_photo_of_a_telephone_that_browsers_do_not_show_says_what_to_do() -> None:
    with pytest.raises(Refused, match="JPEG"):
        recognise(io.BytesIO(box(b"ftyp", b"heic" * 2) + box(b"meta", bytes(9))))


def test_what_is_overwritten_is_overwritten_wherever_a_reader_begins() -> None:
    """Against a plain copy: pieces of any length from any place."""
    dice = random.Random(7)
    content = bytes(1 + dice.randrange(255) for _ in range(5_000))
    for _ in range(40):
        traces, wanted = [], bytearray(content)
        for begins in dice.sample(range(0, 4_900, 50), 12):
            traces.append(Trace(begins, begins + dice.randrange(1, 50), dice.choice((b"", b"f"))))
        for each in traces:
            wanted[each.begins : each.ends] = each.head.ljust(each.ends - each.begins, b"\0")
        read = Cleaned(io.BytesIO(content), len(content), traces)
        at, length = dice.randrange(5_000), dice.randrange(1, 700)
        read.seek(at)
        assert read.read(length) == wanted[at : at + length]
        assert io.BufferedReader(Cleaned(io.BytesIO(content), len(content), traces), 64).read() == wanted


def test_every_choice_of_files_names_what_telephones_are_to_send() -> None:
    """Safari turns HEIC into JPEG where only JPEG is asked for, not where all pictures are."""
    root = Path(__file__).parents[3]
    asked = [
        found
        for path in (*(root / "templates").rglob("*.html"), *(root / "portal").rglob("forms.py"))
        for found in re.findall(r"accept\"?[:=]\s*\"([^\"]+)\"", path.read_text("utf-8"))
    ]
    assert len(asked) > 4
    for each in (*asked, conversation.ACCEPTED, forms.ACCEPTED):
        assert not re.search(r"image/\*|heic|heif", each), each
