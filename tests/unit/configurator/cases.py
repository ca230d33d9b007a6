"""How many cases the property tests draw: CONFIGURATOR_EXAMPLES scales all of them alike, 20 is what every run does."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("CONFIGURATOR_EXAMPLES", "20"))


def cases(number: int) -> settings:
    """Return settings for so many cases, times what is asked for."""
    most = max(1, number * EXAMPLES // 20)
    return settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck), database=None)
