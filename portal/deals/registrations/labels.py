"""How lines, values, months and closings are written on screen."""

from datetime import date

from babel.dates import format_date
from flask_babel import gettext as _

from portal.deals.registrations.lifecycle import CLOSINGS, LABELS, LOSSES, REASONS, Standing, State
from portal.deals.registrations.product_lines import LINES
from portal.deals.registrations.value_bands import BANDS, limits_minor
from portal.formats import Formats


def lines_shown() -> list[tuple[str, str]]:
    """Return the product lines with their names."""
    return [(key, _(label)) for key, label in LINES.items()]


def standings_shown() -> list[tuple[str, str]]:
    """Return the five states with short names."""
    short = {Standing.PROTECTED: _("Protected"), Standing.CLOSED: _("Closed")}
    return [(each.value, short.get(each) or _(LABELS[each])) for each in Standing]


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
    said = CLOSINGS.get(State(state))
    if said is None:
        return ""
    more = REASONS.get(reason) or LOSSES.get(reason)
    return f"{_(said)}, {_(more)}" if more else str(_(said))


def line_shown(line: str) -> str:
    """Return the name of a product line."""
    return str(_(LINES[line])) if line else ""
