"""What an uploaded file is called: the name somebody gave it, without what could deceive a reader or a disk. Pure."""

import re
import unicodedata
from typing import Final

from portal.files.models import LONGEST_NAME

SEPARATORS: Final = re.compile(r"[/\\]")
# Controls, direction overrides, invisible marks, broken and private characters, line ends.
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
LONGEST_ENDING: Final = 10
UNNAMED: Final = "file"


def clean_name(typed: str | None, endings: tuple[str, ...]) -> str:
    """Return the last part of a path, ending as the content does; the first of `endings` is the usual one."""
    last = SEPARATORS.split(unicodedata.normalize("NFC", typed or ""))[-1]
    shown = "".join(character for character in last if unicodedata.category(character) not in HIDDEN)
    plain = " ".join(shown.split()).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING or ending.lower() not in endings:
        stem, ending = plain, endings[0]
    stem = stem.strip(" .")[: LONGEST_NAME - len(ending) - 1].strip(" .")
    return f"{stem or UNNAMED}.{ending.lower()}"
