"""Words in the two languages of the portal, and the mark for texts that are translated at the edge."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

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

    def __str__(self) -> str:
        """Return the English text: logs and consoles are English; what people read asks for their language."""
        return self.to("en")


def name_in(locale: str, name: str, other: str | None) -> str:
    """Return of a party's name and its name in the other script the one that is written in the reader's language.

    Which of the two was typed first says nothing: a partner in Nairobi notes the English one, one in Hangzhou the
    Chinese one. Two names in one script leave the first.
    """
    if not other or bool(HAN.search(name)) == bool(HAN.search(other)):
        return name
    return name if bool(HAN.search(name)) == (locale == "zh") else other


def both_names(name: str, other: str | None) -> Text:
    """Return a party's name and its name in the other script as one text, for whoever comes to read it."""
    return Text(*(name_in(locale, name, other) for locale in LOCALES))


def stored(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a sentence as JSON holds them; `params_in` reads them."""
    return {
        name: {"en": value.en, "zh": value.zh} if isinstance(value, Text) else value for name, value in params.items()
    }


def params_in(locale: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a sentence in one language: texts, also stored ones, become what they say in it."""
    return {name: _said(locale, value) for name, value in params.items()}


def _said(locale: str, value: Any) -> Any:
    if isinstance(value, Mapping) and value.keys() == set(LOCALES):
        value = Text(**value)
    return value.to(locale) if isinstance(value, Text) else value


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for a text that is translated later
    """Mark `message` for translation where it is shown; returns it unchanged."""
    return message
