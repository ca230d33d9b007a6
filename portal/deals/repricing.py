"""Whether a draft still costs what it says: its lines beside the prices of today, also when there are none any more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.catalog.pricing import UnitPrice, prices
from portal.configurator.queries import Terms, book_for
from portal.deals.models import Quote, QuoteLine
from portal.errors import Conflict, Invalid
from portal.money import Money
from portal.policy import Actor
from portal.words import N_


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A product that costs something else today; None where it has no price any more."""

    sku: str
    name_en: str
    name_zh: str
    quantity: int
    unit_before: int
    unit_now: int | None
    list_before: int
    list_now: int | None


class PricesChanged(Conflict):
    """Prices of today differ from those of the draft; `now` is None when something has no price any more."""

    def __init__(self, before: Money, now: Money | None, changes: Sequence[PriceChange]) -> None:
        super().__init__(
            N_("Prices have changed since this draft was made. Look at the new prices, then issue it.")
            if now is not None
            else N_("Some products have no valid price any more. Ask your channel manager for the new price list.")
        )
        self.before, self.now, self.changes = before, now, tuple(changes)


def check_prices(
    session: Session, actor: Actor, quote: Quote, lines: Sequence[QuoteLine], terms: Terms, *, today: date
) -> None:
    """Raise PricesChanged when a line would cost something else today, or nothing is known of what it costs."""
    priced = _prices(session, actor, {line.sku for line in lines}, terms, today=today)
    changes = [change for line in lines if (change := _change(line, priced.get(line.sku))) is not None]
    if not changes and quote.currency == terms.currency:
        return
    now = None
    if all(line.sku in priced for line in lines):
        now = Money(sum(line.quantity * priced[line.sku].unit_minor for line in lines), terms.currency)
    raise PricesChanged(Money(quote.net_minor, quote.currency), now, changes)


def _change(line: QuoteLine, price: UnitPrice | None) -> PriceChange | None:
    if price is not None and (line.unit_minor, line.list_unit_minor) == (price.unit_minor, price.list_minor):
        return None
    unit, listed = (price.unit_minor, price.list_minor) if price else (None, None)
    before = (line.quantity, line.unit_minor, unit, line.list_unit_minor, listed)
    return PriceChange(line.sku, line.name_en, line.name_zh, *before)


def _prices(session: Session, actor: Actor, skus: Iterable[str], terms: Terms, *, today: date) -> dict[str, UnitPrice]:
    """Return the prices of today; what has none is simply absent."""
    wanted, book = sorted(skus), book_for(actor, terms)
    try:
        return prices(session, wanted, currency=terms.currency, book=book, on=today)
    except (Conflict, Invalid):
        if len(wanted) == 1:
            return {}
    half = len(wanted) // 2  # few are missing: halving finds them in few queries
    parts = (wanted[:half], wanted[half:])
    return {sku: price for part in parts for sku, price in _prices(session, actor, part, terms, today=today).items()}
