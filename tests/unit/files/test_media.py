"""Sound and clips are what their content says, whole, and read without taking them into memory."""

import io
import os
import time
import tracemalloc
from pathlib import Path

import pytest

from portal.files import refusing
from portal.files.recognising import MOST_OF_A_CLIP, MOST_OF_SOUND, recognise
from portal.files.refusing import Refused, TooMuch
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
        (b"ID3\x04\x00\x00\x00\x00\x00\x05tag!!" + mp3(), "audio/mpeg"),
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
