"""A small published solution with a first screen and templates, for functional tests of how configurations begin."""

import tempfile
from functools import cache
from pathlib import Path

from portal.configurator.language.reader import read_ruleset
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.dates import business_date
from portal.policy import SYSTEM
from tests.factories.stock import stock
from tests.factories.world import World
from tests.unit.configurator.folders import OPENED, write_grouped

# The small recorder is what a shop had; three light and two heavy cameras need the large one.
RULES = OPENED.replace("choices: {recorder: large}", "choices: {recorder: small}")


@cache
def opening_rules(text: str = RULES) -> RuleSet:
    """Return the rules with start questions and templates, read once."""
    with tempfile.TemporaryDirectory() as folder:
        return read_ruleset(write_grouped(Path(folder), text))


def publish(world: World, rules: RuleSet | None = None, *, number: int = 1, catalog: bool = True) -> RuleRevision:
    """Publish rules as they are, and the catalogue with its prices before them."""
    rules = rules or opening_rules()
    if catalog:
        stock(world)
    with world.database.writing(SYSTEM) as session:
        revision = RuleRevision(key=rules.key, number=number, content_hash=rules.content_hash, content=rules.content())
        revision.effective_on = business_date(world.now, "Asia/Shanghai")
        revision.published_at = world.now
        session.add(revision)
    return revision
