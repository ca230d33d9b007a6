"""Words in the two languages of the portal, and the mark for texts that are translated at the edge."""

import re
from dataclasses import dataclass
from typing import Final

LOCALES: Final = ("en", "zh")
BABEL_LOCALES: Final = {"en": "en", "zh": "zh_Hans_CN"}
HAN: Final = re.compile("[\u2e80-\u2fdf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    en: str
    zh: str

    def to(self, locale: str) -> str:
        """Return the text in `locale` ("en" or "zh"); a gap falls back to the other language, visibly marked."""
        wanted, other = (self.zh, self.en) if locale == "zh" else (self.en, self.zh)
        return wanted or (f"[{'en' if locale == 'zh' else 'zh'}] {other}" if other else "")


def name_in(locale: str, name: str, other: str | None) -> str:
    """Return of a party's name and its name in the other script the one that is written in the reader's language.

    Which of the two was typed first says nothing: a partner in Nairobi notes the English one, one in Hangzhou the
    Chinese one. Two names in one script leave the first.
    """
    if not other or bool(HAN.search(name)) == bool(HAN.search(other)):
        return name
    return name if bool(HAN.search(name)) == (locale == "zh") else other


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a text that is translated later
    """Mark `message` for translation where it is shown; returns it unchanged."""
    return message
