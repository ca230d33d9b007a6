"""The worker's part of an answer: rules with the facts filled in are examined, published, and the catalogue told."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Person
from portal.catalog.indexing import refresh_index
from portal.catalog.models import Capability, Product
from portal.config import Settings
from portal.configurator import publishing
from portal.configurator.engineering import KIND, settle
from portal.configurator.engineering_facts import Fact, fill
from portal.configurator.engineering_models import EngineerQuestion
from portal.configurator.language.bounded import examine_bounded
from portal.configurator.language.findings import Finding
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.writing import CannotWrite, write_ruleset
from portal.configurator.models import Configuration, RuleRevision
from portal.configurator.upgrading_models import not_withdrawn
from portal.dates import business_date
from portal.db import Database, as_actor
from portal.errors import Conflict, PortalError
from portal.formats import message_of
from portal.history import record
from portal.notify.operations import tell
from portal.outbox import Handler, Job, JobFailed
from portal.policy import SYSTEM, Actor
from portal.words import N_, Text

LONGEST_PROBLEM = 1000
LONGEST_SOURCE = 300
NOT_EXAMINED = N_("The rules with these facts could not be examined. Try again, or tell the administrator.")
NOT_WRITTEN = N_("The rules with these facts could not be written down: %(reason)s")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of filling in facts: a problem in both languages, or rules with what was found in them.

    `base_id` is the revision they were made from; without `ruleset` it says the same already.
    """

    base_id: int = 0
    ruleset: RuleSet | None = None
    findings: tuple[Finding, ...] = ()
    problem: Text | None = None


def handler(settings: Settings, database: Database) -> Handler:
    """Return how the worker examines and publishes what an engineer found."""

    def run(job: Job) -> Outcome | None:
        with database.reading(SYSTEM) as session:
            question = session.get(EngineerQuestion, job.payload["question"])
            if question is None or question.state != "checking":
                return None
            base = newest_of(session, question)
            facts = [Fact.of(stored) for stored in question.filled]
            key, value, base_id, content = question.attribute_key, question.value, base.id, dict(base.content)
        return examine(base_id, RuleSet.from_content(content), key, value, facts)

    def finish(session: Session, job: Job, outcome: Outcome | None, now: datetime) -> None:
        question = session.get(EngineerQuestion, job.payload["question"], with_for_update=True)
        if question is None or outcome is None or question.state != "checking":
            return
        if outcome.problem is not None:
            give_back(session, question, outcome.problem, now=now)
            return
        publish(session, question, outcome, zone=settings.supplier_zone, now=now)

    def failed(session: Session, job: Job, _message: str, final: bool, now: datetime) -> None:
        question = session.get(EngineerQuestion, job.payload["question"], with_for_update=True)
        if final and question is not None and question.state == "checking":
            give_back(session, question, _both(Conflict(NOT_EXAMINED)), now=now)

    return Handler(run=run, finish=finish, failed=failed, parallel=1, batch=2)


def newest_of(session: Session, question: EngineerQuestion) -> RuleRevision:
    """Return the newest revision, in effect or to come, of the rules that a question is about."""
    key = select(RuleRevision.key).where(RuleRevision.id == question.rule_revision_id).scalar_subquery()
    query = select(RuleRevision).where(RuleRevision.key == key, not_withdrawn(RuleRevision.id))
    found = session.scalar(query.order_by(RuleRevision.number.desc()).limit(1))
    if found is None:
        raise JobFailed("all revisions of these rules are withdrawn", permanent=True)
    return found


def examine(base_id: int, base: RuleSet, key: str, value: str, facts: Sequence[Fact]) -> Outcome:
    """Fill the facts into rules and let the checks of publication say what they find, within their bounds."""
    try:
        filled = fill(base, key, value, facts)
    except Conflict as refused:
        return Outcome(problem=_both(refused))
    if filled.content_hash == base.content_hash:
        return Outcome(base_id)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "rules"
        try:
            write_ruleset(filled, folder)
        except CannotWrite as refused:
            return Outcome(problem=_both(Conflict(NOT_WRITTEN, reason=str(refused))))
        found = examine_bounded(folder)
    if found.errors or found.ruleset is None:
        english = " ".join(f"{item.rule}: {item.message_en}." for item in found.errors[:3])
        chinese = " ".join(f"{item.rule}:{item.message_zh}。" for item in found.errors[:3])
        return Outcome(problem=Text(english, chinese))
    return Outcome(base_id, filled, found.findings)


def publish(session: Session, question: EngineerQuestion, outcome: Outcome, *, zone: str, now: datetime) -> None:
    """Publish the rules, write the facts into the catalogue and settle the question, all in one transaction.

    Rules that were published in between are the base of another try.
    """
    newest = newest_of(session, question)
    if newest.id != outcome.base_id:
        raise JobFailed("other rules were published meanwhile")
    engineer = session.get(Person, question.answered_by_id) if question.answered_by_id else None
    who = Actor(person_id=engineer.id if engineer else None, organisation_id=None, is_system=True)
    with as_actor(session, who):  # the house writes what only it may write; the history names the engineer
        revision = newest
        if outcome.ruleset is not None:
            day = max(business_date(now, zone), newest.effective_on)
            found = outcome.findings
            revision = publishing.publish(session, outcome.ruleset, effective_on=day, now=now, found=found)
        _write_capabilities(session, question, engineer.name if engineer else "", zone=zone, now=now)
        question.version += 1
        settle(session, question, revision_id=revision.id, now=now)


def give_back(session: Session, question: EngineerQuestion, problem: Text, *, now: datetime) -> None:
    """Open a question again whose facts did not pass, and tell the engineer why; what he typed stays."""
    question.state, question.version = "open", question.version + 1
    question.problem_en, question.problem_zh = problem.en[:LONGEST_PROBLEM], problem.zh[:LONGEST_PROBLEM]
    session.flush()
    record(session, question, "refuse facts", now=now, after={"problem": question.problem_en})
    configuration = session.get_one(Configuration, question.configuration_id)
    if question.answered_by_id is not None:
        path = f"/engineering/{question.public_id}"
        tell(session, question.answered_by_id, "engineer_facts_refused", {"name": configuration.name}, path, now=now)


def _write_capabilities(
    session: Session, question: EngineerQuestion, engineer: str, *, zone: str, now: datetime
) -> None:
    """Note each fact as capability of the product, with its source, who said so and when."""
    product = session.scalar(select(Product).where(Product.sku == question.sku)) if question.sku else None
    if product is None:
        return
    said: dict[str, Any] = {}
    for fact in (Fact.of(stored) for stored in question.filled):
        same = (Capability.product_id == product.id, Capability.key == fact.column)
        row = session.scalar(select(Capability).where(*same))
        if row is None:
            row = Capability(product_id=product.id, key=fact.column)
            session.add(row)
        signed = f" ({engineer}, {business_date(now, zone).isoformat()})"
        row.value, row.unit, row.confirmed = fact.value, fact.unit, True
        row.source = fact.source[: LONGEST_SOURCE - len(signed)] + signed
        said[fact.column] = f"{fact.value} {fact.unit}".strip()
    session.flush()
    record(session, product, "change", now=now, before=dict.fromkeys(said), after=said)
    refresh_index(session)


def _both(error: PortalError) -> Text:
    return Text(message_of(error, "en"), message_of(error, "zh"))


__all__ = ["KIND", "Outcome", "examine", "give_back", "handler", "newest_of", "publish"]
