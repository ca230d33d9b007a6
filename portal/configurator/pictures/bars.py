"""Bars: how much of a limit is used, such as power of a switch or bandwidth of a recorder."""

from dataclasses import dataclass

from portal.configurator.pictures.reading import Missing, Reader
from portal.words import Text

FULL = 1000  # width of the whole bar in drawing units
HIGH = 900  # thousandths of the limit from which a bar says that little is left


@dataclass(frozen=True, slots=True)
class Bar:
    """One pair of used and limit; widths in thousandths of the longer of both."""

    label: Text
    used: Text
    limit: Text
    percent: int
    used_width: int
    limit_width: int
    state: str  # fine, high, over


def bars_of(reader: Reader) -> tuple[tuple[Bar, ...], tuple[Text, ...]]:
    """Return the bars in the order written, and what is not known of others; without use or device there is no bar."""
    found: list[Bar] = []
    gaps: list[Text] = []
    for name in reader.roles("used_"):
        try:
            used, limit = reader.amount(f"used_{name}"), reader.amount(f"limit_{name}")
        except Missing as missing:
            gaps.append(missing.label)
            continue
        if used.value <= 0 or limit.value <= 0:
            continue
        longest = max(used.value, limit.value)
        share = used.value * FULL // limit.value
        state = "over" if share > FULL else "high" if share >= HIGH else "fine"
        widths = (used.value * FULL // longest, limit.value * FULL // longest)
        found.append(Bar(used.label, used.shown, limit.shown, min(share // 10, 999), *widths, state))
    return tuple(found), tuple(gaps)
