"""Configurations and quotes for functional tests, made by the real operations from the shipped rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from portal.catalog.loading import load_catalog
from portal.config import shipped
from portal.configurator import operations as configurator
from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import Configuration, RuleRevision
from portal.configurator.queries import terms_of
from portal.dates import business_date
from portal.db import ScopedSession
from portal.deals import operations
from portal.deals.models import Quote
from portal.policy import SYSTEM, Actor
from tests.factories.world import World

SMALL_SITE = {"cameras": 8, "location": "indoor", "days": 15}
Choices = Mapping[str, str | int]


@cache
def shipped_rules() -> RuleSet:
    """Return the shipped rule set, read once."""
    return read_ruleset(shipped("rules") / "products" / "video-site")


@dataclass
class Deals:
    """Makes configurations and quotes on behalf of people of a world."""

    world: World

    @classmethod
    def open(cls, world: World) -> "Deals":
        """Load the catalogue and publish the rules."""
        with world.database.writing(SYSTEM) as session:
            load_catalog(session, shipped("rules") / "catalog", now=world.now)
            rules = shipped_rules()  # written as they are: checking them again for every test would take its time
            today = business_date(world.now, "Asia/Shanghai")
            revision = RuleRevision(key=rules.key, number=1, content_hash=rules.content_hash, content=rules.content())
            revision.effective_on, revision.published_at = today, world.now
            session.add(revision)
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
