"""The prices that a reader of a configuration sees, and what its proposal is weighed by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.catalog.pricing import UnitPrice
from portal.configurator.engines import Engine
from portal.configurator.models import Configuration
from portal.configurator.panel import costs_of
from portal.configurator.queries import Terms, buying_terms, prices_of, weights_of
from portal.policy import Actor, OrganisationKind, Permission


@dataclass(frozen=True)
class Priced:
    """Prices of all products of some rules; `weights` are those of the owner, which the reader may not know."""

    terms: Terms
    prices: Mapping[str, UnitPrice]
    weights: Mapping[str, int]
    sees_partner_price: bool

    @property
    def currency(self) -> str:
        """Return the currency of the prices."""
        return self.terms.currency

    @property
    def tells_weights(self) -> bool:
        """Whether a sum of weights says nothing that the reader's own prices do not say."""
        return costs_of(self.prices) == self.weights


def priced_for(session: Session, actor: Actor, row: Configuration, built: Engine, *, today: date) -> Priced:
    """Return the prices of `built` for somebody who reads a configuration; the rules may be newer than its own."""
    terms = buying_terms(session, actor, row)
    prices = prices_of(session, actor, built, terms, today=today)
    weights = weights_of(session, row, built, terms, prices, today=today)
    sees = actor.can(Permission.PRICE_PARTNER) and terms.kind == OrganisationKind.PARTNER
    return Priced(terms, prices, weights, sees)
