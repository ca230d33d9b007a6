"""JSON as programs send it, read strictly: what two readers could read differently is refused."""

import json
import math
from typing import Any, Final

DEEPEST: Final = 20  # nothing we take is deeper than four


class NotJson(ValueError):
    """The bytes are no JSON, or JSON that is not safe to read."""


def read_json(content: bytes) -> Any:
    """Return the value that UTF-8 bytes say; raises NotJson."""
    try:
        text = content.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite)
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ValueError as error:
        raise NotJson(str(error)[:200]) from None
    _shallow(value, DEEPEST)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("a key is given twice")
    return found


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJson("a number is too large")
    return number


def _shallow(value: Any, left: int) -> None:
    if left == 0:
        raise NotJson("nested too deeply")
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        if isinstance(part, dict | list):
            _shallow(part, left - 1)
