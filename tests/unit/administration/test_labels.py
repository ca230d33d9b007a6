"""Whatever the code records in the history has words on the page of the history."""

import re
from pathlib import Path

import portal
from portal.administration.labels import ACTS, STATES
from portal.outbox import STATES as JOB_STATES

RECORDED = re.compile(r'\brecord\(\s*\w+,\s*\w+,\s*"([^"]+)"')


def test_every_act_has_words() -> None:
    sources = Path(portal.__file__).parent.rglob("*.py")
    recorded = {act for path in sources for act in RECORDED.findall(path.read_text("utf-8"))}
    assert "issue" in recorded
    assert recorded <= ACTS.keys()


def test_every_state_of_a_job_has_words() -> None:
    assert set(JOB_STATES) == STATES.keys()
