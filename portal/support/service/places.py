"""Where somebody is: reading what a browser says of it, how fresh that is, how far from the site. Pure."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from portal.errors import Invalid
from portal.words import N_

MILLION: Final = 1_000_000
NEAR_METRES: Final = 111  # further away a warning is shown; nothing is ever blocked
FRESH: Final = timedelta(minutes=2)
EARTH_METRES: Final = 6_371_000
WRONG: Final = N_("This is no place: latitude is between -90 and 90, longitude between -180 and 180.")
STALE: Final = N_("The place your device sent is older than two minutes. Try again, or go on without a place.")


@dataclass(frozen=True, slots=True)
class Place:
    """A point on earth in millionths of a degree."""

    latitude: int
    longitude: int


def read_place(latitude: str, longitude: str) -> Place | None:
    """Return the place that two numbers say, None when both are empty; raises Invalid."""
    if not latitude.strip() and not longitude.strip():
        return None
    try:
        north, east = float(latitude), float(longitude)
    except ValueError as error:
        raise Invalid(WRONG, field="place") from error
    if not (abs(north) <= 90 and abs(east) <= 180):
        raise Invalid(WRONG, field="place")
    return Place(round(north * MILLION), round(east * MILLION))


def read_position(latitude: str, longitude: str, taken_at: str, *, now: datetime) -> Place | None:
    """Return where a device is, None when it does not say; raises Invalid for what it noted too long ago."""
    place = read_place(latitude, longitude)
    if place is None:
        return None
    if not taken_at.isascii() or not taken_at.isdigit() or len(taken_at) > 14:  # milliseconds until the year 5138
        raise Invalid(STALE, field="place")
    taken = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(taken_at))
    if abs(now - taken) > FRESH:
        raise Invalid(STALE, field="place")
    return place


def metres(one: Place, other: Place) -> int:
    """Return the distance over the surface of the earth, rounded up to whole metres."""
    lat1, lon1, lat2, lon2 = (
        math.radians(part / MILLION) for part in (one.latitude, one.longitude, other.latitude, other.longitude)
    )
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return math.ceil(2 * EARTH_METRES * math.asin(math.sqrt(min(half, 1.0))) - 1e-6)


def is_near(distance: int | None) -> bool:
    """Return whether somebody counts as being at the site; an unknown distance warns of nothing."""
    return distance is None or distance <= NEAR_METRES
