"""Reading keyset positions and versions out of a request, safely."""

import base64
import json
from collections.abc import Sequence
from typing import Any

from flask import request

LONGEST_KEY = 18  # digits of a bigint that cannot overflow
LARGEST = 2**63  # beyond what a column of whole numbers holds


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY else None


def before_id(name: str = "before") -> int | None:
    """Return the key below which a list goes on, or None for its first page."""
    return _number(request.args.get(name, ""))


def typed_version() -> int:
    """Return the version a form was made from; nonsense counts as a version that never was."""
    found = _number(request.form.get("version", ""))
    return -1 if found is None else found


def write_position(values: Sequence[str | int]) -> str:
    """Return the keys of the last row of a page as the address of the next page carries them."""
    text = json.dumps(list(values), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_position(text: str, *kinds: type) -> list[Any] | None:
    """Return the keys of a position when they are of these kinds; anything else means the first page.

    What is returned can be sent to either database: whole numbers that fit, and texts without half characters and NUL.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds):
        return None
    return values if all(_fits(value) for value in values) else None


def _fits(value: str | int) -> bool:
    """Whether a database takes a value."""
    if isinstance(value, int):
        return -LARGEST <= value < LARGEST
    return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
