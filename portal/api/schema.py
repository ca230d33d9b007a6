"""What requests and answers look like: JSON Schema, written once, for the document, for our checks and for the tests.

Our checks understand the words that are used here and refuse others, so that a schema never promises more than is held.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.words import N_

Schema = Mapping[str, Any]
KNOWN: Final = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "maxItems", "minLength", "maxLength", "pattern",
     "enum", "minimum", "maximum", "maxProperties", "description", "examples", "format"}
)  # fmt: skip
TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
MOST_ERRORS: Final = 20


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something that does not fit: where, which kind of mistake, and the sentence for people."""

    field: str
    code: str
    message: str
    params: Mapping[str, Any]


def check(value: Any, schema: Schema) -> list[Mistake]:
    """Return what does not fit a schema, at most twenty mistakes."""
    found = []
    for mistake in _mistakes(value, schema, ""):
        found.append(mistake)
        if len(found) == MOST_ERRORS:
            break
    return found


def _mistakes(value: Any, schema: Schema, at: str) -> Iterator[Mistake]:
    assert schema.keys() <= KNOWN, f"our checks do not hold {schema.keys() - KNOWN}"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(value, kind) for kind in kinds):
        yield Mistake(at, "type", N_("This must be of type %(type)s."), {"type": " | ".join(kinds)})
    elif isinstance(value, str):
        yield from _of_text(value, schema, at)
    elif isinstance(value, dict):
        yield from _of_object(value, schema, at)
    elif isinstance(value, list):
        yield from _of_list(value, schema, at)
    elif isinstance(value, int) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            yield Mistake(at, "range", N_("Enter a whole number from %(low)s to %(high)s."), {"low": low, "high": high})


def _is(value: Any, kind: str) -> bool:
    """Whether a value is of a JSON type; true is no number and 1.0 no whole one."""
    if isinstance(value, bool):
        return kind == "boolean"
    types: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int, "null": type(None)}
    return kind in types and isinstance(value, types[kind])


def _of_text(value: str, schema: Schema, at: str) -> Iterator[Mistake]:
    if len(value) > schema["maxLength"]:
        yield Mistake(at, "too_long", N_("At most %(max)d characters."), {"max": schema["maxLength"]})
    elif len(value.strip()) < schema.get("minLength", 0):
        yield Mistake(at, "too_short", N_("Please fill this in."), {})
    elif place := next((number for number, character in enumerate(value, 1) if _is_hidden(character)), 0):
        yield Mistake(at, "characters", N_("Character %(position)s cannot be shown; remove it."), {"position": place})
    elif value not in schema.get("enum", [value]) or not re.fullmatch(schema.get("pattern", ".*"), value, re.DOTALL):
        yield Mistake(at, "value", N_("This value is not accepted here."), {})


def _is_hidden(character: str) -> bool:
    return character in TURNS or (character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cs"))


def _of_object(value: dict[str, Any], schema: Schema, at: str) -> Iterator[Mistake]:
    known, others = schema.get("properties", {}), schema["additionalProperties"]
    for name in schema.get("required", ()):
        if name not in value:
            yield Mistake(_below(at, name), "missing", N_("Please fill this in."), {})
    if len(value) > schema.get("maxProperties", 1000):
        yield Mistake(at, "too_many", N_("There are too many of these."), {})
        return
    for name, part in value.items():
        if name in known:
            yield from _mistakes(part, known[name], _below(at, name))
        elif others is False:
            yield Mistake(_below(at, name), "unknown_field", N_("There is no such field."), {})
        else:
            yield from _mistakes(part, others, _below(at, name))


def _of_list(value: list[Any], schema: Schema, at: str) -> Iterator[Mistake]:
    if len(value) > schema["maxItems"]:
        yield Mistake(at, "too_many", N_("There are too many of these."), {})
        return
    for number, part in enumerate(value):
        yield from _mistakes(part, schema["items"], f"{at}[{number}]")


def _below(at: str, name: str) -> str:
    shown = "".join(c for c in name[:60] if not _is_hidden(c))
    return f"{at}.{shown}" if at else shown


def obj(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> dict[str, Any]:
    """Return the schema of an object that has these fields and no other."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def text(longest: int, *, least: int = 1, pattern: str = "", description: str = "") -> dict[str, Any]:
    """Return the schema of a text."""
    more = {key: value for key, value in (("pattern", pattern), ("description", description)) if value}
    return {"type": "string", "minLength": least, "maxLength": longest, **more}


def integer(low: int, high: int, description: str = "") -> dict[str, Any]:
    """Return the schema of a whole number."""
    about = {"description": description} if description else {}
    return {"type": "integer", "minimum": low, "maximum": high, **about}


def one_of(*values: str) -> dict[str, Any]:
    """Return the schema of one of a few words."""
    return {"type": "string", "enum": list(values), "maxLength": max(map(len, values))}


def many(items: Schema, most: int = 10_000) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": items, "maxItems": most}


def mapping(values: Schema, most: int = 1000, description: str = "") -> dict[str, Any]:
    """Return the schema of an object whose keys are names of questions."""
    about = {"description": description} if description else {}
    return {"type": "object", "additionalProperties": values, "maxProperties": most, **about}


def nullable(schema: Schema) -> dict[str, Any]:
    """Return a schema that also takes null."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": [*kinds, "null"], **values}
