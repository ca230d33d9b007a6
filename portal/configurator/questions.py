"""A question of the page as it stands: its state, its values with what is still possible, their prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.catalog.pricing import UnitPrice
from portal.configurator.engine.results import Domains
from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.needing import needed_facts
from portal.configurator.panel import Choices, anchor_of, label_of, plain_label, unit_of
from portal.words import Text

SHORT = 12  # values of a question that are seen at once


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a question: `chosen` by a person, `proposed` by the portal, or neither; greyed unless `possible`.

    `missing` names the facts that stand in the way of a greyed one: an engineer has to look them up.
    """

    value: str | int
    label: Text
    chosen: bool
    proposed: bool
    possible: bool
    place: int  # among the values of the question, from 1
    missing: tuple[str, ...] = ()
    price: UnitPrice | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One attribute as it stands: its state is chosen, consequence (only one value left), default or proposed.

    `fewer` and `more` are the next numbers of members of a repeated group, None at either end and for all others.
    """

    attribute: Attribute
    title: Text  # without the member that it belongs to
    state: str
    value: str | int | None
    label: Text
    options: tuple[Option, ...]  # of choices
    ranges: tuple[tuple[int, int], ...]  # of quantities and facts: what is possible, in runs
    unit: Text
    member: int = 0
    fewer: int | None = None
    more: int | None = None

    @property
    def anchor(self) -> str:
        """Return the key as elements of a page are named, `camera_group-1-fps`."""
        return anchor_of(self.attribute.key)

    @property
    def first(self) -> tuple[Option, ...]:
        """Return the values that are seen at once: all of a short list, else the first that are possible."""
        if len(self.options) <= SHORT:
            return self.options
        possible = [option.place for option in self.options if option.possible][:SHORT]
        return tuple(item for item in self.options if item.place in possible or item.chosen or item.proposed)

    @property
    def rest(self) -> tuple[Option, ...]:
        """Return the values of a long list that are possible and not seen at once."""
        first = {option.place for option in self.first}
        return tuple(option for option in self.options if option.possible and option.place not in first)

    @property
    def greyed(self) -> tuple[Option, ...]:
        """Return the values of a long list that are not possible now."""
        first = {option.place for option in self.first}
        return tuple(option for option in self.options if not option.possible and option.place not in first)

    @property
    def has_prices(self) -> bool:
        """Tell whether the values are products."""
        return any(option.price for option in self.options)


def runs(values: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return ascending integers as runs of (first, last)."""
    found: list[tuple[int, int]] = []
    for value in values:
        if found and found[-1][1] + 1 == value:
            found[-1] = (found[-1][0], value)
        else:
            found.append((value, value))
    return tuple(found)


def state_of(ruleset: RuleSet, key: str, choices: Choices, domains: Domains, proposal: Choices) -> str:
    """Return whether a question is chosen, a consequence, at its default, or proposed."""
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


def question_of(
    ruleset: RuleSet,
    attribute: Attribute,
    choices: Choices,
    domains: Domains,
    proposal: Choices,
    prices: Mapping[str, UnitPrice],
) -> Question:
    """Return a question as it stands; values that are products carry their price."""
    key = attribute.key
    value = choices.get(key, proposal.get(key))
    options: tuple[Option, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    if attribute.kind == "choice":
        options = _options(ruleset, attribute, choices, domains, proposal, prices)
    elif attribute.kind == "quantity":
        ranges = runs([number for number in domains.values[key] if isinstance(number, int)])
    else:
        ranges = (domains.range[key],)
    return Question(
        attribute,
        plain_label(ruleset, attribute),
        state_of(ruleset, key, choices, domains, proposal),
        value,
        label_of(attribute, value if value is not None else ""),
        options,
        ranges,
        unit_of(attribute),
        ruleset.member_of(key)[1],
        *_beside(ruleset, attribute, value),
    )


def _options(
    ruleset: RuleSet,
    attribute: Attribute,
    choices: Choices,
    domains: Domains,
    proposal: Choices,
    prices: Mapping[str, UnitPrice],
) -> tuple[Option, ...]:
    key = attribute.key
    chosen, possible = choices.get(key), set(domains.values[key])
    value = choices.get(key, proposal.get(key))
    return tuple(
        Option(
            known.key,
            known.label,
            chosen == known.key,
            key not in choices and value == known.key,
            known.key in possible,
            place,
            () if known.key in possible else needed_facts(ruleset, key, known.key, proposal),
            prices.get(known.sku or ""),
        )
        for place, known in enumerate(attribute.values, start=1)
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a page is made from: the rules, what somebody chose, what is possible, and the proposal."""

    ruleset: RuleSet
    choices: Choices
    domains: Domains
    proposal: Choices
    prices: Mapping[str, UnitPrice]

    def question(self, attribute: Attribute) -> Question:
        """Return a question as it stands."""
        return question_of(self.ruleset, attribute, self.choices, self.domains, self.proposal, self.prices)

    def state(self, attribute: Attribute) -> str:
        """Return whether a question is chosen, a consequence, at its default, or proposed."""
        return state_of(self.ruleset, attribute.key, self.choices, self.domains, self.proposal)
