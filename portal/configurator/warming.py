"""Rules made ready before somebody asks: a process that was just started would let its first visitor wait."""

from datetime import datetime
from threading import Thread

import structlog

from portal.configurator.engine.results import Impossible
from portal.configurator.engines import engine
from portal.configurator.language.answering import answers_of
from portal.configurator.solutions import solutions
from portal.configurator.starting import choices_of
from portal.dates import business_date
from portal.db import Database
from portal.policy import SYSTEM

log = structlog.get_logger("portal.configurator")


def warm(database: Database, *, zone: str, now: datetime) -> None:
    """Make the engines of all rules in effect and answer for each of their templates once."""
    with database.reading(SYSTEM) as session:
        for solution in solutions(session, today=business_date(now, zone)):
            built = engine(session, solution.revision_id)
            for template in built.ruleset.templates:
                choices = choices_of(built.ruleset, template, answers_of(built.ruleset, template))
                try:
                    built.compiled.domains(choices)
                except Impossible:
                    continue


def warm_beside(database: Database, *, zone: str, now: datetime) -> Thread:
    """Do the same in a thread of its own; whatever goes wrong there will be said to whoever asks."""

    def run() -> None:
        try:
            warm(database, zone=zone, now=now)
        except Exception:
            log.exception("rules were not made ready")

    thread = Thread(target=run, name="warm", daemon=True)
    thread.start()
    return thread
