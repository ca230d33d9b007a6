"""Many people at the same moment."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from portal.errors import PortalError

PATIENCE = 60.0  # seconds; whoever waits longer hangs
TRIES = 20


def at_once(*works: Callable[[], Any], threads: int | None = None) -> list[Any]:
    """Do all of it, beginning at the same moment as far as the threads go; return what each gave or raised."""
    together = min(threads or len(works), len(works))
    gate = Barrier(together)

    def one(number: int) -> Any:
        if number < together:
            gate.wait(PATIENCE)
        try:
            return works[number]()
        except Exception as error:
            return error

    with ThreadPoolExecutor(together) as pool:
        return list(pool.map(one, range(len(works))))


def patiently(work: Callable[[], Any]) -> Any:
    """Do it as the web does; whoever finds the database busy comes again, as people do."""
    for attempt in range(TRIES):
        try:
            return work()
        except PortalError:
            raise
        except Exception as error:
            if "locked" not in str(error) and "deadlock" not in str(error):
                raise
            time.sleep(0.05 * attempt)
    raise AssertionError("the database stays busy")
