"""Publishing rules: a checked rule set becomes an immutable revision; the same content is published once."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator.language.checking import check
from portal.configurator.language.findings import Finding
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import RuleRevision
from portal.configurator.upgrading_models import RuleWithdrawal
from portal.errors import Conflict, Invalid
from portal.history import record
from portal.words import N_

LONGEST_REASON = 400


class NotInOrder(Invalid):
    """Rules that contradict themselves, fail their examples or lack a language; `errors` says all of it."""

    def __init__(self, errors: tuple[Finding, ...]) -> None:
        super().__init__(
            N_("These rules are not published; they have %(count)s errors, the first: %(first)s"),
            count=len(errors),
            first=str(errors[0]),
        )
        self.errors = errors


def publish(
    session: Session,
    ruleset: RuleSet,
    *,
    effective_on: date,
    now: datetime,
    found: Sequence[Finding] | None = None,
) -> RuleRevision:
    """Publish `ruleset` from a business day on; the newest revision is simply returned when it says the same.

    `found` is what a check of this rule set found before the transaction; without it the check is made here.
    The session must act for the house. Raises NotInOrder for rules with errors, and Conflict when an older or withdrawn
    revision says the same or the newest one begins later: a revision follows the one before it.
    """
    if errors := tuple(item for item in (check(ruleset) if found is None else found) if item.is_error):
        raise NotInOrder(errors)
    query = select(RuleRevision).where(RuleRevision.key == ruleset.key)
    newest = session.scalar(query.order_by(RuleRevision.number.desc()).limit(1))
    if newest is not None and newest.content_hash == ruleset.content_hash:
        _check_kept(session, newest)
        return newest
    same = session.scalar(query.where(RuleRevision.content_hash == ruleset.content_hash))
    if same is not None and newest is not None:
        raise Conflict(
            N_("Revision %(old)s says the same and was replaced by %(new)s. Change the title to publish it again."),
            old=same.number,
            new=newest.number,
        )
    if newest is not None and effective_on < newest.effective_on:
        raise Conflict(
            N_("Revision %(number)s begins on %(day)s; a newer one cannot begin before it."),
            number=newest.number,
            day=newest.effective_on.isoformat(),
        )
    revision = RuleRevision(
        key=ruleset.key,
        number=newest.number + 1 if newest else 1,
        content_hash=ruleset.content_hash,
        content=ruleset.content(),
        effective_on=effective_on,
        published_at=now,
    )
    session.add(revision)
    session.flush()
    record(
        session,
        revision,
        "publish",
        now=now,
        after={"key": revision.key, "number": revision.number, "hash": revision.content_hash},
    )
    return revision


def withdraw(session: Session, revision: RuleRevision, *, reason: str, now: datetime) -> None:
    """Let nothing new begin on a revision; Conflict when that is so already. The session must act for the house.

    The revision stays as it is, what was issued on it stays valid, and drafts on it have to be upgraded.
    """
    if not reason.strip():
        raise Invalid(N_("Say why these rules are withdrawn; whoever has a draft on them reads it."), field="reason")
    if session.get(RuleWithdrawal, revision.id) is not None:
        raise Conflict(N_("Revision %(number)s is withdrawn already."), number=revision.number)
    session.add(RuleWithdrawal(rule_revision_id=revision.id, reason=reason.strip()[:LONGEST_REASON], withdrawn_at=now))
    session.flush()
    record(session, revision, "withdraw", now=now, after={"number": revision.number, "reason": reason.strip()})


def _check_kept(session: Session, revision: RuleRevision) -> None:
    if session.get(RuleWithdrawal, revision.id) is not None:
        raise Conflict(
            N_("Revision %(number)s says the same and was withdrawn. Change the rules to publish them again."),
            number=revision.number,
        )
