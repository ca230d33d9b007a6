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
from portal.deals.registrations.value_bands import BANDS, limits_minor
from portal.formats import Formats, translations
from portal.words import N_

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
    if not band:
        return ""
    low, high = limits_minor(band, currency)
    if high is None:
        return str(_("over %(amount)s", amount=_whole(formats, low, currency)))
    if low == 0:
        return str(_("up to %(amount)s", amount=_whole(formats, high, currency)))
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
