"""Publishing rules: once, in order, never with errors, and only by the house."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.configurator.publishing import publish
from portal.db import Database, utc_now
from portal.errors import Conflict, Invalid, NotAllowed
from portal.history import HistoryEntry
from portal.policy import SYSTEM
from tests.factories.rules import small_rules
from tests.factories.world import World

DAY = date(2026, 7, 1)


def publish_now(database: Database, rules: RuleSet, day: date = DAY) -> tuple[int, int]:
    with database.writing(SYSTEM) as session:
        made = publish(session, rules, effective_on=day, now=utc_now())
        return made.id, made.number


def test_the_same_content_is_published_once_and_comes_back_whole(database: Database) -> None:
    rules = small_rules()
    first = publish_now(database, rules)
    assert publish_now(database, small_rules(), DAY + timedelta(days=9)) == first
    with database.reading(SYSTEM) as session:
        row = session.scalars(select(RuleRevision)).one()
        assert (row.number, row.content_hash, row.effective_on) == (1, rules.content_hash, DAY)
        assert RuleSet.from_content(row.content) == rules
        assert session.scalar(select(func.count()).where(HistoryEntry.action == "publish")) == 1


def test_revisions_follow_each_other(database: Database) -> None:
    publish_now(database, small_rules())
    changed = small_rules(reason="Eight ports, no more.")
    assert publish_now(database, changed)[1] == 2
    with pytest.raises(Conflict, match="begins on 2026-07-01"):
        publish_now(database, small_rules(reason="Third."), DAY - timedelta(days=1))
    with pytest.raises(Conflict, match="Revision 1 says the same"):
        publish_now(database, small_rules())
    assert publish_now(database, small_rules(key="other-site"))[1] == 1


@pytest.mark.parametrize("broken", [{"require": "cameras > 99"}, {"require": "cameras <="}, {"because": None}])
def test_rules_with_errors_are_refused(database: Database, broken: dict[str, str | None]) -> None:
    rules = small_rules(reason="" if "because" in broken else "x")
    if "require" in broken:
        rules = replace(rules, rules=(replace(rules.rules[0], require=broken["require"] or ""),))
    with pytest.raises(Invalid):
        publish_now(database, rules)


def test_only_the_house_publishes(world: World) -> None:
    actor = world.actor("supplier.administrator")
    with pytest.raises(NotAllowed), world.database.writing(actor) as session:
        publish(session, small_rules(), effective_on=DAY, now=world.now)
