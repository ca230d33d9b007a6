"""What the address of the product list asks for; what it does not understand is named, not guessed. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from portal.catalog.facets import ALL_FACETS, Facet, facets_of
from portal.catalog.quantities import number_of
from portal.money import LARGEST_MINOR, MINOR_DIGITS

SORTS: Final = ("shelf", "number", "name", "price")
OFFERS: Final = {"": "sold", "known": "known", "archived": "archived"}
YES_NO: Final = ("yes", "no")
LONGEST: Final = 100
SHOWN: Final = 40  # characters of a value that was not understood


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter on one capability: the text as it was typed, and for amounts the number of base units."""

    facet: Facet
    text: str
    number: int | None

    @property
    def compared(self) -> int | str:
        """Return what capabilities are compared with."""
        return self.text.casefold() if self.number is None else self.number


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """A list of products as its address describes it."""

    q: str = ""
    kind: str = ""
    maker: str = ""
    offer: str = ""
    confirmed: str = ""
    invented: str = ""
    low: str = ""
    high: str = ""
    low_minor: int | None = None
    high_minor: int | None = None
    facets: tuple[Wanted, ...] = ()
    sort: str = "shelf"
    after: str = ""
    ignored: tuple[tuple[str, str], ...] = ()

    @property
    def standing(self) -> str:
        """Return which products are listed: sold, known from an import only, or archived."""
        return OFFERS[self.offer]

    @property
    def is_narrow(self) -> bool:
        """Return whether anything but the order was asked for."""
        return bool(self.params().keys() - {"sort", "offer"})

    @property
    def has_more(self) -> bool:
        """Return whether a filter is on that stands among the further ones."""
        return bool(self.params().keys() - {"q", "kind", "maker", "offer"})

    def facet(self, key: str) -> str:
        """Return what was typed for a capability."""
        return next((wanted.text for wanted in self.facets if wanted.facet.key == key), "")

    def params(self) -> dict[str, str]:
        """Return the address again, without the position in the list and without what was not understood."""
        plain = {name: getattr(self, name) for name in ("q", "kind", "maker", "offer", "confirmed", "invented")}
        plain |= {"price_from": self.low, "price_to": self.high}
        plain |= {wanted.facet.key: wanted.text for wanted in self.facets}
        if self.sort != "shelf":
            plain["sort"] = self.sort
        return {name: value for name, value in plain.items() if value}

    def without(self, name: str) -> dict[str, str]:
        """Return the address with one filter taken off; without a kind its own filters go as well."""
        left = {key: value for key, value in self.params().items() if key != name}
        if name == "kind":
            offered = {facet.key for facet in facets_of("")}
            left = {key: value for key, value in left.items() if key not in ALL_FACETS or key in offered}
        return left


def read_filter(
    args: Mapping[str, str], *, kinds: Collection[str], makers: Collection[str], currency: str
) -> ProductFilter:
    """Return the filter of an address; unknown kinds, makers, numbers and orders end up in `ignored`."""
    ignored: list[tuple[str, str]] = []

    def one_of(name: str, known: Collection[str]) -> str:
        text = _clean(args.get(name, ""))
        if text and text not in known:
            ignored.append((name, text[:SHOWN]))
            return ""
        return text

    offer = one_of("offer", OFFERS)
    kind, maker = one_of("kind", kinds), one_of("maker", makers)
    found = ProductFilter(
        q=_clean(args.get("q", "")),
        kind=kind,
        maker=maker,
        offer=offer,
        confirmed=one_of("confirmed", YES_NO),
        invented=one_of("invented", YES_NO),
        sort=one_of("sort", SORTS) or "shelf",
        after=args.get("after", "")[:1000],
    )
    found = _with_prices(found, args, currency, ignored)
    return replace(found, facets=_facets(args, kind, ignored), ignored=tuple(ignored))


def _with_prices(
    found: ProductFilter, args: Mapping[str, str], currency: str, ignored: list[tuple[str, str]]
) -> ProductFilter:
    typed = {name: _clean(args.get(name, "")) for name in ("price_from", "price_to")}
    minor = {name: _minor(text, currency) for name, text in typed.items()}
    ignored += [(name, text[:SHOWN]) for name, text in typed.items() if text and minor[name] is None]
    low, high = minor["price_from"], minor["price_to"]
    return replace(
        found,
        low=typed["price_from"] if low is not None else "",
        high=typed["price_to"] if high is not None else "",
        low_minor=low,
        high_minor=high,
    )


def _facets(args: Mapping[str, str], kind: str, ignored: list[tuple[str, str]]) -> tuple[Wanted, ...]:
    offered = {facet.key: facet for facet in facets_of(kind)}
    found = []
    for key in ALL_FACETS:
        text = _clean(args.get(key, ""))
        if not text:
            continue
        wanted = _wanted(offered[key], text) if key in offered else None
        if wanted is None:
            ignored.append((key, text[:SHOWN]))
        else:
            found.append(wanted)
    return tuple(found)


def _wanted(facet: Facet, text: str) -> Wanted | None:
    if facet.mode == "word":
        return Wanted(facet, text, None) if text in facet.words else None
    number = number_of(text, facet.unit)
    return Wanted(facet, text, number) if number is not None and number >= 0 else None


def _minor(text: str, currency: str) -> int | None:
    """Return a typed price in minor units; None for anything that is no price."""
    plain = text.replace(",", "")
    if not plain.isascii() or not plain.replace(".", "", 1).isdigit() or len(plain) > 15:
        return None
    try:
        amount = Decimal(plain).scaleb(MINOR_DIGITS[currency])
    except InvalidOperation:
        return None
    return int(amount) if amount == amount.to_integral_value() and amount <= LARGEST_MINOR else None


def _clean(text: str) -> str:
    """Return typed text without signs that cannot be seen, single-spaced, cut."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[: LONGEST * 4]).split())[:LONGEST]
