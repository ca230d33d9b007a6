"""What lower floors call back in upper ones: who answers for an approval, and what happens by itself as time passes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from portal.approvals import retiming as approval_retiming
from portal.approvals import subjects
from portal.approvals import sweeps as approval_sweeps
from portal.catalog.finding import ProductSource
from portal.config import Settings
from portal.configurator import engineering_retiming
from portal.configurator.finding import ConfigurationSource
from portal.dates import business_date
from portal.db import ScopedSession
from portal.deals.finding import OfferSource, OrderSource, QuoteSource
from portal.deals.party_finding import ContactSource, CustomerSource
from portal.deals.registrations import sweeps as registration_sweeps
from portal.deals.registrations.approving import RegistrationSubject
from portal.deals.registrations.finding import RegistrationSource
from portal.deals.special_price_subject import SpecialPriceSubject
from portal.home import telling
from portal.search import sources
from portal.support.knowledge.finding import ArticleSource
from portal.support.mailing import keeping as mailing
from portal.support.matching import solving
from portal.support.numbers import keeping
from portal.support.phone import retiming as lead_retiming
from portal.support.phone import sweeps as lead_sweeps
from portal.support.service import returns
from portal.support.service.warranty import contract_of
from portal.support.tickets import retiming, terms
from portal.support.tickets import sweeps as ticket_sweeps
from portal.support.tickets.finding import MatterSource, TicketSource


@dataclass(frozen=True, slots=True)
class Moment:
    """When a sweep happens: the instant, and the supplier's business day it falls on."""

    now: datetime
    today: date
    zone: str = "UTC"  # in which days begin

    @classmethod
    def at(cls, now: datetime, settings: Settings) -> "Moment":
        """Return the moment of `now`."""
        return cls(now, business_date(now, settings.supplier_zone), settings.supplier_zone)


Sweep = Callable[[ScopedSession, Moment], int]
# What happens by itself: each does a bounded piece as the house and returns how many rows it moved. Several workers may
# run one at the same time, so every row is taken by a guarded update.
SWEEPS: Final[tuple[Sweep, ...]] = (
    lambda session, at: approval_retiming.retime(session, now=at.now),  # before what looks at the ends of steps
    lambda session, at: approval_sweeps.escalate(session, now=at.now, today=at.today),
    lambda session, at: engineering_retiming.retime(session, now=at.now),
    lambda session, at: registration_sweeps.registrations(session, now=at.now, today=at.today),
    lambda session, at: registration_sweeps.claims(session, now=at.now, today=at.today),
    lambda session, at: telling.mornings(session, now=at.now),
    lambda session, at: retiming.retime(session, now=at.now),  # before what looks at the ends of clocks
    lambda session, at: ticket_sweeps.warn(session, now=at.now),
    lambda session, at: ticket_sweeps.breach(session, now=at.now),
    lambda session, at: ticket_sweeps.close_solved(session, now=at.now),
    lambda session, at: mailing.forget(session, now=at.now),
    lambda session, at: lead_retiming.retime(session, now=at.now),
    lambda session, at: lead_sweeps.escalate(session, now=at.now),
    lambda session, at: returns.expire(session, now=at.now, today=at.today),
    lambda session, at: solving.settle(session, now=at.now, today=at.today),
    lambda session, at: keeping.keep(session, zone=at.zone, now=at.now, today=at.today),  # counts what the others did
)


def install() -> None:
    """Tell lower floors who answers for what; processes call it before anything else. A second time changes nothing."""
    subjects.install([RegistrationSubject(), SpecialPriceSubject()])
    terms.install(contract_of)
    sources.install(
        [
            ProductSource(),
            QuoteSource(),
            OfferSource(),
            OrderSource(),
            RegistrationSource(),
            ConfigurationSource(),
            CustomerSource(),
            ContactSource(),
            ArticleSource(),
            TicketSource(),
            MatterSource(),
        ]
    )
