"""What was found out about a rule set, kept per process by its content: a cache and never a state."""

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import TypeVar

from portal.configurator.language.ruleset import RuleSet

T = TypeVar("T")


def once_per_rules(kept: int) -> Callable[[Callable[[RuleSet], T]], Callable[[RuleSet], T]]:
    """Return a decorator that asks a function once for each content; the `kept` rule sets asked for last stay."""

    def decorate(find_out: Callable[[RuleSet], T]) -> Callable[[RuleSet], T]:
        known: OrderedDict[str, T] = OrderedDict()
        lock = Lock()

        @wraps(find_out)
        def remembered(ruleset: RuleSet) -> T:
            with lock:
                if ruleset.content_hash not in known:
                    known[ruleset.content_hash] = find_out(ruleset)
                    while len(known) > kept:
                        known.popitem(last=False)
                known.move_to_end(ruleset.content_hash)
                return known[ruleset.content_hash]

        return remembered

    return decorate
