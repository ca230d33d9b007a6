"""Reading what a frozen document was made from: texts in one language, absent parts as empty ones. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from portal.notify.mail import without_controls


def pick(thing: Mapping[str, Any], stem: str, locale: str) -> str:
    """Return `<stem>_en` or `<stem>_zh` of a part of the snapshot, the other where one is absent."""
    wanted, other = ("zh", "en") if locale == "zh" else ("en", "zh")
    return plain(thing.get(f"{stem}_{wanted}") or thing.get(f"{stem}_{other}") or "")


def plain(value: Any) -> str:
    """Return a value as text that cannot turn the direction of what stands around it."""
    return without_controls("" if value is None else str(value))


def members_of(snapshot: Mapping[str, Any], locale: str) -> dict[int, str]:
    """Return by position which members of a repeated group a line belongs to; nothing for lines of the whole site."""
    found = enumerate(parts_of(snapshot, "members"), 1)
    return {position: plain(member[locale]) for position, member in found if member[locale]}


def configuration_of(snapshot: Mapping[str, Any], locale: str) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return what was chosen, section by section."""
    sections = parts_of(snapshot, "configuration")
    return [(pick(section, "section", locale), parts_of(section, "items")) for section in sections]


def gapless(part: Any) -> Mapping[str, Any]:
    """Return a part of a snapshot in which an absent key is an empty text."""
    return defaultdict(str, part if isinstance(part, Mapping) else {})


def parts_of(snapshot: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Return the members of a list in a snapshot, gapless."""
    return [gapless(part) for part in snapshot.get(key) or ()]
