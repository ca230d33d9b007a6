"""The plain readings of rule sets, kept per process: a cache and never a state."""

from collections import OrderedDict
from threading import Lock

from portal.configurator.language.ruleset import RuleSet
from portal.configurator.plain import Plain

KEPT = 8  # readings in memory

_plain: OrderedDict[str, Plain] = OrderedDict()
_lock = Lock()


def plain_of(ruleset: RuleSet) -> Plain:
    """Return the plain reading of a rule set; its tables are turned into lookups once."""
    with _lock:
        plain = _plain.get(ruleset.content_hash)
        if plain is None:
            plain = _plain[ruleset.content_hash] = Plain(ruleset)
            while len(_plain) > KEPT:
                _plain.popitem(last=False)
        _plain.move_to_end(ruleset.content_hash)
        return plain
