"""Two configurations side by side: what was chosen, what follows, what is on the bill and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.configurator import operations
from portal.configurator.comparing_lines import LineChange, beside
from portal.configurator.comparing_prices import Priced, priced_for
from portal.configurator.engine.results import BomLine, Impossible
from portal.configurator.engines import Engine, engine, proposal_of
from portal.configurator.language.ruleset import Attribute
from portal.configurator.models import Configuration, RuleRevision
from portal.configurator.panel import Bill, bill_of, figures_of, label_of, merged
from portal.errors import Conflict, NotAllowed, NotFound
from portal.history import record
from portal.policy import Actor, Permission
from portal.words import N_, Text

Value = str | int
LONGEST_NAME: Final = 120
OFFERED: Final = 100  # configurations of one's own that a choice names
CONTRADICTION: Final = N_("These choices contradict each other. Take one back.")


@dataclass(frozen=True)
class Side:
    """One of the two, completed and priced for its owner."""

    row: Configuration
    built: Engine
    proposal: Mapping[str, Value]
    lines: tuple[BomLine, ...]
    priced: Priced
    bill: Bill


@dataclass(frozen=True, slots=True)
class Pair:
    """One question or figure as both sides have it; None where a side has none. `chosen` says who chose it."""

    label: Text
    left: Text | None
    right: Text | None
    chosen: tuple[bool, bool] = (False, False)

    @property
    def differs(self) -> bool:
        """Whether the two read differently."""
        return self.left != self.right


@dataclass(frozen=True, slots=True)
class Section:
    """The pairs of one section of questions."""

    title: Text
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Comparison:
    """Everything that stands side by side."""

    left: Side
    right: Side
    sections: tuple[Section, ...]
    figures: tuple[Pair, ...]
    lines: tuple[LineChange, ...]

    @property
    def sees_partner_price(self) -> bool:
        """Whether both totals are partner prices; otherwise list prices are compared."""
        return self.left.priced.sees_partner_price and self.right.priced.sees_partner_price

    @property
    def same_currency(self) -> bool:
        """Whether the totals can be subtracted."""
        return self.left.priced.currency == self.right.priced.currency


def options(session: Session) -> list[tuple[str, str]]:
    """Return (public id, name) of the newest configurations that the actor may see."""
    columns = select(Configuration.public_id, Configuration.name).where(Configuration.archived_at.is_(None))
    return [(row[0], row[1]) for row in session.execute(columns.order_by(Configuration.id.desc()).limit(OFFERED))]


def pair_of(session: Session, left: str, right: str) -> tuple[Configuration, Configuration]:
    """Return two configurations that the actor may see; NotFound when either is missing or somebody else's."""
    rows = session.scalars(select(Configuration).where(Configuration.public_id.in_({left, right})))
    found = {row.public_id: row for row in rows}
    if not {left, right} <= found.keys():
        raise NotFound
    return found[left], found[right]


def compare(session: Session, actor: Actor, left: Configuration, right: Configuration, *, today: date) -> Comparison:
    """Return both side by side; raises Conflict when one of them cannot be completed or priced."""
    sides = [_side(session, actor, row, today=today) for row in (left, right)]
    priced = {**sides[0].priced.prices, **sides[1].priced.prices}
    return Comparison(
        sides[0],
        sides[1],
        tuple(_sections(sides[0], sides[1])),
        tuple(_figures(sides[0], sides[1])),
        beside(sides[0].lines, sides[1].lines, priced),
    )


def copy_variant(session: Session, actor: Actor, row: Configuration, *, suffix: str, now: datetime) -> Configuration:
    """Copy a configuration with all its choices as the actor's own; Conflict when its rules were withdrawn."""
    if not actor.can(Permission.CONFIGURATION_EDIT):
        raise NotAllowed
    revision = session.scalars(select(RuleRevision).where(RuleRevision.id == row.rule_revision_id)).one()
    name = f"{row.name[: LONGEST_NAME - len(suffix) - 1]} {suffix}"
    own = row.organisation_id == actor.organisation_id
    made = operations.create_configuration(
        session,
        actor,
        name=name,
        revision=revision,
        choices=row.choices,
        customer_id=row.customer_id if own else None,
        now=now,
    )
    record(session, made, "copy", now=now, after={"from": row.public_id})
    return made


def _side(session: Session, actor: Actor, row: Configuration, *, today: date) -> Side:
    built = engine(session, row.rule_revision_id)
    priced = priced_for(session, actor, row, built, today=today)
    try:
        proposal = proposal_of(built, row.choices, priced.weights)
    except Impossible:
        raise Conflict(CONTRADICTION) from None
    lines = tuple(merged(proposal.lines))
    bill = bill_of(built.ruleset, lines, priced.prices, priced.currency)
    return Side(row, built, proposal.assignment, lines, priced, bill)


def _sections(left: Side, right: Side) -> list[Section]:
    """Return the questions of both, section by section, in the order of the left one."""
    titles: dict[str, Text] = {}
    for side in (left, right):
        for section in side.built.ruleset.sections:
            titles.setdefault(section.key, section.title)
    found = []
    for key, title in titles.items():
        items: dict[str, Attribute] = {}
        for side in (left, right):
            for item in side.built.ruleset.asked(key, side.proposal):
                items.setdefault(item.key, item)
        found.append(Section(title, tuple(_pair(left, right, name, item.label) for name, item in items.items())))
    return [section for section in found if section.pairs]


def _pair(left: Side, right: Side, key: str, label: Text) -> Pair:
    chosen = (key in left.row.choices, key in right.row.choices)
    return Pair(label, _shown(left, key), _shown(right, key), chosen)


def _shown(side: Side, key: str) -> Text | None:
    """Return how the answer of a side reads; None when it has no such question."""
    ruleset = side.built.ruleset
    if key not in side.proposal or not ruleset.exists(key, side.proposal):
        return None
    return label_of(ruleset.attribute(key), side.proposal[key])


def _figures(left: Side, right: Side) -> list[Pair]:
    figures = [{one.attribute.key: one for one in figures_of(s.built.ruleset, s.proposal)} for s in (left, right)]
    labels = {key: one.attribute.label for side in figures for key, one in side.items()}
    left_shown, right_shown = ({key: one.shown for key, one in side.items()} for side in figures)
    return [Pair(label, left_shown.get(key), right_shown.get(key)) for key, label in labels.items()]
