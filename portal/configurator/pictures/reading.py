"""What a drawing reads: amounts and words of a proposal by the names that a rule set gives to roles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.configurator.language.parts import Attribute, Picture, Setting
from portal.configurator.language.repetition import member_key
from portal.configurator.language.ruleset import RuleSet
from portal.configurator.language.units import UNITS, unit_factor
from portal.configurator.panel import Choices, amount_of, label_of, plain_label
from portal.words import Text

LENGTHS = {"um": 1, "mm": 1_000}  # base units of length, in micrometres


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in base units, how it reads with its unit, and what it is called."""

    value: int
    unit: str
    shown: Text
    label: Text

    @property
    def micrometres(self) -> int:
        """Return a length in micrometres."""
        return self.value * LENGTHS.get(UNITS.get(self.unit, ("", 1))[0], 1)


class Missing(Exception):
    """A number that the drawing needs is not known; `label` is what it is called."""

    def __init__(self, label: Text) -> None:
        super().__init__(label.en)
        self.label = label


class Reader:
    """Reads the parts of one picture, for one member of the repeated group that they belong to."""

    def __init__(self, ruleset: RuleSet, picture: Picture, values: Choices, group: str = "", member: int = 0) -> None:
        self.ruleset, self.values = ruleset, values
        self.group, self.member = group, member
        self.parts: Mapping[str, str] = dict(picture.parts)

    def has(self, role: str) -> bool:
        """Tell whether the rule set names something for a role."""
        return role in self.parts

    def roles(self, prefix: str) -> Iterable[str]:
        """Return the free names behind a prefix: `recorder` of `units_recorder`, in the order written."""
        return [role.removeprefix(prefix) for role in self.parts if role.startswith(prefix)]

    def amount(self, role: str) -> Amount:
        """Return the number of a role; Missing when it is not declared or has no value."""
        found = self.optional(role)
        if found is None:
            raise Missing(self._called(role))
        return found

    def optional(self, role: str) -> Amount | None:
        """Return the number of a role, None when it is not declared or has no value."""
        thing = self._thing(role)
        if isinstance(thing, Setting):
            shown = f"{thing.shown} {thing.unit if thing.unit not in thing.shown and thing.unit != 'count' else ''}"
            return Amount(thing.value, thing.unit, Text(shown.strip(), shown.strip()), thing.label)
        if thing is None:
            return None
        number = _number_of(thing, self.values.get(thing.key))
        unit = thing.unit or "count"
        if number is None:
            return None
        return Amount(number, unit, amount_of(thing, number), plain_label(self.ruleset, thing))

    def word(self, role: str) -> Text | None:
        """Return how the value of a choice reads."""
        thing = self._thing(role)
        if not isinstance(thing, Attribute) or thing.key not in self.values:
            return None
        return label_of(thing, self.values[thing.key])

    def _thing(self, role: str) -> Attribute | Setting | None:
        name = self.parts.get(role, "")
        keys = (member_key(self.group, self.member, name), name) if self.group else (name,)
        for key in keys:
            try:
                return self.ruleset.attribute(key)
            except KeyError:
                continue
        return next((setting for setting in self.ruleset.settings if setting.key == name), None)

    def _called(self, role: str) -> Text:
        thing = self._thing(role)
        if isinstance(thing, Attribute):
            return plain_label(self.ruleset, thing)
        return thing.label if thing else Text(role, role)


def _number_of(attribute: Attribute, value: str | int | None) -> int | None:
    """Return a value in base units: of a choice the number of its value, of a derived number the number itself."""
    if attribute.kind == "choice":
        return next((known.number for known in attribute.values if known.key == value), None)
    if not isinstance(value, int):
        return None
    return value if attribute.kind == "derived" else value * unit_factor(attribute.unit or "count")
