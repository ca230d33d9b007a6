"""The front of a rack: which device takes which height units."""

from dataclasses import dataclass

from portal.configurator.pictures.reading import Reader
from portal.words import Text

HALF_UNIT = 8  # drawing units of half a height unit
WIDTH, RAIL = 220, 22
MOST_UNITS, MOST_DEVICES = 120, 200  # half units and boxes drawn; no rack of ours is larger


@dataclass(frozen=True, slots=True)
class Box:
    """One device where it stands, in drawing units."""

    y: int
    height: int
    label: Text
    tone: int  # devices of one kind look alike


@dataclass(frozen=True, slots=True)
class Kind:
    """What stands in the rack: how many, and how high one is."""

    label: Text
    count: int
    units: str
    tone: int


@dataclass(frozen=True, slots=True)
class Rack:
    """The whole front; amounts in height units as people read them."""

    height: int
    inner: int
    boxes: tuple[Box, ...]
    kinds: tuple[Kind, ...]
    marks: tuple[tuple[int, int], ...]  # (y, number of the unit, counted from below)
    size: str
    used: str
    left: str
    over: bool


def rack_of(reader: Reader) -> Rack:
    """Place the devices from the top in the order written; Missing when the rack or a device has no known height."""
    size = reader.amount("rack").value
    boxes: list[Box] = []
    kinds: list[Kind] = []
    used = 0
    for tone, name in enumerate(reader.roles("units_"), start=1):
        each = reader.amount(f"units_{name}")
        counted = reader.optional(f"count_{name}") if reader.has(f"count_{name}") else None
        count = counted.value if counted else 0 if reader.has(f"count_{name}") else 1
        if count <= 0 or each.value <= 0:
            continue
        label = reader.word(f"device_{name}") or each.label
        kinds.append(Kind(label, count, _units(each.value), tone))
        for _ in range(min(count, MOST_DEVICES - len(boxes))):
            boxes.append(Box(used * HALF_UNIT, each.value * HALF_UNIT, label, tone))
            used += each.value
    shown = min(max(size, used), MOST_UNITS)
    marks = tuple((place * HALF_UNIT, (shown - place) // 2) for place in range(0, shown - 1, 2))
    return Rack(
        shown * HALF_UNIT,
        min(size, MOST_UNITS) * HALF_UNIT,
        tuple(box for box in boxes if box.y + box.height <= shown * HALF_UNIT),
        tuple(kinds),
        marks,
        _units(size),
        _units(used),
        _units(max(size - used, 0)),
        used > size,
    )


def _units(half: int) -> str:
    return f"{half // 2}{'.5' if half % 2 else ''}"
