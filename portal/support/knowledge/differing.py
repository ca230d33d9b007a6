"""What two versions of an article differ in, line by line. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from portal.support.knowledge.models import ArticleVersion
from portal.support.knowledge.written import TEXTS

AROUND: Final = 2  # unchanged lines that are shown beside a change
MOST_LINES: Final = 4_000  # of both texts; what is longer is shown as a whole
ABOUT: Final = ("visibility", "product_line", "facts")

Mark = Literal["same", "out", "in", "gap"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: as it was in both, taken out, put in, or a gap of unchanged ones."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that differs."""

    field: str
    lines: tuple[Line, ...]


def differences(older: ArticleVersion, newer: ArticleVersion) -> list[Difference]:
    """Return the fields that differ, in the order of the page."""
    found = []
    for field in (*TEXTS, *ABOUT):
        before, after = _text(getattr(older, field)), _text(getattr(newer, field))
        if before != after:
            found.append(Difference(field, tuple(compared(before, after))))
    return found


def compared(before: str, after: str) -> Iterator[Line]:
    """Yield the lines of two texts, changes with what stands around them."""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > MOST_LINES:
        yield from (Line("out", line) for line in old)
        yield from (Line("in", line) for line in new)
        return
    for number, group in enumerate(SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND)):
        if number:
            yield Line("gap", "…")
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                yield from (Line("same", line) for line in old[old_from:old_to])
                continue
            yield from (Line("out", line) for line in old[old_from:old_to])
            yield from (Line("in", line) for line in new[new_from:new_to])


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {', '.join(map(str, some))}" for key, some in sorted(value.items()) if some)
    return str(value)
