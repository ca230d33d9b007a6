"""Finish it for me: the open questions answered towards a goal, shown before anything is saved."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from portal.configurator import operations
from portal.configurator.comparing_lines import LineChange, changes
from portal.configurator.comparing_prices import priced_for
from portal.configurator.engine.results import BomLine, Impossible
from portal.configurator.engines import Engine, engine, proposal_of
from portal.configurator.finishing_power import Draw, draws_of, power_of, weights_of
from portal.configurator.models import Configuration
from portal.configurator.panel import bill_of, label_of, merged
from portal.errors import Conflict, Invalid
from portal.history import record
from portal.money import Money
from portal.policy import Actor
from portal.words import N_, Text

Value = str | int
GOALS: Final = ("cheapest", "fewest", "power")
SECONDS: Final = 2.0  # for the search; what it has by then is shown with how far it may be from the best
LONGEST_PICKS: Final = 200_000  # letters of a form field that holds the answers of a preview
CONTRADICTION: Final = N_("These choices contradict each other. Take one back.")
OTHER_PREVIEW: Final = N_("This preview does not fit the draft any more. Look at it again.")


@dataclass(frozen=True, slots=True)
class Answer:
    """An open question: what stands there now, what would be chosen, and whether that differs."""

    key: str
    question: Text
    before: Text | None
    after: Text
    changed: bool


@dataclass(frozen=True, slots=True)
class Block:
    """The open questions of one section."""

    title: Text
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """What a full configuration costs, and what it draws as far as that is known."""

    total: Money  # the price that the reader buys at
    power: Draw | None  # None where the rules say of no product what it draws


@dataclass(frozen=True, slots=True)
class Preview:
    """What finishing would do. `proved` says that nothing better exists; `gap` is how much better it might be.

    The gap is in minor units of money or in mW, by the goal; None where it would tell prices of somebody else.
    """

    goal: str
    keeps_defaults: bool
    blocks: tuple[Block, ...]
    lines: tuple[LineChange, ...]
    now: Totals
    then: Totals
    proved: bool
    gap: int | None
    picks: Mapping[str, Value]
    sees_partner_price: bool

    @property
    def changed(self) -> int:
        """Return how many answers differ from the present proposal."""
        return sum(answer.changed for block in self.blocks for answer in block.answers)

    @property
    def open(self) -> int:
        """Return how many questions are open."""
        return sum(len(block.answers) for block in self.blocks)

    @property
    def gap_money(self) -> Money:
        """Return the gap of the cheapest as an amount."""
        return Money(self.gap or 0, self.now.total.currency)

    @property
    def packed(self) -> str:
        """Return the answers as the form carries them."""
        return json.dumps(dict(self.picks), ensure_ascii=False, separators=(",", ":"))


def goals_of(built: Engine) -> tuple[str, ...]:
    """Return the goals that these rules allow: power only where a table says what its products draw."""
    return GOALS if draws_of(built.ruleset) else tuple(goal for goal in GOALS if goal != "power")


def preview(
    session: Session, actor: Actor, row: Configuration, goal: str, *, keeps_defaults: bool, today: date
) -> Preview:
    """Return what finishing towards a goal would choose; saves nothing. Raises Conflict when it cannot be said."""
    built = engine(session, row.rule_revision_id)
    priced = priced_for(session, actor, row, built, today=today)
    draws = draws_of(built.ruleset)
    try:
        standing = proposal_of(built, row.choices, priced.weights)
        present = standing.assignment
        held = {**row.choices, **(_defaults(built, present) if keeps_defaults else {})}
        best = None
        if goal != "fewest":
            weights = priced.weights if goal == "cheapest" else weights_of(built.ruleset, priced.weights)
            best = built.compiled.cheapest(held, weights, SECONDS)
    except Impossible:
        raise Conflict(CONTRADICTION) from None
    wanted = best.assignment if best else present
    bills = [merged(standing.lines), merged(built.compiled.lines(wanted) if best else standing.lines)]

    def totals(bill: Sequence[BomLine]) -> Totals:
        money = bill_of(built.ruleset, bill, priced.prices, priced.currency)
        own = money.total if priced.sees_partner_price else money.list_total
        return Totals(own, power_of(draws, bill) if draws else None)

    tells = goal == "power" or priced.tells_weights
    return Preview(
        goal,
        keeps_defaults,
        _blocks(built, row.choices, present, wanted),
        changes(bills[0], bills[1], priced.prices),
        totals(bills[0]),
        totals(bills[1]),
        best is None or best.proved,
        best.cost - best.lower if best and tells else None,
        _picks(built, row.choices, wanted),
        priced.sees_partner_price,
    )


def read_picks(raw: str) -> dict[str, Value]:
    """Return the answers that a preview's form carries; raises Invalid for anything else."""
    try:
        found = json.loads(raw) if len(raw) <= LONGEST_PICKS else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or any(
        isinstance(value, bool) or not isinstance(value, str | int) for value in found.values()
    ):
        raise Invalid(OTHER_PREVIEW)
    return found


def accept(
    session: Session,
    actor: Actor,
    row: Configuration,
    picks: Mapping[str, Value],
    *,
    goal: str,
    version: int,
    now: datetime,
) -> None:
    """Take the answers of a preview in one step; raises Stale when the draft changed since, Invalid for other answers.

    What was chosen before stays: a preview answers open questions only.
    """
    before = len(row.choices)
    try:
        choices = {**picks, **row.choices}
        operations.replace_choices(session, actor, row, choices, version=version, now=now)
    except (KeyError, operations.Refused):  # not what a preview of ours said
        raise Invalid(OTHER_PREVIEW) from None
    record(session, row, "finish", now=now, after={"goal": goal, "answers": len(row.choices) - before})


def _defaults(built: Engine, present: Mapping[str, Value]) -> dict[str, Value]:
    """Return what stands at its default now: it describes the site, and a better price is no reason to change it."""
    ruleset = built.ruleset
    return {
        key: value
        for key, value in ruleset.defaults.items()
        if present.get(key) == value and ruleset.exists(key, present)
    }


def _picks(built: Engine, choices: Mapping[str, Value], wanted: Mapping[str, Value]) -> dict[str, Value]:
    """Return the answers to questions that exist and are open; numbers of members before what is about them."""
    ruleset = built.ruleset
    asked = [item.key for item in ruleset.existing(wanted) if item.kind != "derived" and item.key not in choices]
    asked.sort(key=lambda key: not ruleset.is_group(key))
    return {key: wanted[key] for key in asked}


def _blocks(
    built: Engine, choices: Mapping[str, Value], present: Mapping[str, Value], wanted: Mapping[str, Value]
) -> tuple[Block, ...]:
    ruleset, blocks = built.ruleset, []
    for section in ruleset.sections:
        answers = []
        for item in ruleset.asked(section.key, wanted):
            if item.key in choices:
                continue
            before = present[item.key] if ruleset.exists(item.key, present) else None
            shown = label_of(item, before) if before is not None else None
            after = wanted[item.key]
            answers.append(Answer(item.key, item.label, shown, label_of(item, after), before != after))
        blocks.append(Block(section.title, tuple(answers)))
    return tuple(block for block in blocks if block.answers)
