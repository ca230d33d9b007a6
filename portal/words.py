"""Words in the two languages of the portal, and the mark for texts that are translated at the edge."""

from dataclasses import dataclass
from typing import Final

LOCALES: Final = ("en", "zh")
BABEL_LOCALES: Final = {"en": "en", "zh": "zh_Hans_CN"}


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    en: str
    zh: str

    def to(self, locale: str) -> str:
        """Return the text in `locale` ("en" or "zh"); a gap falls back to the other language, visibly marked."""
        wanted, other = (self.zh, self.en) if locale == "zh" else (self.en, self.zh)
        return wanted or (f"[{'en' if locale == 'zh' else 'zh'}] {other}" if other else "")


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a text that is translated later
    """Mark `message` for translation where it is shown; returns it unchanged."""
    return message
