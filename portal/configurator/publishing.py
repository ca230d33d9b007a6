"""Publishing rules: a checked rule set becomes an immutable revision; the same content is published once."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.errors import Invalid
from portal.history import record
from portal.words import N_


def publish(session: Session, ruleset: RuleSet, *, effective_on: date, now: datetime) -> RuleRevision:
    """Publish `ruleset` from a business day on and return its revision, or the one that holds this content already.

    The session must act for the house. Raises Invalid when the rules have errors, contradict themselves or fail their
    examples, and when the day lies before the newest revision begins.
    """
    return publish_content(session, ruleset, effective_on=effective_on, now=now)[0]
