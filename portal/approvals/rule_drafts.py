"""Approval rules as a form shows them: every value a text, read from content or from what was typed, and back. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from portal.approvals.definitions import DECIDING_ROLES, FORMAT, MOST_STEPS
from portal.money import MINOR_DIGITS
from portal.parameters.definitions import DEFINITIONS as PARAMETERS

CURRENCIES: Final = tuple(MINOR_DIGITS)
USUAL: Final = ("CNY", "USD")
SIDES: Final = ("from", "below")
PART: Final = re.compile(r"(automatic|steps)-([0-9]{1,2})-([a-zA-Z_]{1,40})")
NUMBER: Final = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,2}))?")
Part = dict[str, str]


class Typed(Protocol):
    """What a form sent."""

    def get(self, key: str, default: str) -> str:
        """Return the first value of a field."""

    def getlist(self, key: str) -> list[str]:
        """Return all values of a field."""

    def __iter__(self) -> Any:
        """Return the names of the fields."""


@dataclass
class Draft:
    """Rules while somebody edits them."""

    title: Part = field(default_factory=lambda: {"en": "", "zh": ""})
    automatic: list[Part] = field(default_factory=list)
    steps: list[Part] = field(default_factory=list)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Draft":
        """Return what published content says."""
        automatic = [
            {**_condition(part.get("when", {})), **_text(part, "because")} for part in content.get("automatic", [])
        ]
        return cls(dict(content["title"]), automatic, [_step(part) for part in content["steps"]])

    @classmethod
    def typed(cls, form: Typed) -> "Draft":
        """Return what was typed; parts marked for removal are left out."""
        found: dict[str, dict[int, Part]] = {"automatic": {}, "steps": {}}
        for name in form:
            if match := PART.fullmatch(name):
                values = [value[:400] for value in form.getlist(name)[:20]]
                found[match[1]].setdefault(int(match[2]), {})[match[3]] = "\n".join(values)
        lists = {
            name: [part for _number, part in sorted(parts.items())[:30] if not part.get("remove")]
            for name, parts in found.items()
        }
        title = {language: form.get(f"title_{language}", "")[:400] for language in ("en", "zh")}
        return cls(title, lists["automatic"], lists["steps"])

    def content(self, kind: str) -> dict[str, Any]:
        """Return the content that this says; what cannot be read stays as typed, to be named as a mistake."""
        made: dict[str, Any] = {"format": FORMAT, "key": kind, "title": {k: v.strip() for k, v in self.title.items()}}
        if self.automatic:
            made["automatic"] = [{"when": _when(part), "because": _both(part, "because")} for part in self.automatic]
        made["steps"] = [_step_content(part, number) for number, part in enumerate(self.steps)]
        return made

    def currencies(self) -> list[str]:
        """Return the currencies to show: the usual ones, and whatever limits are in."""
        used = {name.rpartition("_")[2] for part in (*self.automatic, *self.steps) for name in part}
        return [currency for currency in CURRENCIES if currency in USUAL or currency in used]

    def add_step(self) -> None:
        """Begin another step."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append({"mode": "any", "ask_roles": DECIDING_ROLES[0], "hours": "16"})

    def add_limit(self) -> None:
        """Begin another automatic limit."""
        self.automatic.append({})


def _text(part: Mapping[str, Any], name: str) -> Part:
    return {f"{name}_{language}": str(part[name][language]) for language in ("en", "zh")}


def _both(part: Part, name: str) -> dict[str, str]:
    return {language: part.get(f"{name}_{language}", "").strip() for language in ("en", "zh")}


def _step(part: Mapping[str, Any]) -> Part:
    made = {"key": str(part["key"]), "mode": str(part.get("mode", "any")), "hours": str(part["hours"])}
    for name in ("ask", "escalate"):
        group = part.get(name, [])
        made[f"{name}_roles"] = "\n".join(entry for entry in group if entry in DECIDING_ROLES)
        made[f"{name}_people"] = ", ".join(entry for entry in group if entry not in DECIDING_ROLES)
    return {**made, **_text(part, "title"), **_text(part, "because"), **_condition(part.get("when", {}))}


def _step_content(part: Part, number: int) -> dict[str, Any]:
    hours = part.get("hours", "").strip()
    made: dict[str, Any] = {"key": part.get("key", "") or f"step_{number + 1}"}
    if when := _when(part):
        made["when"] = when
    made |= {"title": _both(part, "title"), "mode": part.get("mode", "any"), "ask": _group(part, "ask")}
    made["hours"] = int(hours) if hours.isascii() and hours.isdigit() and len(hours) < 10 else hours
    made |= {"escalate": _group(part, "escalate"), "because": _both(part, "because")}
    return made


def _group(part: Part, name: str) -> list[str]:
    people = re.split(r"[\s,;]+", part.get(f"{name}_people", "").strip().lower())
    return [entry for entry in (*part.get(f"{name}_roles", "").split("\n"), *people) if entry]


def _condition(when: Mapping[str, Any]) -> Part:
    made: Part = {}
    for side in SIDES:
        for currency, amount in when.get("value", {}).get(side, {}).items():
            made[f"value_{side}_{currency}"] = _shown(amount, MINOR_DIGITS[currency])
        if side in when.get("discount", {}):
            made[f"discount_{side}"] = _shown(when["discount"][side], 2)
    for name in ("product_line", "region"):
        if name in when:
            made[name] = ", ".join(when[name])
    return made


def _when(part: Part) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for side in SIDES:
        limits = {
            currency: _amount(part[f"value_{side}_{currency}"], MINOR_DIGITS[currency])
            for currency in CURRENCIES
            if part.get(f"value_{side}_{currency}", "").strip()
        }
        if limits:
            made.setdefault("value", {})[side] = limits
        if part.get(f"discount_{side}", "").strip():
            made.setdefault("discount", {})[side] = _amount(part[f"discount_{side}"], 2)
    for name in ("product_line", "region"):
        words = [word.strip() for word in re.split(r"[,\uff0c\u3001\n]", part.get(name, "")) if word.strip()]
        if words:
            made[name] = words
    return made


def _shown(amount: int | str, digits: int) -> str:
    """Return an amount as it is typed: in whole units, or the name of a setting."""
    if isinstance(amount, str):
        return amount
    whole, rest = divmod(amount, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if rest else str(whole)


def _amount(text: str, digits: int) -> int | str:
    text = text.strip()
    match = NUMBER.fullmatch(text)
    if text in PARAMETERS or match is None or len(match[2] or "") > digits:
        return text
    return int(match[1] + (match[2] or "").ljust(digits, "0"))


def fields_of(paths: Iterable[tuple[str | int, ...]]) -> set[str]:
    """Return which parts of the form have a mistake: `steps-0`, `automatic-1`, or the form as a whole (empty)."""
    return {f"{path[0]}-{path[1]}" if len(path) > 1 and isinstance(path[1], int) else "" for path in paths}
