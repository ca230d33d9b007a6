"""Asking an engineer about a configuration, answering, taking a question back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.models import Person, PersonRole
from portal.calendars.queries import versioned_time
from portal.configurator.engineering_clock import due_at
from portal.configurator.engineering_facts import Fact
from portal.configurator.engineering_models import OPEN, EngineerQuestion
from portal.configurator.engines import engine
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.missing import missing_facts
from portal.configurator.models import Configuration
from portal.configurator.operations import LONGEST_NUMBER
from portal.db import as_actor
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.history import record
from portal.notify.operations import tell
from portal.outbox import enqueue
from portal.policy import GRANTS, SYSTEM, Actor, OrganisationKind, Permission, allows
from portal.sharing.queries import access_of
from portal.words import N_

KIND: Final = "engineer_facts"
MOST_OPEN: Final = 20  # open questions about one configuration
SAY_SOMETHING: Final = N_("Say what you want to know.")


class Changed(Conflict):
    """Somebody else answered, took it back, or looked up the facts in between; the page shows what stands now."""

    def __init__(self) -> None:
        super().__init__(N_("This question was dealt with in the meantime. Below is what was answered."))


def ask(
    session: Session,
    actor: Actor,
    configuration: Configuration,
    *,
    key: str,
    value: str,
    text: str,
    now: datetime,
) -> EngineerQuestion:
    """Ask an engineer; the same open question is not asked twice but simply returned.

    `key` and `value` name a question and one of its values, or only a question, or nothing. Without a missing fact
    the text must say what is asked. Raises Invalid, NotFound, or Conflict when too many questions are open.
    """
    if access_of(session, actor, configuration, lock=True) != "edit" or actor.organisation_id is None:
        raise NotAllowed
    ruleset = engine(session, configuration.rule_revision_id).ruleset
    sku, columns = subject_of(ruleset, key, value)
    if not text and not columns:
        raise Invalid(SAY_SOMETHING, field="text")
    with as_actor(session, SYSTEM):
        mine = (EngineerQuestion.configuration_id == configuration.id, EngineerQuestion.state.in_(OPEN))
        same = (EngineerQuestion.attribute_key == key, EngineerQuestion.value == value)
        known = session.scalar(select(EngineerQuestion).where(*mine, *same))
        count = session.scalar(select(func.count()).select_from(EngineerQuestion).where(*mine)) or 0
    if known is not None:
        if known.organisation_id != actor.organisation_id:
            raise Conflict(N_("Somebody who shares this draft asks the same already."))
        return known
    if count >= MOST_OPEN:
        raise Conflict(
            N_("%(count)s questions about this configuration are open. Wait for an answer, or take one back."),
            count=count,
        )
    hours, calendar_version = versioned_time(session)
    question = EngineerQuestion(
        organisation_id=actor.organisation_id,
        configuration_id=configuration.id,
        rule_revision_id=configuration.rule_revision_id,
        attribute_key=key,
        value=value,
        sku=sku,
        columns=list(columns),
        text=text,
        asked_by_id=actor.person_id,
        asked_at=now,
        due_at=due_at(now, hours),
        calendar_version=calendar_version,
        filled=[],
    )
    session.add(question)
    session.flush()
    record(
        session,
        question,
        "ask",
        now=now,
        after={"configuration": configuration.public_id, "about": f"{key} {value}".strip()},
    )
    _tell_engineers(session, question, configuration, now=now)
    return question


def answer(
    session: Session,
    actor: Actor,
    question: EngineerQuestion,
    *,
    text: str,
    facts: Sequence[Fact],
    version: int,
    now: datetime,
) -> None:
    """Answer with a text, with facts, or both; facts are examined by the worker before they count.

    Raises Changed when somebody else was quicker, Invalid when nothing is said.
    """
    if not allows(actor, Permission.ENGINEERING_ANSWER, question):
        raise NotAllowed
    if question.state != "open" or question.version != version:
        raise Changed
    if not text and not facts:
        raise Invalid(N_("Write an answer, or fill in what is missing."), field="answer")
    question.answer, question.answered_by_id = text, actor.person_id
    question.filled = [fact.stored() for fact in facts]
    question.problem_en = question.problem_zh = ""
    question.version += 1
    if facts:
        question.state = "checking"
        session.flush()
        enqueue(session, KIND, {"question": question.id}, now=now)
        record(session, question, "propose facts", now=now, after={"facts": question.filled})
    else:
        settle(session, question, revision_id=None, now=now)


def settle(session: Session, question: EngineerQuestion, *, revision_id: int | None, now: datetime) -> None:
    """Note the answer for good and tell whoever asked; `revision_id` names the rules in which the gap is filled."""
    question.state, question.answered_at, question.answered_revision_id = "answered", now, revision_id
    session.flush()
    record(session, question, "answer", now=now, after={"answer": question.answer, "facts": question.filled})
    with as_actor(session, SYSTEM):
        configuration = session.get_one(Configuration, question.configuration_id)
        asker = session.get(Person, question.asked_by_id) if question.asked_by_id else None
        if asker is not None and asker.disabled_at is None:
            path = f"/engineering/{question.public_id}"
            tell(session, asker.id, "engineer_answered", {"name": configuration.name}, path, now=now)


def withdraw(session: Session, actor: Actor, question: EngineerQuestion, *, version: int, now: datetime) -> None:
    """Take one's own question back while it is open."""
    if question.organisation_id != actor.organisation_id or not actor.can(Permission.CONFIGURATION_EDIT):
        raise NotAllowed
    if question.state != "open" or question.version != version:
        raise Changed
    question.state, question.version = "withdrawn", question.version + 1
    session.flush()
    record(session, question, "withdraw question", now=now)


def engineers(session: Session) -> list[int]:
    """Return the people who may answer."""
    roles = [
        role.value
        for role, grants in GRANTS[OrganisationKind.SUPPLIER].items()
        if Permission.ENGINEERING_ANSWER in grants
    ]
    wanted = select(Person.id).join(PersonRole, PersonRole.person_id == Person.id)
    with as_actor(session, SYSTEM):
        found = session.scalars(wanted.where(PersonRole.role.in_(roles), Person.disabled_at.is_(None)).distinct())
        return sorted(found)


def subject_of(ruleset: RuleSet, key: str, value: str) -> tuple[str, tuple[str, ...]]:
    """Return the product and the missing facts of what is asked about; NotFound for a question that does not exist."""
    if not key:
        if value:
            raise NotFound
        return "", ()
    try:
        attribute = ruleset.attribute(key)
    except KeyError:
        raise NotFound from None
    known = next((one for one in attribute.values if one.key == value), None)
    if attribute.kind == "derived" or (value and known is None and not _is_number(attribute, value)):
        raise NotFound
    return (known.sku or "" if known else ""), tuple(missing_facts(ruleset).get(key, {}).get(value, ()))


def _is_number(attribute: Attribute, value: str) -> bool:
    """Whether a text is one of the numbers that a question accepts."""
    if attribute.kind == "choice" or not value.isascii() or not value.isdigit() or len(value) > LONGEST_NUMBER:
        return False
    return attribute.minimum <= int(value) <= attribute.maximum


def _tell_engineers(
    session: Session, question: EngineerQuestion, configuration: Configuration, *, now: datetime
) -> None:
    params = {"name": configuration.name}
    with as_actor(session, SYSTEM):
        for person_id in engineers(session):
            tell(session, person_id, "engineer_asked", params, f"/engineering/{question.public_id}", now=now)
