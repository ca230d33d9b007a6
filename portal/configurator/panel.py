"""What the configurator shows: every question with what is still possible, the proposal, its bill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.catalog.pricing import UnitPrice
from portal.configurator.engine.results import BomLine, Domains, Explanation, Impossible
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
    """One attribute as it stands: its state is chosen, consequence (only one value left) or proposed."""

    attribute: Attribute
    state: str
    value: str | int | None
    label: Text
    options: tuple[Option, ...]  # of choices
    ranges: tuple[tuple[int, int], ...]  # of quantities and facts: what is possible, in runs
    unit: Text


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
class Refusal:
    """A value that cannot be had now, with all reasons and the smallest set of choices to give up for it."""

    key: str
    value: str | int
    question: Text
    label: Text
    reasons: tuple[Reason, ...]
    give_up: tuple[tuple[str, Text, Text], ...] | None  # (key, question, value); None: the rules alone forbid it


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line of the bill with its prices."""

    line: BomLine
    product: UnitPrice
    list_total: Money
    total: Money


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
    by_section: dict[str, list[Question]] = {section.key: [] for section in ruleset.sections}
    for attribute in ruleset.attributes:
        if attribute.kind != "derived":
            by_section[attribute.section].append(_question(attribute, choices, domains, proposal))
    return tuple(Block(s.key, s.title, s.hint, tuple(by_section[s.key])) for s in ruleset.sections if by_section[s.key])


def _question(attribute: Attribute, choices: Choices, domains: Domains, proposal: Choices) -> Question:
    key = attribute.key
    state = "chosen" if key in choices else "consequence" if key in domains.implied else "proposed"
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
    )


def figures_of(ruleset: RuleSet, assignment: Choices) -> tuple[Figure, ...]:
    """Return the derived numbers of a full assignment."""
    found = (
        (attribute, assignment.get(attribute.key)) for attribute in ruleset.attributes if attribute.kind == "derived"
    )
    return tuple(Figure(a, value, amount_of(a, value)) for a, value in found if isinstance(value, int))


def bill_of(ruleset: RuleSet, lines: Sequence[BomLine], prices: Mapping[str, UnitPrice], currency: str) -> Bill:
    """Price the lines of a bill and arrange them by group."""
    priced = []
    for line in lines:
        product = prices[line.sku]
        unit, listed = Money(product.unit_minor, currency), Money(product.list_minor, currency)
        priced.append(PricedLine(line, product, listed * line.quantity, unit * line.quantity))
    groups = tuple(
        (group.title, tuple(line for line in priced if line.line.group == group.key)) for group in ruleset.groups
    )
    zero = Money(0, currency)
    list_total = sum((line.list_total for line in priced), zero)
    return Bill(tuple(g for g in groups if g[1]), list_total, sum((line.total for line in priced), zero))


def refusal_of(engine: Engine, choices: Choices, key: str, value: str | int) -> Refusal:
    """Return why `key = value` cannot be had, and what to give up for it."""
    ruleset = engine.ruleset
    attribute = ruleset.attribute(key)
    reasons = tuple(_reason(ruleset, found) for found in engine.compiled.reasons(choices, key, value))
    give_up: tuple[tuple[str, Text, Text], ...] | None
    try:
        released = engine.compiled.release(choices, key, value)
        give_up = tuple((k, ruleset.attribute(k).label, label_of(ruleset.attribute(k), v)) for k, v in released)
    except Impossible:
        give_up = None
    return Refusal(key, value, attribute.label, label_of(attribute, value), reasons, give_up)


def _reason(ruleset: RuleSet, found: Explanation) -> Reason:
    pairs = ((ruleset.attribute(key), value) for key, value in found.choices)
    choices = tuple((attribute.label, label_of(attribute, value)) for attribute, value in pairs)
    return Reason(choices, tuple(ruleset.rule(rule).because for rule in found.rules))
