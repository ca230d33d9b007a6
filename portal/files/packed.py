"""Office documents are packed folders: their list of contents is read and nothing in them is ever unpacked. Pure."""

import io
import stat
import zipfile
from typing import Final

from portal.files.refusing import DAMAGED, MACROS, PACKED, SECRET, SUSPICIOUS, Refused

MOST_ENTRIES: Final = 5_000
MOST_UNPACKED: Final = 200_000_000  # bytes, as the list says
MOST_RATIO: Final = 150  # a document of text shrinks to a tenth, a bomb to a thousandth
SMALL: Final = 20_000_000  # so much unpacked is no bomb, however well it was packed
ENTRY: Final = b"PK\x01\x02"
ENCRYPTED: Final = 0x1
CONTENTS: Final = "[Content_Types].xml"
FOLDERS: Final = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}


def office_kind(content: bytes) -> str:
    """Return docx, xlsx or pptx for a harmless document of that kind; raises Refused for every other packed folder."""
    if content.count(ENTRY) > MOST_ENTRIES:
        raise Refused(SUSPICIOUS)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as folder:
            entries = folder.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refused(DAMAGED) from None
    _check_sizes(entries, len(content))
    names = [entry.filename for entry in entries]
    kind = next((kind for folder, kind in FOLDERS.items() if any(name.startswith(folder) for name in names)), "")
    if not kind or CONTENTS not in names or any(map(_leads_out, entries)):
        raise Refused(PACKED)
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise Refused(SECRET)
    if any(name.lower().endswith((".bin", ".exe", ".dll", ".js", ".vbs")) and "vba" in name.lower() for name in names):
        raise Refused(MACROS)
    return kind


def _check_sizes(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Refuse what unpacks to too much, and entries that share their bytes (together they are larger than the file)."""
    packed, unpacked = sum(entry.compress_size for entry in entries), sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED or packed > size or (unpacked > SMALL and unpacked > MOST_RATIO * max(packed, 1)):
        raise Refused(SUSPICIOUS)


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    """Whether unpacking would write somewhere else: an absolute path, one that climbs, or a link."""
    parts = entry.filename.replace("\\", "/").split("/")
    return parts[0] in ("", "..") or ".." in parts or ":" in parts[0] or stat.S_ISLNK(entry.external_attr >> 16)
