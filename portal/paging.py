"""Reading keyset positions and versions out of a request, safely."""

from flask import request

LONGEST_KEY = 18  # digits of a bigint that cannot overflow


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_KEY else None


def before_id(name: str = "before") -> int | None:
    """Return the key below which a list goes on, or None for its first page."""
    return _number(request.args.get(name, ""))


def typed_version() -> int:
    """Return the version a form was made from; nonsense counts as a version that never was."""
    found = _number(request.form.get("version", ""))
    return -1 if found is None else found
