"""Where a library comes from: its name, its commit and its licence, as far as its own files say so."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.catalog.devicetypes.walking import FORMS

READ_LIMIT: Final = 64 * 1024
LICENCES: Final = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "COPYING")
_COMMIT = re.compile(
    r"^\W{0,4}(?:commit|revision)\b[^:\n]{0,60}:\W{0,4}([0-9a-f]{7,64})\b", re.IGNORECASE | re.MULTILINE
)
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REFERENCE = re.compile(r"refs/[A-Za-z0-9._/-]{1,200}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Name, commit and licence of a source; commit and licence are empty when nobody says them."""

    name: str
    revision: str = ""
    licence: str = ""


def origin_of(path: Path, *, name: str = "", revision: str = "", licence: str = "") -> Origin:
    """Return the origin of the library at `path`; what is given wins over what its files say."""
    root = path.resolve()
    root = root.parent if root.name in FORMS else root
    return Origin(
        name=(name or root.name)[:80],
        revision=(revision or _checked_out(root) or _stated(root))[:80],
        licence=(licence or _licence(root))[:80],
    )


def _checked_out(root: Path) -> str:
    """Return the commit of a git checkout without running git."""
    head = _read(root / ".git" / "HEAD").strip()
    if _OBJECT.fullmatch(head):
        return head
    reference = head.removeprefix("ref: ")
    if not _REFERENCE.fullmatch(reference) or ".." in reference:
        return ""
    loose = _read(root / ".git" / reference).strip()
    if _OBJECT.fullmatch(loose):
        return loose
    for line in _read(root / ".git" / "packed-refs").splitlines():
        commit, _, packed = line.partition(" ")
        if packed == reference and _OBJECT.fullmatch(commit):
            return commit
    return ""


def _stated(root: Path) -> str:
    found = _COMMIT.search(_read(root / "SOURCE.md"))
    return found[1].lower() if found else ""


def _licence(root: Path) -> str:
    """Return the first line of the licence that names one."""
    for name in LICENCES:
        lines = [" ".join(line.split()) for line in _read(root / name).splitlines()]
        named = (line for line in lines[:40] if line.isprintable())
        if line := next((line for line in named if re.search(r"\d\.\d|licen[sc]e|CC0", line, re.IGNORECASE)), ""):
            return line
    return ""


def _read(path: Path) -> str:
    """Return the beginning of a regular file, or nothing."""
    if path.is_symlink() or not path.is_file():
        return ""
    with path.open("rb") as stream:
        return stream.read(READ_LIMIT).decode("utf-8", "replace")
