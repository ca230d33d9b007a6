"""Money, numbers, dates and texts in a person's language: prepared once per locale, cheap per cell."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import DateTimePattern, parse_pattern
from babel.numbers import format_currency
from babel.support import NullTranslations, Translations

from portal.errors import PortalError
from portal.money import MINOR_DIGITS, Money
from portal.words import BABEL_LOCALES, LOCALES, Text, name_in, params_in

TRANSLATIONS = Path(__file__).resolve().parent / "translations"


@cache
def translations(locale: str) -> NullTranslations:
    """Return the gettext catalogue of `locale` ("en" or "zh")."""
    return Translations.load(str(TRANSLATIONS), [BABEL_LOCALES[locale]])


def in_both(message: str, **params: object) -> Text:
    """Return the sentence of a gettext id in both languages, for whoever comes to read it."""
    said = (translations(locale).gettext(message) for locale in LOCALES)
    return Text(*(each % params if params else each for each in said))


def message_of(error: PortalError, locale: str) -> str:
    """Return an error's sentence in the person's language."""
    text = translations(locale).gettext(error.message)
    said = params_in(locale, error.params)
    days = {name: formats(locale).date(value) for name, value in said.items() if type(value) is date}
    return text % (said | days) if error.params else text


@dataclass(frozen=True, eq=False)
class Formats:
    """The formatters of one locale; instants are shown in the zone given with each call."""

    locale: str
    babel: Locale
    date_pattern: DateTimePattern
    instant_pattern: DateTimePattern
    decimal: str
    group: str

    def money(self, amount: Money) -> str:
        """Return an amount with its currency sign, for example `¥12,345.60`."""
        prefix, suffix = _currency_frame(self.locale, amount.currency)
        return f"{'-' if amount.minor < 0 else ''}{prefix}{self.amount(abs(amount.minor), amount.currency)}{suffix}"

    def price(self, minor: int, currency: str) -> str:
        """Return an amount in minor units with its currency sign."""
        return self.money(Money(minor, currency))

    def amount(self, minor: int, currency: str) -> str:
        """Return an amount without its sign, for columns whose heading names the currency."""
        digits = MINOR_DIGITS[currency]
        whole, rest = divmod(abs(minor), 10**digits)
        text = self.integer(whole) + (f"{self.decimal}{rest:0{digits}d}" if digits else "")
        return f"-{text}" if minor < 0 else text

    def integer(self, number: int) -> str:
        """Return a whole number with groups of digits."""
        return f"{number:,}".replace(",", self.group)

    def percent(self, basis_points: int) -> str:
        """Return basis points as a percentage without needless zeros, for example `13%`."""
        whole, rest = divmod(abs(basis_points), 100)
        fraction = f"{self.decimal}{rest:02d}".rstrip("0") if rest else ""
        return f"{'-' if basis_points < 0 else ''}{whole}{fraction}%"

    def date(self, day: date | None) -> str:
        """Return a business date, or an empty text."""
        return _date(self, day) if day else ""

    def instant(self, at: datetime | None, zone: str) -> str:
        """Return an instant in the person's time zone, to the minute."""
        return self.instant_pattern.apply(at.astimezone(ZoneInfo(zone)), self.babel) if at else ""

    def name(self, name: str, other: str | None) -> str:
        """Return the one of a party's two names that is written in this language."""
        return name_in(self.locale, name, other)

    def other_name(self, name: str, other: str | None) -> str:
        """Return the one of a party's two names that `name` leaves out, or an empty text."""
        return (other or "") if self.name(name, other) == name else name

    def pick(self, thing: Any, stem: str) -> str:
        """Return `<stem>_en` or `<stem>_zh` of a row; a gap shows the other language, visibly marked."""
        wanted, other = ("zh", "en") if self.locale == "zh" else ("en", "zh")
        return getattr(thing, f"{stem}_{wanted}") or f"[{other}] {getattr(thing, f'{stem}_{other}')}"


@lru_cache(maxsize=4096)
def _date(formats: Formats, day: date) -> str:
    return formats.date_pattern.apply(day, formats.babel)


@cache
def formats(locale: str) -> Formats:
    """Return the formatters of `locale` ("en" or "zh")."""
    babel = Locale.parse(BABEL_LOCALES[locale])
    day, at = ("y年M月d日", "y年M月d日 HH:mm") if locale == "zh" else ("d MMM y", "d MMM y, HH:mm")
    symbols = babel.number_symbols["latn"]
    return Formats(locale, babel, parse_pattern(day), parse_pattern(at), symbols["decimal"], symbols["group"])


@cache
def _currency_frame(locale: str, currency: str) -> tuple[str, str]:
    """Return what stands before and behind an amount, learnt once from Babel."""
    probe = format_currency(1, currency, locale=BABEL_LOCALES[locale], format="¤#0", currency_digits=False)
    before, _, behind = probe.partition("1")
    return before, behind
