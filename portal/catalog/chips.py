"""The filters that are on, as chips that can be taken off, and what the fields of the list are called."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlencode

from flask import url_for

from portal.catalog.display import Names, names
from portal.catalog.facets import ALL_FACETS
from portal.catalog.filters import ProductFilter, Wanted
from portal.formats import translations
from portal.words import N_

OFFER_NAMES: Final = {"": N_("For sale"), "known": N_("Known, not for sale"), "archived": N_("No longer sold")}
FIELDS: Final = {
    "kind": N_("Kind"),
    "maker": N_("Maker"),
    "offer": N_("Offer"),
    "confirmed": N_("Confirmed"),
    "invented": N_("Demonstration"),
    "sort": N_("Sort by"),
    "price_from": N_("Price from"),
    "price_to": N_("Price to"),
}
CONFIRMED: Final = {"yes": N_("confirmed"), "no": N_("not confirmed")}
INVENTED: Final = {"yes": N_("demonstration"), "no": N_("real products")}
QUOTED: Final = N_("“%(text)s”")
FROM: Final = N_("from %(amount)s %(currency)s")
TO: Final = N_("to %(amount)s %(currency)s")


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on: its text and the address without it."""

    label: str
    path: str


def chips_of(wanted: ProductFilter, names: Names, currency: str) -> list[Chip]:
    """Return the chips of everything that narrows the list, in the order of its address."""
    return [
        Chip(_label(name, wanted, names, currency), address_of(wanted.without(name)))
        for name in wanted.params()
        if name != "sort"
    ]


def _label(name: str, wanted: ProductFilter, names: Names, currency: str) -> str:
    """Return what one filter says."""
    simple = {"kind": names.kind(wanted.kind), "maker": wanted.maker, "offer": offers(names.locale)[wanted.offer]}
    amounts = {"price_from": (FROM, wanted.low), "price_to": (TO, wanted.high)}
    truths = {"confirmed": (CONFIRMED, wanted.confirmed), "invented": (INVENTED, wanted.invented)}
    gettext = translations(names.locale).gettext
    if name in simple:
        return simple[name]
    if name == "q":
        return gettext(QUOTED) % {"text": wanted.q}
    if name in amounts:
        sentence, amount = amounts[name]
        return gettext(sentence) % {"amount": amount, "currency": currency}
    if name in truths:
        labels, answer = truths[name]
        return gettext(labels[answer])
    return _facet(next(part for part in wanted.facets if part.facet.key == name), names)


def address_of(params: Mapping[str, str]) -> str:
    """Return the address of the list with these filters."""
    query = urlencode(params)
    return url_for("catalog.products") + (f"?{query}" if query else "")


@cache
def offers(locale: str) -> dict[str, str]:
    """Return what the standings are called."""
    return {key: translations(locale).gettext(label) for key, label in OFFER_NAMES.items()}


@cache
def field_names(locale: str) -> dict[str, str]:
    """Return what the fields of the filter are called, to name what was not understood."""
    plain = {key: translations(locale).gettext(label) for key, label in FIELDS.items()}
    return plain | {key: names(locale).capability(key) for key in ALL_FACETS}


def _facet(part: Wanted, names: Names) -> str:
    name = names.capability(part.facet.key)
    if part.facet.mode == "word":
        return f"{name}: {names.words.get(part.text, part.text)}"
    value = names.value("", part.text, part.facet.unit)
    return f"{name} {'≥' if part.facet.mode == 'least' else '≤'} {value}"
