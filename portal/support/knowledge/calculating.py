"""Calculators: three questions answered by the very expressions of the published rules, with a handful of answers.

Nothing is reckoned here; whoever corrects a formula in the rules corrects the calculator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from lark import Token
from sqlalchemy.orm import Session

from portal.configurator.language.ruleset import Attribute, RuleSet
from portal.configurator.models import RuleRevision
from portal.configurator.operations import newest_revision
from portal.configurator.plain import Function, Plain, Scalar
from portal.errors import Conflict, Invalid
from portal.words import N_

RULES: Final = "surveillance-site"
LONGEST_MINUTES: Final = 24 * 60
NOT_KNOWN: Final = N_("The rules know no number for this; ask an engineer.")
MISSING: Final = N_("The published rules do not answer this question.")
NEEDED: Final = (  # names of the rules that the calculators read
    "storage", "streams", "switch_power", "switch_budget", "load", "energy", "camera_group", "switch", "ups",
)  # fmt: skip
NEEDED_RULES: Final = ("switch-poe", "ups-runtime", "ups-watts", "ups-apparent")


class Reckoner(Plain):
    """The expressions of a rule set, in which some derived numbers are given instead of reckoned."""

    def __init__(self, ruleset: RuleSet, given: Sequence[str] = ()) -> None:
        self.given = frozenset(given)
        super().__init__(ruleset)

    def _name(self, token: Token) -> Function:
        key = str(token)
        if key in self.given:
            return lambda values, _members: values[key]
        return super()._name(token)

    def choices(self, key: str) -> Attribute:
        """Return a question with its possible answers."""
        return self.attributes[key]

    def found(self, text: str, values: Mapping[str, Scalar]) -> int:
        """Return a number in base units; raises Invalid where the rules know none."""
        number = self.number(text, values, {})
        if number is None:
            raise Invalid(NOT_KNOWN)
        return number


def reckoner(session: Session, *, today: Any) -> Reckoner:
    """Return the expressions of the rules in force; raises Conflict while none are published that answer."""
    revision = newest_revision(session, RULES, today=today)
    made = _reckoner(revision.content_hash, _Content(revision))
    names = {*made.attributes, *made.counts}
    if not names.issuperset(NEEDED) or any(_rule(made, key) is None for key in NEEDED_RULES):
        raise Conflict(MISSING)
    return made


class _Content:
    """The content of a revision; all of them are equal to the cache, which goes by their hash."""

    def __init__(self, revision: RuleRevision) -> None:
        self.revision = revision

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=4)
def _reckoner(_content_hash: str, content: _Content) -> Reckoner:
    return Reckoner(RuleSet.from_content(dict(content.revision.content)), given=("imagers", "load"))


@dataclass(frozen=True, slots=True)
class Storage:
    """Storage that recordings need, and the stream of all cameras."""

    megabytes: int
    stream: int  # kbit/s


def storage(plain: Reckoner, *, cameras: int, resolution: str, codec: str, fps: str, days: int) -> Storage:
    """Return what so many cameras of one sensor need for so many days, recorded around the clock."""
    group: dict[str, Scalar] = {"cameras": cameras, "resolution": resolution, "codec": codec, "fps": fps}
    values: dict[str, Scalar] = dict(plain.ruleset.defaults)
    values |= {"camera_group": 1, "imagers": 1, "days": days, "hours": 24}
    values |= {f"camera_group[1].{key}": value for key, value in group.items()}
    values["camera_group[1].scene"] = plain.ruleset.defaults.get("camera_group[1].scene", "normal")
    return Storage(plain.found("storage", values), plain.found("streams", values))


@dataclass(frozen=True, slots=True)
class Poe:
    """Power that cameras take from a switch, and what it can give."""

    used: int  # mW
    budget: int
    enough: bool


def poe(plain: Reckoner, *, switch: str, cameras: Sequence[tuple[str, int]]) -> Poe:
    """Return whether one switch feeds these cameras, as the rule of the configurator says it."""
    values: dict[str, Scalar] = dict(plain.ruleset.defaults)
    values |= {"camera_group": len(cameras), "switch": switch, "switches": 1, "poe_reserve": 0}
    for member, (camera, count) in enumerate(cameras, 1):
        chosen: dict[str, Scalar] = {"camera": camera, "cameras": count, "power": "switch"}
        values |= {f"camera_group[{member}].{key}": value for key, value in chosen.items()}
    used, budget = plain.found("switch_power", values), plain.found("switch_budget", values)
    return Poe(used, budget, plain.truth(_require(plain, "switch-poe"), values, {}) is True)


@dataclass(frozen=True, slots=True)
class Runtime:
    """How long a UPS bears a load."""

    minutes: int
    overloaded: bool


def runtime(plain: Reckoner, *, ups: str, packs: int, watts: int) -> Runtime:
    """Return for how many whole minutes the rule of the configurator holds."""
    values = _ups_values(plain, ups, packs, watts)
    plain.found("energy", values)
    overloaded = any(
        plain.truth(_require(plain, key), values, {}) is False for key in ("ups-watts", "ups-apparent")
    )  # fmt: skip
    rule, low, high = _require(plain, "ups-runtime"), 0, LONGEST_MINUTES
    while low < high:
        middle = (low + high + 1) // 2
        if plain.truth(rule, values | {"runtime": middle}, {}) is True:
            low = middle
        else:
            high = middle - 1
    return Runtime(low, overloaded)


def with_energy(plain: Reckoner) -> list[str]:
    """Return the UPSs whose runtime the rules know; of others a catalogue may not even say the energy."""
    keys = (value.key for value in plain.choices("ups").values)
    return [key for key in keys if plain.number("energy", _ups_values(plain, key, 0, 0), {}) is not None]


def _ups_values(plain: Reckoner, ups: str, packs: int, watts: int) -> dict[str, Scalar]:
    values: dict[str, Scalar] = dict(plain.ruleset.defaults)
    return values | {"ups": ups, "packs": packs, "load": watts * 1000, "load_margin": 0}


def _rule(plain: Plain, key: str) -> str | None:
    return next((rule.require for rule in plain.ruleset.rules if rule.key == key), None)


def _require(plain: Plain, key: str) -> str:
    found = _rule(plain, key)
    assert found is not None  # `reckoner` has looked
    return found
