"""Error codes and firmware versions in what people type, recognised because they are known. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portal.support.knowledge.fault_files import value_key
from portal.support.knowledge.faults import Known

# A word of a code: letters, digits and what stands between them; also glued to Chinese.
WORD: Final = re.compile(r"[0-9A-Za-z](?:[0-9A-Za-z._-]*[0-9A-Za-z])?")
LONGEST_READ: Final = 2_000


@dataclass(frozen=True, slots=True)
class Detected:
    """What a text names; empty where it names nothing."""

    error_code: str = ""
    firmware: str = ""


def detect(text: str, known: Iterable[Known]) -> Detected:
    """Return the first error code and the first version of the known ones that stand in a text.

    `E-CAM-21`, `e cam 21` and `错误ECAM21` all name E-CAM-21: what stands between letters and digits does not count.
    """
    words = [match[0] for match in WORD.finditer(text[:LONGEST_READ])]
    said = {value_key(each) for size in (1, 2, 3) for each in _joined(words, size)}
    found: dict[str, str] = {}
    for value in known:
        if value.kind not in found and value.key in said:
            found[value.kind] = value.value
    return Detected(found.get("error_code", ""), found.get("firmware", ""))


def _joined(words: list[str], size: int) -> Iterable[str]:
    return ("".join(words[at : at + size]) for at in range(len(words) - size + 1))
