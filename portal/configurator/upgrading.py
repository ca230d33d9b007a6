"""Newer rules: whether a draft follows the newest, what moving to them would change, and the move itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator import operations
from portal.configurator.comparing_lines import LineChange, changes
from portal.configurator.comparing_prices import priced_for
from portal.configurator.engine.results import Explanation, Impossible
from portal.configurator.engine.solver import Compiled
from portal.configurator.engines import Engine, Proposal, engine, proposal_of
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.models import Configuration, RuleRevision
from portal.configurator.panel import bill_of, label_of, merged
from portal.configurator.refusing import Reason
from portal.configurator.rights import borrow_to_edit
from portal.configurator.upgrading_models import RuleWithdrawal, not_withdrawn
from portal.errors import Conflict, Invalid, NotFound
from portal.history import record
from portal.money import Money
from portal.policy import Actor
from portal.words import N_, Text

Value = str | int
Choices = Mapping[str, Value]
MOST_REASONS = 3  # of one choice that has to go


@dataclass(frozen=True, slots=True)
class Offer:
    """That other rules are in effect than those a draft follows; `number` is None when nothing replaces them."""

    key: str
    current: int
    withdrawn: bool
    because: str  # why they were withdrawn
    revision_id: int | None
    number: int | None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A choice that newer rules do not allow; without reasons its question or its value is gone."""

    key: str
    question: Text
    value: Text
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A question whose answer in the proposal changes."""

    question: Text
    before: Text
    after: Text


@dataclass(frozen=True, slots=True)
class Bills:
    """What an upgrade does to the bill, at prices of today."""

    lines: tuple[LineChange, ...]
    before: Money
    after: Money
    sees_partner_price: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything that moving to other rules would change; `bills` is None when one of them has no prices today."""

    offer: Offer
    gone: tuple[Text, ...]  # questions that nobody asks any more
    new: tuple[Text, ...]
    given_up: tuple[GivenUp, ...]
    proposal: tuple[ValueChange, ...]
    bills: Bills | None
    problem: Conflict | Invalid | None

    @property
    def is_silent(self) -> bool:
        """Whether nothing that a person would notice changes."""
        silent = not (self.gone or self.new or self.given_up or self.proposal)
        return silent and (self.bills is None or (not self.bills.lines and self.bills.before == self.bills.after))


def offer_of(session: Session, row: Configuration, *, today: date) -> Offer | None:
    """Return what a draft could move to; None when it follows the newest rules in effect."""
    own = session.execute(
        select(RuleRevision.key, RuleRevision.number, RuleWithdrawal.reason)
        .outerjoin(RuleWithdrawal, RuleWithdrawal.rule_revision_id == RuleRevision.id)
        .where(RuleRevision.id == row.rule_revision_id)
    ).first()
    if own is None:
        raise NotFound
    in_effect = (
        RuleRevision.key == own.key, RuleRevision.effective_on <= today, not_withdrawn(RuleRevision.id)
    )  # fmt: skip
    newest = session.execute(
        select(RuleRevision.id, RuleRevision.number).where(*in_effect).order_by(RuleRevision.number.desc()).limit(1)
    ).first()
    withdrawn = own.reason is not None
    if newest is not None and newest.id != row.rule_revision_id and (withdrawn or newest.number > own.number):
        return Offer(own.key, own.number, withdrawn, own.reason or "", newest.id, newest.number)
    return Offer(own.key, own.number, True, own.reason, None, None) if withdrawn else None


def preview(session: Session, actor: Actor, row: Configuration, offer: Offer, *, today: date) -> Preview:
    """Return what an upgrade would change; saves nothing."""
    if offer.revision_id is None:
        raise NotFound
    old, new = engine(session, row.rule_revision_id), engine(session, offer.revision_id)
    kept, given_up = _carried(old.ruleset, new, row.choices)
    problem: Conflict | Invalid | None = None
    priced = []
    try:
        priced = [priced_for(session, actor, row, built, today=today) for built in (old, new)]
    except (Conflict, Invalid) as error:  # a product that is not sold any more has no price
        problem = error
    before = _completed(old, row.choices, priced[0].weights if problem is None else {})
    after = _completed(new, kept, priced[1].weights if problem is None else {})
    bills = None
    if problem is None:
        lines = [merged(before.lines), merged(after.lines)]
        sums = [
            bill_of(built.ruleset, bill, one.prices, one.currency)
            for built, bill, one in zip((old, new), lines, priced, strict=True)
        ]
        sees = priced[0].sees_partner_price
        totals = [one.total if sees else one.list_total for one in sums]
        listed = changes(lines[0], lines[1], {**priced[0].prices, **priced[1].prices})
        bills = Bills(listed, totals[0], totals[1], sees)
    asked = [_asked(built.ruleset, one.assignment) for built, one in ((old, before), (new, after))]
    return Preview(
        offer,
        tuple(label for key, label in asked[0].items() if key not in asked[1]),
        tuple(label for key, label in asked[1].items() if key not in asked[0]),
        given_up,
        tuple(_changed(old.ruleset, new.ruleset, before.assignment, after.assignment)),
        bills,
        problem,
    )


def upgrade(
    session: Session, actor: Actor, row: Configuration, *, number: int, version: int, today: date, now: datetime
) -> None:
    """Move a draft to the rules that the preview showed, in one step that can be undone.

    Choices that the newer rules do not allow are given up, as few as can be. Raises Stale when the draft changed, or
    when other rules than those shown are the newest by now.
    """
    borrow_to_edit(session, actor, row)
    offer = offer_of(session, row, today=today)
    if offer is None or offer.revision_id is None or offer.number != number:
        raise operations.Stale
    old, new = engine(session, row.rule_revision_id), engine(session, offer.revision_id)
    kept, given_up = _carried(old.ruleset, new, row.choices)
    operations.follow_rules(session, actor, row, offer.revision_id, kept, version=version, now=now)
    record(
        session,
        row,
        "upgrade",
        now=now,
        before={"rules": f"{offer.key}@{offer.current}"},
        after={"rules": f"{offer.key}@{offer.number}", "given up": [one.key for one in given_up]},
    )


def _completed(built: Engine, choices: Choices, costs: Mapping[str, int]) -> Proposal:
    try:
        return proposal_of(built, choices, costs)
    except Impossible:
        raise Conflict(N_("These choices contradict each other. Take one back.")) from None


def _carried(old: RuleSet, new: Engine, choices: Choices) -> tuple[dict[str, Value], tuple[GivenUp, ...]]:
    """Return the choices that newer rules allow together, and the fewest that have to go, each with its reasons."""
    known = {key: value for key, value in choices.items() if _exists(new.ruleset, key, value)}
    known = new.ruleset.without_absent(known)
    lost = smallest_release(new.compiled, known)
    kept = {key: value for key, value in known.items() if key not in lost}
    return kept, tuple(_given_up(old, new, kept, key, value) for key, value in choices.items() if key not in kept)


def _given_up(old: RuleSet, new: Engine, kept: Choices, key: str, value: Value) -> GivenUp:
    item = old.attribute(key)
    reasons: tuple[Reason, ...] = ()
    if _exists(new.ruleset, key, value):
        found = new.compiled.reasons(kept, key, value, MOST_REASONS)
        reasons = tuple(_reason(new.ruleset, one) for one in found)
    return GivenUp(key, item.label, label_of(item, value), reasons)


def _reason(ruleset: RuleSet, found: Explanation) -> Reason:
    pairs = ((ruleset.attribute(key), value) for key, value in found.choices)
    choices = tuple((item.label, label_of(item, value)) for item, value in pairs)
    return Reason(choices, tuple(ruleset.rule(rule).because for rule in found.rules))


def _exists(ruleset: RuleSet, key: str, value: Value) -> bool:
    """Whether a rule set has a question with this value."""
    try:
        item = ruleset.attribute(key)
    except KeyError:
        return False
    if item.kind == "choice":
        return any(known.key == value for known in item.values)
    return item.kind != "derived" and isinstance(value, int) and item.minimum <= value <= item.maximum


def smallest_release(compiled: Compiled, choices: Choices) -> set[str]:
    """Return the keys of a smallest set of choices without which the others can be had together.

    Whichever choice is not in a smallest set of size s leads to one when it is wished for, so s + 1 wishes are enough.
    """
    dead = {key for key, value in choices.items() if not compiled.possible({}, key, value)}
    live = {key: value for key, value in choices.items() if key not in dead}
    if not live or _go_together(compiled, live):
        return dead
    best: set[str] | None = None
    for tried, (key, value) in enumerate(live.items(), 1):
        released = {name for name, _ in compiled.release(live, key, value)}
        best = released if best is None or len(released) < len(best) else best
        if tried > len(best):
            break
    return dead | (best or set())


def _go_together(compiled: Compiled, choices: Choices) -> bool:
    last = next(reversed(list(choices)))
    return compiled.possible(choices, last, choices[last])


def _asked(ruleset: RuleSet, answer: Choices) -> dict[str, Text]:
    """Return the questions that are asked, by name; of a repeated group those of its first member stand for all."""
    found = {}
    for item in ruleset.existing(answer):
        if item.kind != "derived" and ruleset.member_of(item.key)[1] <= 1:
            found[item.key] = item.label
    return found


def _changed(old: RuleSet, new: RuleSet, before: Choices, after: Choices) -> Iterable[ValueChange]:
    """Yield the questions that both rule sets ask and whose answers differ, members of groups included."""
    for item in new.existing(after):
        if item.kind == "derived" or item.key not in before or not old.exists(item.key, before):
            continue
        if before[item.key] != after[item.key]:
            was = label_of(old.attribute(item.key), before[item.key])
            yield ValueChange(item.label, was, label_of(item, after[item.key]))
