"""What a person says about a project, checked and written into a registration."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.models import Configuration
from portal.deals.registrations.lifecycle import State
from portal.deals.registrations.models import Registration
from portal.deals.registrations.places import site_key
from portal.deals.registrations.product_lines import LINES
from portal.deals.registrations.value_bands import BANDS, band_of, value_of
from portal.errors import Invalid, NotFound
from portal.limits import bounded
from portal.money import LARGEST_MINOR
from portal.parties.models import Organisation, Party, Relation, name_key
from portal.words import N_

LAST_YEARS: Final = 5  # a closing month beyond is a typing error
LENGTHS: Final = {"site": 400, "competitors": 400, "note": 2000}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is said about a project; only the customer is needed to begin with.

    A site of None is the customer's address. The value is a band, or a number of minor units that says more.
    """

    customer_id: int
    product_line: str = ""
    closing_month: date | None = None  # any day of it
    value_band: str = ""
    value_minor: int | None = None
    site: str | None = None
    competitors: str = ""
    note: str = ""
    configuration_id: int | None = None


class Decided(Protocol):
    """What a decision was taken on: a registration, or one that is replayed."""

    @property
    def state(self) -> str:
        """Return where it stands."""

    @property
    def customer_id(self) -> int:
        """Return whose project it is."""

    @property
    def product_line(self) -> str:
        """Return for which line."""

    @property
    def site_key(self) -> str:
        """Return for which site."""

    @property
    def asked_minor(self) -> int:
        """Return the value that was decided on."""


def columns_of(session: Session, organisation_id: int, draft: Draft, *, today: date) -> dict[str, Any]:
    """Return a draft as columns of a registration; raises Invalid with the field, or NotFound for foreign rows."""
    name, address = _customer(session, organisation_id, draft.customer_id)
    currency = session.scalar(select(Organisation.currency).where(Organisation.id == organisation_id))
    if currency is None:
        raise NotFound
    site = address if draft.site is None else draft.site.strip()
    band, value = _value(draft, currency)
    columns: dict[str, Any] = {
        "customer_id": draft.customer_id,
        "customer_name": name,
        "customer_key": name_key(name),
        "product_line": _one_of(draft.product_line, LINES, "product_line"),
        "closing_month": _month(draft.closing_month, today),
        "value_band": band,
        "value_minor": value,
        "currency": currency,
        "site": site,
        "site_key": site_key(site),
        "competitors": draft.competitors.strip(),
        "note": draft.note.strip(),
        "configuration_id": _configuration(session, organisation_id, draft.configuration_id),
    }
    for field, longest in LENGTHS.items():
        bounded(columns[field], longest, field=field)
    return columns


def draft_of(registration: Registration) -> Draft:
    """Return what a registration says now."""
    return Draft(
        customer_id=registration.customer_id,
        product_line=registration.product_line,
        closing_month=registration.closing_month,
        value_band=registration.value_band,
        value_minor=registration.value_minor if registration.value_band else None,
        site=registration.site,
        competitors=registration.competitors,
        note=registration.note,
        configuration_id=registration.configuration_id,
    )


def check_complete(registration: Registration) -> None:
    """Raise Invalid, naming the field, unless everything is said that a decision needs."""
    if not registration.product_line:
        raise Invalid(N_("Choose the product line; the protection is for it."), field="product_line")
    if registration.closing_month is None:
        raise Invalid(N_("Say in which month you expect the order."), field="closing_month")


def is_other_key(registration: Decided, columns: dict[str, Any]) -> bool:
    """Return whether new columns mean another customer, product line or site."""
    return any(getattr(registration, name) != columns[name] for name in ("customer_id", "product_line", "site_key"))


def has_grown(registration: Decided, value_minor: int, percent: int) -> bool:
    """Return whether a value lies above the decided one by more than `percent`; not said was the highest."""
    return registration.asked_minor > 0 and value_minor * 100 > registration.asked_minor * (100 + percent)


def needs_new_decision(registration: Decided, columns: dict[str, Any], percent: int) -> bool:
    """Return whether new columns make a decision void that was taken or is being taken."""
    if registration.state not in (State.IN_REVIEW, State.RETURNED, State.APPROVED):
        return False
    return is_other_key(registration, columns) or has_grown(registration, columns["value_minor"], percent)


def _customer(session: Session, organisation_id: int, customer_id: int) -> tuple[str, str]:
    """Return name and address of a customer as the organisation calls it; raises NotFound for one it does not know."""
    known = (
        select(Relation.name, Relation.address, Party.name, Party.address)
        .join(Party, Party.id == Relation.party_id)
        .where(Relation.organisation_id == organisation_id, Relation.party_id == customer_id)
        .where(Relation.kind == "customer", Party.kind == "organisation")
    )
    row = session.execute(known).first()
    if row is None:
        raise NotFound
    return row[0] or row[2], row[1] or row[3]


def _one_of(value: str, known: Any, field: str) -> str:
    if value and value not in known:
        raise Invalid(N_("Choose one of the list."), field=field)
    return value


def _month(day: date | None, today: date) -> date | None:
    if day is None:
        return None
    month = day.replace(day=1)
    if month < today.replace(day=1):
        raise Invalid(N_("This month is over; choose this one or a later one."), field="closing_month")
    if month.year > today.year + LAST_YEARS:
        raise Invalid(N_("At most %(years)d years from now."), field="closing_month", years=LAST_YEARS)
    return month


def _value(draft: Draft, currency: str) -> tuple[str, int]:
    """Return band and value of a draft: a number says more than the band it lies in."""
    band = _one_of(draft.value_band, BANDS, "value_band")
    if draft.value_minor is None:
        return band, value_of(band, currency) if band else 0
    if not 0 <= draft.value_minor <= LARGEST_MINOR:
        raise Invalid(N_("This is no amount of a project."), field="value_minor")
    return band_of(draft.value_minor, currency), draft.value_minor


def _configuration(session: Session, organisation_id: int, configuration_id: int | None) -> int | None:
    if configuration_id is None:
        return None
    own = (Configuration.id == configuration_id, Configuration.organisation_id == organisation_id)
    if session.scalar(select(Configuration.id).where(*own)) is None:
        raise NotFound
    return configuration_id
