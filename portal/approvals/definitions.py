"""How a kind of request is decided, read from plain content with every mistake named. Pure."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from portal.money import LARGEST_MINOR, MINOR_DIGITS
from portal.parameters.definitions import DEFINITIONS as PARAMETERS
from portal.policy import GRANTS, OrganisationKind, Permission, Reach, Role
from portal.words import N_, Text

FORMAT: Final = 1
MOST_STEPS: Final = 8
MOST_ENTRIES: Final = 20  # roles and persons of one group, values of one condition, automatic limits
LONGEST_HOURS: Final = 400
LONGEST_TITLE: Final = 120
LONGEST_BECAUSE: Final = 300
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
WORD: Final = re.compile(r"[^\s,][^,\n]{0,59}")
ADDRESS: Final = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,180}")
DECIDING_ROLES: Final = tuple(
    role.value
    for role in Role
    if GRANTS[OrganisationKind.SUPPLIER].get(role, {}).get(Permission.APPROVAL_DECIDE) is Reach.ALL
)
WORDS: Final = ("product_line", "region")  # facts that are compared with a list of values
Amount = int | str  # minor units or basis points, or the key of a parameter that says them
Limits = Mapping[str, Amount]  # by currency


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong where: a path into the content, and an English gettext id with its parameters."""

    path: tuple[str | int, ...]
    message: str
    params: Mapping[str, Any]

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.message % self.params


class Mistakes(Exception):
    """Content that is no definition."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class When:
    """A condition on facts; what is empty holds always."""

    value_from: Limits
    value_below: Limits
    discount_from: Amount | None
    discount_below: Amount | None
    words: Mapping[str, tuple[str, ...]]  # product_line, region


@dataclass(frozen=True, slots=True)
class Automatic:
    """Approved at once, without anybody, when the condition holds."""

    when: When
    because: Text


@dataclass(frozen=True, slots=True)
class Step:
    """One step: who is asked, how long he has, and who is asked besides when that time is over."""

    key: str
    title: Text
    when: When
    mode: Literal["any", "all"]
    ask: tuple[str, ...]  # roles, and mail addresses of persons
    hours: Amount
    escalate: tuple[str, ...]
    because: Text


@dataclass(frozen=True, slots=True)
class Definition:
    """How one kind of request is decided."""

    key: str
    title: Text
    automatic: tuple[Automatic, ...]
    steps: tuple[Step, ...]


def content_hash(content: Mapping[str, Any]) -> str:
    """Return the name of content by what it says."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def read(content: object) -> Definition:
    """Return the definition that plain content says; raises Mistakes with all of them."""
    reader = _Reader()
    found = reader.definition(content)
    if reader.mistakes:
        raise Mistakes(reader.mistakes)
    return found


NO_CONDITION: Final = When({}, {}, None, None, {})


class _Reader:
    """Reads content part by part; whatever is wrong is noted and read as something harmless."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def wrong(self, path: tuple[str | int, ...], message: str, **params: Any) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(path, message, params))

    def mapping(self, value: object, path: tuple[str | int, ...], known: tuple[str, ...]) -> Mapping[str, Any]:
        """Return a mapping whose keys are all known."""
        if not isinstance(value, Mapping):
            self.wrong(path, N_("Names with values are expected here."))
            return {}
        for key in value:
            if key not in known:
                self.wrong((*path, str(key)), N_("“%(key)s” is unknown here; known are: %(known)s."),
                           key=str(key)[:40], known=", ".join(known))  # fmt: skip
        return value

    def items(
        self, value: object, path: tuple[str | int, ...], most: int
    ) -> Iterator[tuple[Any, tuple[str | int, ...]]]:
        """Yield the parts of a list with their paths."""
        if not isinstance(value, list | tuple):
            self.wrong(path, N_("A list is expected here."))
            return
        if len(value) > most:
            self.wrong(path, N_("At most %(most)d entries are possible here."), most=most)
            return
        for number, part in enumerate(value):
            yield part, (*path, number)

    def text(self, parts: Mapping[str, Any], name: str, path: tuple[str | int, ...], longest: int) -> Text:
        """Return a sentence in both languages."""
        here = (*path, name)
        if name not in parts:
            self.wrong(path, N_("“%(key)s” is missing."), key=name)
            return Text("", "")
        given = self.mapping(parts[name], here, ("en", "zh"))
        for language in ("en", "zh"):
            said = given.get(language)
            if not isinstance(said, str) or not said.strip():
                self.wrong((*here, language), N_("The text in both languages is needed."))
            elif len(said) > longest:
                self.wrong((*here, language), N_("At most %(max)d characters."), max=longest)
        return Text(str(given.get("en", "")), str(given.get("zh", "")))

    def definition(self, content: object) -> Definition:
        """Read all of it."""
        parts = self.mapping(content, (), ("format", "key", "title", "automatic", "steps"))
        if parts.get("format") != FORMAT:
            self.wrong(("format",), N_("The format must be %(format)d."), format=FORMAT)
        key = parts.get("key")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            self.wrong(("key",), N_("A name of small letters, digits and underscores is needed."))
        automatic = [
            self.automatic(*part) for part in self.items(parts.get("automatic", []), ("automatic",), MOST_ENTRIES)
        ]
        steps = [self.step(*part) for part in self.items(parts.get("steps", []), ("steps",), MOST_STEPS)]
        if not steps:
            self.wrong(("steps",), N_("At least one step is needed; without one nobody could ever decide."))
        keys = [step.key for step in steps]
        for number, name in enumerate(keys):
            if name in keys[:number]:
                self.wrong(("steps", number, "key"), N_("Two steps are called “%(key)s”."), key=name)
        title = self.text(parts, "title", (), LONGEST_TITLE)
        return Definition(str(key), title, tuple(automatic), tuple(steps))

    def automatic(self, value: object, path: tuple[str | int, ...]) -> Automatic:
        """Read one automatic limit; without any condition it would approve everything."""
        parts = self.mapping(value, path, ("when", "because"))
        when = self.when(parts.get("when", {}), (*path, "when"))
        if when == NO_CONDITION:
            self.wrong((*path, "when"), N_("An automatic approval needs a condition."))
        return Automatic(when, self.text(parts, "because", path, LONGEST_BECAUSE))

    def step(self, value: object, path: tuple[str | int, ...]) -> Step:
        """Read one step."""
        known = ("key", "title", "when", "mode", "ask", "hours", "escalate", "because")
        parts = self.mapping(value, path, known)
        key = parts.get("key")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            self.wrong((*path, "key"), N_("A name of small letters, digits and underscores is needed."))
        mode = parts.get("mode", "any")
        if mode not in ("any", "all"):
            self.wrong((*path, "mode"), N_("Either “any” or “all” is possible."))
        ask = self.group(parts.get("ask", []), (*path, "ask"))
        if not ask:
            self.wrong((*path, "ask"), N_("Name at least one role or person."))
        hours = self.amount(parts.get("hours"), (*path, "hours"), 1, LONGEST_HOURS, "integer")
        escalate = self.group(parts.get("escalate", []), (*path, "escalate"))
        when = self.when(parts.get("when", {}), (*path, "when"))
        title, because = (
            self.text(parts, "title", path, LONGEST_TITLE),
            self.text(parts, "because", path, LONGEST_BECAUSE),
        )
        return Step(str(key), title, when, "all" if mode == "all" else "any", ask, hours, escalate, because)

    def group(self, value: object, path: tuple[str | int, ...]) -> tuple[str, ...]:
        """Read roles and mail addresses."""
        found: list[str] = []
        for entry, where in self.items(value, path, MOST_ENTRIES):
            if not isinstance(entry, str) or not (entry in DECIDING_ROLES or ADDRESS.fullmatch(entry)):
                message = N_("“%(entry)s” is neither a mail address nor a role that may decide: %(known)s.")
                self.wrong(where, message, entry=str(entry)[:60], known=", ".join(DECIDING_ROLES))
            elif entry.lower() in found:
                self.wrong(where, N_("“%(entry)s” stands here twice."), entry=entry)
            else:
                found.append(entry.lower())
        return tuple(found)

    def when(self, value: object, path: tuple[str | int, ...]) -> When:
        """Read a condition."""
        parts = self.mapping(value, path, ("value", "discount", *WORDS))
        money = self.mapping(parts.get("value", {}), (*path, "value"), ("from", "below"))
        bounds = {side: self.limits(money.get(side, {}), (*path, "value", side)) for side in ("from", "below")}
        share = self.mapping(parts.get("discount", {}), (*path, "discount"), ("from", "below"))
        points = {
            side: self.amount(share[side], (*path, "discount", side), 0, 10_000, "basis_points")
            if side in share
            else None
            for side in ("from", "below")
        }
        words = {name: self.words(parts[name], (*path, name)) for name in WORDS if name in parts}
        words = {name: values for name, values in words.items() if values}
        return When(bounds["from"], bounds["below"], points["from"], points["below"], words)

    def words(self, value: object, path: tuple[str | int, ...]) -> tuple[str, ...]:
        """Read a list of values."""
        found: list[str] = []
        for entry, where in self.items(value, path, MOST_ENTRIES):
            if isinstance(entry, str) and WORD.fullmatch(entry):
                found.append(entry)
            else:
                self.wrong(where, N_("A short text without commas is expected here."))
        return tuple(found)

    def limits(self, value: object, path: tuple[str | int, ...]) -> Limits:
        """Read an amount for each currency."""
        given = self.mapping(value, path, tuple(MINOR_DIGITS))
        return {
            str(currency): self.amount(amount, (*path, str(currency)), 0, LARGEST_MINOR, "money")
            for currency, amount in given.items()
        }

    def amount(self, value: object, path: tuple[str | int, ...], low: int, high: int, kind: str) -> Amount:
        """Read a whole number within bounds, or the key of a parameter of this kind."""
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        if isinstance(value, str) and value in PARAMETERS and PARAMETERS[value].kind == kind:
            return value
        self.wrong(path, N_("A whole number from %(low)d to %(high)d, or the name of a setting, is needed."),
                   low=low, high=high)  # fmt: skip
        return low
