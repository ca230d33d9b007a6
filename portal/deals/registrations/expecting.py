"""The band of values that is chosen already when a form must ask for it.

A decision rule that looks at the value takes an unknown one for large, so a small project without a value would pass
every step. Asking must not cost a tap either: the band is preselected from what the partner has said elsewhere, first
the newest quote for this customer, else the band that most of its last registrations have. The form says which of the
two it was, and any other band is one tap away. When there is neither, nothing is chosen: to assume the smallest band
would be a claim that nobody made and that decides who is asked; "not known yet" stands there instead, and the steps
for large projects apply, as the form says.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.deals.models import Quote
from portal.deals.registrations.models import Registration
from portal.deals.registrations.value_bands import BANDS, band_of
from portal.words import N_

LAST: Final = 50  # registrations that are looked at
FROM_QUOTE: Final = N_("Chosen after your newest quote for this customer.")
AS_USUAL: Final = N_("Chosen as in most of your registrations.")


@dataclass(frozen=True, slots=True)
class Expected:
    """A band, and an English gettext id that says where it comes from; both empty when nothing is known."""

    band: str = ""
    because: str = ""


def expected_band(session: Session, organisation_id: int, currency: str, customer_id: int | None) -> Expected:
    """Return the band to preselect for a project of an organisation."""
    if customer_id is not None and (quoted := _quoted(session, organisation_id, currency, customer_id)):
        return Expected(band_of(quoted, currency), FROM_QUOTE)
    usual = _usual(session, organisation_id, currency)
    return Expected(usual, AS_USUAL) if usual else Expected()


def _quoted(session: Session, organisation_id: int, currency: str, customer_id: int) -> int | None:
    own = (Quote.organisation_id == organisation_id, Quote.customer_id == customer_id, Quote.currency == currency)
    return session.scalar(select(Quote.net_minor).where(*own).order_by(Quote.id.desc()).limit(1))


def _usual(session: Session, organisation_id: int, currency: str) -> str:
    """Return the most frequent band of the last registrations; of two as frequent the larger, which hides less."""
    own = (Registration.organisation_id == organisation_id, Registration.currency == currency)
    bands = select(Registration.value_band).where(*own, Registration.value_band != "")
    said = Counter(session.scalars(bands.order_by(Registration.id.desc()).limit(LAST)))
    return max(said, key=lambda band: (said[band], BANDS.index(band)), default="")
