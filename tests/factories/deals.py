"""Configurations and quotes for functional tests, made by the real operations from small rules of a video site."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import select

from portal.approvals.queries import of_thing
from portal.configurator import operations as configurator
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import Configuration, RuleRevision
from portal.configurator.queries import terms_of
from portal.dates import business_date
from portal.db import ScopedSession
from portal.deals import offer_links, operations, resale_operations
from portal.deals.models import Quote
from portal.deals.order_operations import OrderDetails, place_order
from portal.deals.queries import quote as quote_of
from portal.deals.special_price import ask_special_price
from portal.policy import SYSTEM, Actor
from tests.factories.rules import VIDEO_SITE
from tests.factories.stock import stock
from tests.factories.world import World

SMALL_SITE = {"cameras": 8, "location": "indoor", "days": 15}
Choices = Mapping[str, str | int]


@cache
def site_rules() -> RuleSet:
    """Return the rules of a small video site, read once: one group of cameras, quick to compile."""
    return read_ruleset(VIDEO_SITE)


def _stock(world: World) -> None:
    stock(world)
    with world.database.writing(SYSTEM) as session:
        rules = site_rules()  # written as they are: checking them again for every test would take its time
        today = business_date(world.now, "Asia/Shanghai")
        revision = RuleRevision(key=rules.key, number=1, content_hash=rules.content_hash, content=rules.content())
        revision.effective_on, revision.published_at = today, world.now
        session.add(revision)


@dataclass
class Deals:
    """Makes configurations and quotes on behalf of people of a world."""

    world: World

    @classmethod
    def open(cls, world: World) -> "Deals":
        """Load the catalogue where it is not there yet, and publish the rules."""
        _stock(world)
        return cls(world)

    def configure(
        self, who: str, choices: Choices | None = None, *, customer: bool = True, name: str = "A site"
    ) -> str:
        """Return the public id of a new configuration."""
        actor = self.world.actor(who)
        with self.world.database.writing(actor) as session:
            return self._configuration(session, actor, who, choices, customer, name).public_id

    def draft(self, who: str, choices: Choices | None = None, *, customer: bool = True, name: str = "A site") -> str:
        """Return the public id of a draft quote."""
        actor = self.world.actor(who)
        with self.world.database.writing(actor) as session:
            return self._draft(session, actor, who, choices, customer, name).public_id

    def issue(self, who: str, choices: Choices | None = None, *, name: str = "A site") -> str:
        """Return the public id of an issued quote."""
        actor = self.world.actor(who)
        with self.world.database.writing(actor) as session:
            quote = self._draft(session, actor, who, choices, True, name)
            terms = terms_of(session, quote.organisation_id)
            today = business_date(self.world.now, "Asia/Shanghai")
            operations.issue_quote(session, actor, quote, terms, version=quote.version, now=self.world.now, today=today)
            return quote.public_id

    def ask_special_price(self, who: str, percent_bps: int = 2000, reason: str = "A competitor") -> str:
        """Return the public id of the request for a special price on a new draft quote."""
        key, actor = self.draft(who), self.world.actor(who)
        today = business_date(self.world.now, "Asia/Shanghai")
        with self.world.database.writing(actor) as session:
            quote, at = quote_of(session, key), {"now": self.world.now, "today": today}
            its = {"percent_bps": percent_bps, "own": {}, "reason": reason, "version": quote.version}
            ask_special_price(session, actor, quote, **its, **at)
            request = of_thing(session, "quote", quote.id)
            return request.public_id if request is not None else ""

    def order(self, who: str, choices: Choices | None = None) -> str:
        """Return the public id of an order placed from a new quote."""
        key, today = self.issue(who, choices), business_date(self.world.now, "Asia/Shanghai")
        actor = self.world.actor(who)
        details = OrderDetails("PO 1", today, "1 Harbour Road", "Yuan, 0571 8888", "", f"form-{key}")
        with self.world.database.writing(actor) as session:
            quote = session.scalars(select(Quote).where(Quote.public_id == key)).one()
            terms = terms_of(session, quote.organisation_id)
            placed = place_order(session, actor, quote, terms, details, now=self.world.now, today=today)
            return placed.public_id

    def resell(self, who: str) -> dict[str, str]:
        """Return the public ids of an issued offer and of a link to it."""
        key, actor = self.issue(who), self.world.actor(who)
        today = business_date(self.world.now, "Asia/Shanghai")
        with self.world.database.writing(actor) as session:
            quote = quote_of(session, key)
            terms, at = terms_of(session, quote.organisation_id), {"now": self.world.now, "today": today}
            offer = resale_operations.begin_resale(session, actor, quote, terms, **at)
            resale_operations.issue_resale(session, actor, offer, terms, version=offer.version, **at)
            link, _token = offer_links.make_link(session, actor, offer, expires_on=today, **at)
            return {"public_id": offer.public_id, "link_id": link.public_id}

    def _configuration(
        self, session: ScopedSession, actor: Actor, who: str, choices: Choices | None, customer: bool, name: str
    ) -> Configuration:
        today = business_date(self.world.now, "Asia/Shanghai")
        return configurator.create_configuration(
            session,
            actor,
            name=name,
            revision=configurator.newest_revision(session, "video-site", today=today),
            choices=SMALL_SITE if choices is None else choices,
            customer_id=self.world.customers[who.split(".", maxsplit=1)[0]] if customer else None,
            now=self.world.now,
        )

    def _draft(
        self, session: ScopedSession, actor: Actor, who: str, choices: Choices | None, customer: bool, name: str
    ) -> Quote:
        configuration = self._configuration(session, actor, who, choices, customer, name)
        terms = terms_of(session, configuration.organisation_id)
        today = business_date(self.world.now, "Asia/Shanghai")
        return operations.draft_quote(session, actor, configuration, terms, now=self.world.now, today=today)
