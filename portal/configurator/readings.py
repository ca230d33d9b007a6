"""The plain readings of rule sets, kept per process: a cache and never a state."""

from portal.configurator.language.ruleset import RuleSet
from portal.configurator.plain import Plain
from portal.configurator.remembering import once_per_rules

KEPT = 8  # readings in memory


@once_per_rules(KEPT)
def plain_of(ruleset: RuleSet) -> Plain:
    """Return the plain reading of a rule set; its tables are turned into lookups once."""
    return Plain(ruleset)
