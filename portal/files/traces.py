"""What rides along in sound and clips beside sound and pictures, above all where they were taken. Pure.

Nothing is moved: what is no part of the film is overwritten in its place, so that every address inside stays true. Of
MP4 and QuickTime only the boxes stay that players need; of tracks none but sound and pictures keeps its samples.
"""

import io
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any, Final, TypeVar, cast

from portal.files.boxes import MOST_BOXES, box
from portal.files.media import MP3, OGG, WAV, WEBM_CLIP, WEBM_SOUND, Medium
from portal.files.placed import Placed
from portal.files.refusing import DAMAGED, Refused

Boxes = frozenset[bytes]
KEPT: Final[dict[bytes, Boxes]] = {  # by the box around them; whatever is not named here becomes empty space
    b"": frozenset({b"ftyp", b"styp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"pdin", b"prft"}),
    b"moov": frozenset({b"mvhd", b"trak", b"mvex", b"iods"}),
    b"trak": frozenset({b"tkhd", b"tref", b"edts", b"mdia", b"tapt", b"clip", b"load"}),
    b"mdia": frozenset({b"mdhd", b"hdlr", b"minf", b"elng"}),
    b"minf": frozenset({b"vmhd", b"smhd", b"hmhd", b"sthd", b"nmhd", b"gmhd", b"hdlr", b"dinf", b"stbl"}),
    b"moof": frozenset({b"mfhd", b"traf"}),
}
MEASURED: Final = frozenset({b"meta", b"camm", b"gpmd"})  # tracks of positions, movements, faces
MOST_CHUNKS: Final = 100_000
SEGMENT, CLUSTER = 0x18538067, 0x1F43B675
WRITTEN: Final = frozenset({0x1254C367, 0x1941A469})  # tags and attachments of a WebM
MOST_ELEMENTS: Final = 500_000
SOUND_CHUNKS: Final = frozenset({b"fmt ", b"data", b"fact", b"cue ", b"JUNK", b"smpl"})
PIECE: Final = 1 << 16
LONGEST_HEAD: Final = 16
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trace:
    """A part to be overwritten: with `head`, and zeros up to its end."""

    begins: int
    ends: int
    head: bytes = b""


class Cleaned(Placed):
    """A file as it reads without its traces; the file itself stays as it is, for a unit of work may run again."""

    def __init__(self, stream: IO[bytes], size: int, traces: Sequence[Trace]) -> None:
        super().__init__(size)
        self._stream = stream
        self._heads = sorted((each.begins, each.head) for each in traces if each.head)
        self._gaps = _joined((each.begins, each.ends) for each in traces)

    def readinto(self, buffer: Any) -> int:
        """Read a piece, with what is overwritten in it."""
        self._stream.seek(self._at)
        piece = bytearray(self._stream.read(min(len(buffer), max(self._size - self._at, 0))))
        after = self._at + len(piece)
        for begins, ends in _between(self._gaps, self._at, after):
            low, high = max(begins, self._at), min(ends, after)
            if low < high:
                piece[low - self._at : high - self._at] = bytes(high - low)
        for begins, head in _between(self._heads, self._at - LONGEST_HEAD, after):
            low, high = max(begins, self._at), min(begins + len(head), after)
            if low < high:
                piece[low - self._at : high - self._at] = head[low - begins : high - begins]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges in order, those that touch as one."""
    found: list[tuple[int, int]] = []
    for begins, ends in sorted(ranges):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(ends, found[-1][1]))
        else:
            found.append((begins, ends))
    return found


def _between(rows: list[tuple[int, T]], begins: int, ends: int) -> list[tuple[int, T]]:
    """Return the rows that begin in a part, and the last one before it."""
    low = bisect_left(rows, begins, key=lambda row: row[0])
    high = bisect_left(rows, ends, key=lambda row: row[0])
    return rows[max(low - 1, 0) : high]


def without_traces(stream: IO[bytes], size: int, medium: Medium) -> IO[bytes]:
    """Return the file without what rides along: the stream itself when there is nothing, else a view as long."""
    found = [each for each in _traces(stream, size, medium) if each.begins < each.ends]
    if all(_is_clean(stream, each) for each in found):
        return stream
    return cast(IO[bytes], io.BufferedReader(Cleaned(stream, size, found), PIECE))


def _is_clean(stream: IO[bytes], trace: Trace) -> bool:
    stream.seek(trace.begins)
    if stream.read(len(trace.head)) != trace.head:
        return False
    left = trace.ends - trace.begins - len(trace.head)
    while left > 0:
        piece = stream.read(min(PIECE, left))
        if not piece or piece.count(0) != len(piece):
            return False
        left -= len(piece)
    return True


def _traces(stream: IO[bytes], size: int, medium: Medium) -> Iterator[Trace]:
    if medium in (WEBM_CLIP, WEBM_SOUND):
        return _of_webm(stream, size)
    if medium is MP3:
        return _of_mp3(stream)
    if medium is WAV:
        return _of_wav(stream, size)
    return iter(()) if medium is OGG else _of_boxes(stream, size)


def _of_boxes(stream: IO[bytes], size: int) -> Iterator[Trace]:
    waiting, seen = [(b"", 0, size)], 0
    while waiting:
        around, at, end = waiting.pop()
        while at < end:
            name, begins, after = box(stream, at, end)
            seen += 1
            if seen > MOST_BOXES:
                raise Refused(DAMAGED)
            if name not in KEPT[around]:
                yield Trace(at + 4, at + 8, b"free")
                yield Trace(begins, after)
            elif name == b"trak" and (samples := _measured(stream, begins, after)) is not None:
                yield from (Trace(*each) for each in samples if 0 <= each[0] <= each[1] <= size)
                yield Trace(at + 4, at + 8, b"free")
                yield Trace(begins, after)
            elif name in KEPT:
                waiting.append((name, begins, after))
            at = after


def _measured(stream: IO[bytes], begins: int, ends: int) -> list[tuple[int, int]] | None:
    """Return where the samples of a track of measurements lie; None for every other track."""
    media = _inside(stream, begins, ends).get(b"mdia")
    if media is None:
        return None
    parts = _inside(stream, *media)
    if b"hdlr" not in parts:
        return None
    stream.seek(parts[b"hdlr"][0] + 8)
    if stream.read(4) not in MEASURED:
        return None
    table = _inside(stream, *parts[b"minf"]).get(b"stbl") if b"minf" in parts else None
    return list(_samples(stream, _inside(stream, *table))) if table is not None else []


def _inside(stream: IO[bytes], at: int, end: int) -> dict[bytes, tuple[int, int]]:
    found: dict[bytes, tuple[int, int]] = {}
    while at < end and len(found) < MOST_BOXES:
        name, begins, at = box(stream, at, end)
        found.setdefault(name, (begins, at))
    return found


def _samples(stream: IO[bytes], table: dict[bytes, tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where each chunk of a track lies, as its tables say: offsets, samples in a chunk, sizes of samples."""
    wide = 8 if b"co64" in table else 4
    offsets = _numbers(stream, table.get(b"co64" if wide == 8 else b"stco"), wide, skipped=8)
    runs = _numbers(stream, table.get(b"stsc"), 4, skipped=8)
    sizes = _numbers(stream, table.get(b"stsz"), 4, skipped=4)  # one for all, how many, and each when they differ
    if not offsets or len(runs) < 3 or len(sizes) < 2:
        return
    firsts, counts, run, sample = runs[0::3], runs[1::3], 0, 0
    for number, offset in enumerate(offsets, 1):
        while run + 1 < len(firsts) and firsts[run + 1] <= number:
            run += 1
        count = counts[run]
        length = sizes[0] * count if sizes[0] else sum(sizes[2 + sample : 2 + sample + count])
        sample += count
        yield offset, offset + length


def _numbers(stream: IO[bytes], place: tuple[int, int] | None, width: int, *, skipped: int) -> list[int]:
    if place is None:
        return []
    begins, ends = place[0] + skipped, place[1]
    if ends - begins > MOST_CHUNKS * width:
        raise Refused(DAMAGED)
    stream.seek(begins)
    content = stream.read(max(ends - begins, 0))
    return [int.from_bytes(content[at : at + width], "big") for at in range(0, len(content) - width + 1, width)]


def _of_webm(stream: IO[bytes], size: int) -> Iterator[Trace]:
    """Walk over the elements of the file, into segments and clusters; what is written about it becomes a gap."""
    at = 0
    for _ in range(MOST_ELEMENTS):
        if at >= size:
            return
        stream.seek(at)
        head = stream.read(12)
        name_length = 9 - head[0].bit_length() if head and head[0] else 9
        name = int.from_bytes(head[:name_length], "big")
        rest = head[name_length:]
        width = 9 - rest[0].bit_length() if rest and rest[0] else 9
        if name_length > 4 or width > 8 or len(rest) < width:
            raise Refused(DAMAGED)
        mask = (1 << 7 * width) - 1
        length = int.from_bytes(rest[:width], "big") & mask
        begins = at + name_length + width
        if name in (SEGMENT, CLUSTER):
            at = begins
        elif length == mask or begins + length > size:
            raise Refused(DAMAGED)
        else:
            at = begins + length
            if name in WRITTEN:
                yield _gap(begins - name_length - width, at)
    raise Refused(DAMAGED)


def _gap(begins: int, ends: int) -> Trace:
    """Return a part of a WebM as an element `Void` of the same length."""
    length = ends - begins - 9
    if length < 0:  # too short for a length of eight bytes
        return Trace(begins, ends, bytes([0xEC, 0x80 | (ends - begins - 2)]))
    return Trace(begins, ends, b"\xec\x01" + length.to_bytes(7, "big"))


def _of_mp3(stream: IO[bytes]) -> Iterator[Trace]:
    """Empty the tag before the first frame: zeros are its padding."""
    stream.seek(0)
    head = stream.read(10)
    if head[:3] == b"ID3":
        length = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
        yield Trace(5, 6)  # no extended header any more
        yield Trace(10, 10 + length)


def _of_wav(stream: IO[bytes], size: int) -> Iterator[Trace]:
    at = 12
    for _ in range(MOST_BOXES):
        stream.seek(at)
        head = stream.read(8)
        if at + 8 > size or len(head) < 8:
            return
        ends = at + 8 + int.from_bytes(head[4:8], "little")
        if head[:4] not in SOUND_CHUNKS:
            yield Trace(at, at + 4, b"JUNK")
            yield Trace(at + 8, min(ends, size))
        at = ends + ends % 2
    raise Refused(DAMAGED)
