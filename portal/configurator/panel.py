"""What the configurator shows: every question with what is still possible, the proposal, its bill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from portal.catalog.pricing import UnitPrice
from portal.configurator.engine.results import BomLine, Domains, Explanation
from portal.configurator.engines import Engine
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.language.units import unit_factor
from portal.money import Money
from portal.words import Text

Choices = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a question: `chosen` by a person, `proposed` by the portal, or neither; greyed unless `possible`."""

    value: str | int
    label: Text
    chosen: bool
    proposed: bool
    possible: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One attribute as it stands: its state is chosen, consequence (only one value left), default or proposed.

    `fewer` and `more` are the next numbers of members of a repeated group, None at either end and for all others.
    """

    attribute: Attribute
    state: str
    value: str | int | None
    label: Text
    options: tuple[Option, ...]  # of choices
    ranges: tuple[tuple[int, int], ...]  # of quantities and facts: what is possible, in runs
    unit: Text
    fewer: int | None = None
    more: int | None = None

    @property
    def anchor(self) -> str:
        """Return the key as elements of a page are named, `camera_group-1-fps`."""
        return self.attribute.key.replace("].", "-").replace("[", "-")


@dataclass(frozen=True, slots=True)
class Block:
    """A section of the page with its questions."""

    key: str
    title: Text
    hint: Text
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A derived number of the proposal, in base units and as people read it."""

    attribute: Attribute
    value: int
    shown: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is greyed: one set of choices with the rules that forbid them together."""

    choices: tuple[tuple[Text, Text], ...]  # (question, chosen value)
    because: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class PricedRepair:
    """One way to have a refused value: what else changes, the total that results, and how much more or less it is."""

    keys: tuple[str, ...]  # questions whose choices are given up
    changes: tuple[tuple[Text, Text, Text], ...]  # (question, before, after)
    total: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that cannot be had now, with all reasons and the ways to have it; none when the rules alone forbid it."""

    key: str
    value: str | int
    question: Text
    label: Text
    reasons: tuple[Reason, ...]
    repairs: tuple[PricedRepair, ...]


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of the bill with its prices, and why it was added when a requirement did."""

    line: BomLine
    product: UnitPrice
    list_total: Money
    total: Money
    because: Text | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """The bill of material of the proposal."""

    groups: tuple[tuple[Text, tuple[PricedLine, ...]], ...]
    list_total: Money
    total: Money


@dataclass(frozen=True)
class Panel:
    """All of it."""

    blocks: tuple[Block, ...]
    figures: tuple[Figure, ...]
    assignment: Mapping[str, str | int]
    bill: Bill
    chosen: int
    refusal: Refusal | None = None
    errors: Mapping[str, str] = field(default_factory=dict)  # sentence per question
    typed: Mapping[str, str] = field(default_factory=dict)  # what stands in a field with an error

    @property
    def refused_elsewhere(self) -> bool:
        """Tell whether the refused question is not on the page, because its member does not exist."""
        shown = (question.attribute.key for block in self.blocks for question in block.questions)
        return self.refusal is not None and self.refusal.key not in shown


UNIT_WORDS = {
    "count": Text("", ""),
    "d": Text("days", "天"),
    "h": Text("hours", "小时"),
    "min": Text("minutes", "分钟"),
    "m": Text("m", "米"),
}
DECIMALS = 3  # of derived numbers; what is behind is cut off, never rounded up to something that fits


def unit_of(attribute: Attribute) -> Text:
    """Return how the unit of a question reads."""
    return UNIT_WORDS.get(attribute.unit, Text(attribute.unit, attribute.unit))


def amount_of(attribute: Attribute, value: int) -> str:
    """Return a number in base units in the attribute's own unit, for example 65536 kbit/s as `65.536 Mbit/s`."""
    factor = unit_factor(attribute.unit or "count")
    whole, rest = divmod(abs(value) * 10**DECIMALS // factor, 10**DECIMALS)
    decimals = f".{rest:0{DECIMALS}d}".rstrip("0").rstrip(".")
    return f"{'-' if value < 0 else ''}{whole:,}{decimals} {unit_of(attribute).en}".strip()


def label_of(attribute: Attribute, value: str | int) -> Text:
    """Return how a value reads, with its unit."""
    if attribute.kind == "choice":
        return next((known.label for known in attribute.values if known.key == value), Text(str(value), str(value)))
    unit = unit_of(attribute)
    return Text(f"{value} {unit.en}".strip(), f"{value} {unit.zh}".strip())


def runs(values: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return ascending integers as runs of (first, last)."""
    found: list[tuple[int, int]] = []
    for value in values:
        if found and found[-1][1] + 1 == value:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return tuple(found)


def blocks_of(ruleset: RuleSet, choices: Choices, domains: Domains, proposal: Choices) -> tuple[Block, ...]:
    """Return the questions of a rule set, section by section."""
    blocks = []
    for section in ruleset.sections:
        asked = ruleset.asked(section.key, proposal)
        questions = tuple(_question(ruleset, attribute, choices, domains, proposal) for attribute in asked)
        blocks.append(Block(section.key, section.title, section.hint, questions))
    return tuple(block for block in blocks if block.questions)


def _state(ruleset: RuleSet, key: str, choices: Choices, domains: Domains, proposal: Choices) -> str:
    if key in choices:
        return "chosen"
    if key in domains.implied:
        return "consequence"
    return "default" if key in ruleset.defaults and ruleset.defaults[key] == proposal.get(key) else "proposed"


def _beside(ruleset: RuleSet, attribute: Attribute, value: str | int | None) -> tuple[int | None, int | None]:
    """Return one member fewer and one more than a group has, where there may be."""
    if not isinstance(value, int) or not ruleset.is_group(attribute.key):
        return None, None
    return (
        value - 1 if value > attribute.minimum else None,
        value + 1 if value < attribute.maximum else None,
    )


def _question(
    ruleset: RuleSet, attribute: Attribute, choices: Choices, domains: Domains, proposal: Choices
) -> Question:
    key = attribute.key
    state = _state(ruleset, key, choices, domains, proposal)
    value = choices.get(key, proposal.get(key))
    options: tuple[Option, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    if attribute.kind == "choice":
        possible = set(domains.values[key])
        options = tuple(
            Option(v.key, v.label, choices.get(key) == v.key, key not in choices and value == v.key, v.key in possible)
            for v in attribute.values
        )
    elif attribute.kind == "quantity":
        ranges = runs([number for number in domains.values[key] if isinstance(number, int)])
    else:
        ranges = (domains.range[key],)
    return Question(
        attribute,
        state,
        value,
        label_of(attribute, value if value is not None else ""),
        options,
        ranges,
        unit_of(attribute),
        *_beside(ruleset, attribute, value),
    )


def figures_of(ruleset: RuleSet, assignment: Choices) -> tuple[Figure, ...]:
    """Return the derived numbers of a full assignment."""
    derived = (attribute for attribute in ruleset.existing(assignment) if attribute.kind == "derived")
    found = ((attribute, assignment.get(attribute.key)) for attribute in derived)
    return tuple(Figure(a, value, amount_of(a, value)) for a, value in found if isinstance(value, int))


def merged(lines: Sequence[BomLine]) -> list[BomLine]:
    """Add up what an authored line puts on the bill more than once: the members of a group that take one product."""
    found: dict[tuple[str, str, str], BomLine] = {}
    for line in lines:
        key = (line.group, line.rule, line.sku)
        found[key] = replace(line, quantity=line.quantity + found[key].quantity) if key in found else line
    return list(found.values())


def bill_of(ruleset: RuleSet, lines: Sequence[BomLine], prices: Mapping[str, UnitPrice], currency: str) -> Bill:
    """Price the lines of a bill and arrange them by group."""
    priced = []
    for line in merged(lines):
        product = prices[line.sku]
        unit, listed = Money(product.unit_minor, currency), Money(product.list_minor, currency)
        because = ruleset.because_of(line.rule)
        priced.append(PricedLine(line, product, listed * line.quantity, unit * line.quantity, because))
    groups = tuple(
        (group.title, tuple(line for line in priced if line.line.group == group.key)) for group in ruleset.groups
    )
    zero = Money(0, currency)
    list_total = sum((line.list_total for line in priced), zero)
    return Bill(tuple(g for g in groups if g[1]), list_total, sum((line.total for line in priced), zero))


def refusal_of(
    engine: Engine, choices: Choices, key: str, value: str | int, prices: Mapping[str, UnitPrice], currency: str
) -> Refusal:
    """Return why `key = value` cannot be had, and what to change for it with the difference in price."""
    ruleset, compiled = engine.ruleset, engine.compiled
    attribute = ruleset.attribute(key)
    reasons = tuple(_reason(ruleset, found) for found in compiled.reasons(choices, key, value))
    costs = costs_of(prices)

    def total(assignment: Choices) -> Money:
        return bill_of(ruleset, compiled.lines(assignment), prices, currency).total

    now = total(compiled.complete(choices, costs))
    repairs = tuple(
        PricedRepair(
            tuple(name for name, _ in repair.released),
            tuple(_change(ruleset.attribute(name), before, after) for name, before, after in repair.changed),
            total(repair.proposal),
            total(repair.proposal) - now,
        )
        for repair in compiled.repairs(choices, key, value, costs)
    )
    return Refusal(key, value, attribute.label, label_of(attribute, value), reasons, repairs)


def costs_of(prices: Mapping[str, UnitPrice]) -> dict[str, int]:
    """Return what the engine weighs: minor money of one piece per sku."""
    return {sku: price.unit_minor for sku, price in prices.items()}


def _change(attribute: Attribute, before: str | int, after: str | int) -> tuple[Text, Text, Text]:
    return attribute.label, label_of(attribute, before), label_of(attribute, after)


def _reason(ruleset: RuleSet, found: Explanation) -> Reason:
    pairs = ((ruleset.attribute(key), value) for key, value in found.choices)
    choices = tuple((attribute.label, label_of(attribute, value)) for attribute, value in pairs)
    return Reason(choices, tuple(ruleset.rule(rule).because for rule in found.rules))
