"""The boxes of MP4 and QuickTime. Pure."""

from typing import IO, Final

from portal.files.refusing import DAMAGED, Refused

MOST_BOXES: Final = 10_000


def box(stream: IO[bytes], at: int, end: int) -> tuple[bytes, int, int]:
    """Return the name of the box at `at`, where its content begins and where it ends."""
    stream.seek(at)
    head = stream.read(16)
    length, begins = int.from_bytes(head[:4], "big"), at + 8
    if length == 1:
        length, begins = int.from_bytes(head[8:16], "big"), at + 16
    elif length == 0:
        length = end - at
    if len(head) < 8 or length < begins - at or at + length > end:
        raise Refused(DAMAGED)
    return head[4:8], begins, at + length
