"""All routes and addresses, from one file for each area: who may use them and which kind of row they name.

An area says `ROUTES` (by endpoint), `PUBLIC` (endpoints for everybody), `ADDRESSES` (the beginning of a rule up to its
argument, and the kind of row that the argument names), `OF_THE_HOUSE` (kinds of rows that belong to no organisation),
`HOUSE_ADDRESSES` (beginnings of rules that name such rows or none) and `LINKS` (whoever holds the link may).
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from tests.functional.rights.roles import INTERNAL, Route

AREAS = [import_module(f"{__package__}.{path.stem}") for path in sorted(Path(__file__).parent.glob("routes_*.py"))]


def _all(name: str) -> list[Any]:
    """Return what all areas say; nothing is said twice."""
    said = [key for area in AREAS for key in getattr(area, name, ())]
    assert len(said) == len(set(said)), f"{name}: {sorted(key for key in said if said.count(key) > 1)}"
    return said


def _pairs(name: str) -> dict[str, Any]:
    """Return what all areas map."""
    _all(name)
    return {key: value for area in AREAS for key, value in getattr(area, name, {}).items()}


ROUTES: dict[str, Route] = _pairs("ROUTES")
PUBLIC: set[str] = set(_all("PUBLIC"))
BY_TOKEN: set[str] = set(_all("BY_TOKEN"))
ADDRESSES: dict[str, str] = _pairs("ADDRESSES")
HOUSE_ADDRESSES: set[str] = set(_all("HOUSE_ADDRESSES"))
LINKS: set[str] = set(_all("LINKS"))
STATIC = {"static", "bootstrap.static"}
REACHES_ALL = INTERNAL  # every internal permission on rows reaches all organisations
OF_THE_HOUSE: set[str] = set(_all("OF_THE_HOUSE"))
OF_A_PERSON = {"notice", "absence"}
OF_ITS_OWN = OF_A_PERSON | {"token"}  # nobody reaches those of other organisations
