"""How lines, values, months and closings are written on screen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from babel.dates import format_date
from flask_babel import gettext as _

from portal.deals.registrations.lifecycle import CLOSINGS, LABELS, LOSSES, REASONS, Standing, State
from portal.deals.registrations.product_lines import LINES
from portal.deals.registrations.value_bands import BANDS, limits_minor, value_of
from portal.formats import Formats, formats, translations
from portal.words import LOCALES, N_, Text

KNOWN_REASONS: Final = frozenset({"", *REASONS, *LOSSES})  # anything else stands in the data and is not remembered


@dataclass(frozen=True, slots=True)
class ListWords:
    """What a list of registrations says in one language, looked up once for good."""

    lines: Mapping[str, str]
    standings: Mapping[str, str]  # short names
    protected: str  # with a place for the day
    closings: "_Closings"


class _Closings(dict[tuple[str, str], str]):
    """Why registrations are closed: by state and reason."""

    def __init__(self, locale: str) -> None:
        self._gettext = translations(locale).gettext

    def __missing__(self, key: tuple[str, str]) -> str:
        said = self._gettext(LABELS[Standing.CLOSED]) % {"reason": _closing(self._gettext, *key)}
        if key[1] in KNOWN_REASONS:
            self[key] = said
        return said


@cache
def list_words(locale: str) -> ListWords:
    """Return the words of a list in `locale`."""
    gettext = translations(locale).gettext
    short = {Standing.PROTECTED: N_("Protected"), Standing.CLOSED: N_("Closed")}
    return ListWords(
        {key: gettext(label) for key, label in LINES.items()},
        {each.value: gettext(short.get(each) or LABELS[each]) for each in Standing},
        gettext(LABELS[Standing.PROTECTED]),
        _Closings(locale),
    )


def lines_shown() -> list[tuple[str, str]]:
    """Return the product lines with their names."""
    return [(key, _(label)) for key, label in LINES.items()]


def month_shown(formats: Formats, month: date | None) -> str:
    """Return a month in words."""
    if month is None:
        return ""
    return format_date(month, "y年M月" if formats.locale == "zh" else "MMM y", locale=formats.babel)


def band_shown(formats: Formats, band: str, currency: str) -> str:
    """Return a band of values in words, without cents."""
    return _band(_, formats, band, currency)


def band_text(band: str, value_minor: int, currency: str) -> Text:
    """Return in both languages what is said of a value: its band, the number that says more, or that nobody knows."""
    said = []
    for locale in LOCALES:
        gettext, shown = translations(locale).gettext, formats(locale)
        if not band:
            said.append(gettext(N_("Not known yet")))
        elif value_minor == value_of(band, currency):
            said.append(_band(gettext, shown, band, currency))
        else:
            said.append(shown.price(value_minor, currency))
    return Text(**dict(zip(LOCALES, said, strict=True)))


def _band(gettext: Callable[[str], str], formats: Formats, band: str, currency: str) -> str:
    if not band:
        return ""
    low, high = limits_minor(band, currency)
    if high is None:
        return gettext(N_("over %(amount)s")) % {"amount": _whole(formats, low, currency)}
    if low == 0:
        return gettext(N_("up to %(amount)s")) % {"amount": _whole(formats, high, currency)}
    return f"{_whole(formats, low, currency)} – {_whole(formats, high, currency)}"


def _whole(formats: Formats, minor: int, currency: str) -> str:
    return formats.price(minor, currency).removesuffix(f"{formats.decimal}00")


def bands_shown(formats: Formats, currency: str) -> list[tuple[str, str]]:
    """Return the bands with their limits."""
    return [(band, band_shown(formats, band, currency)) for band in BANDS]


def closing_shown(state: str, reason: str) -> str:
    """Return why a closed registration is closed."""
    return _closing(_, state, reason)


def _closing(gettext: Callable[[str], str], state: str, reason: str) -> str:
    said = CLOSINGS.get(State(state))
    if said is None:
        return ""
    more = REASONS.get(reason) or LOSSES.get(reason)
    return f"{gettext(said)}, {gettext(more)}" if more else str(gettext(said))


def line_shown(line: str) -> str:
    """Return the name of a product line."""
    return str(_(LINES[line])) if line else ""
