"""Which kinds of products carry a serial number, piece by piece, and so belong to the installed base."""

from typing import Final

WITH_SERIAL_NUMBER: Final = frozenset(
    {
        "battery_packs", "cameras", "disks", "expansion_modules", "fsu", "media_converters", "pdus", "recorders",
        "rectifiers", "sensors", "switches", "ups",
    }
)  # fmt: skip


def has_serial_number(kind: str) -> bool:
    """Return whether each piece of a product of this kind is known by a serial number of its own."""
    return kind in WITH_SERIAL_NUMBER
