"""Storage: what recordings need, how many days fit, and what RAID and spare disks take."""

from dataclasses import dataclass

from portal.configurator.pictures.reading import Amount, Missing, Reader

WIDTH, HEIGHT = 320, 120  # of the curve over the days
MINUTES = 1_440  # of a day: durations are counted in minutes
TERABYTE = 1_000_000
LONGEST = 100_000  # days that are still drawn


@dataclass(frozen=True, slots=True)
class Part:
    """A part of all disks: recordings, free, raid or spare; its place and width are thousandths of the bar."""

    kind: str
    at: int
    width: int
    terabytes: str


@dataclass(frozen=True, slots=True)
class Storage:
    """The bar over all disks and the curve over the days, in drawing units."""

    parts: tuple[Part, ...]
    raw: str
    usable: str
    needed: str
    days: int
    possible: int  # days that fit
    curve: str  # how storage fills until the oldest recording is overwritten
    wanted_x: float
    needed_y: float
    usable_y: float
    short: bool


def storage_of(reader: Reader) -> Storage:
    """Read what is needed and what there is; Missing when a number is not known or nothing can be drawn."""
    needed, usable, kept = reader.amount("needed"), reader.amount("usable"), reader.amount("days")
    for amount in (needed, usable, kept):
        if amount.value <= 0:
            raise Missing(amount.label)
    days = kept.value // MINUTES if kept.unit in ("d", "h", "min") else kept.value
    possible = min(days * usable.value // needed.value, LONGEST)
    raw, spare = _raw(reader, usable.value)
    scale = max(usable.value, needed.value)
    wanted_x = WIDTH * days / max(days, possible)
    needed_y, usable_y = (HEIGHT - 100 * value / scale for value in (needed.value, usable.value))
    curve = f"M0 {HEIGHT}L{wanted_x:.1f} {needed_y:.1f}H{WIDTH}V{HEIGHT}Z"
    return Storage(
        _parts(needed.value, usable.value, raw, spare),
        _terabytes(raw),
        _terabytes(usable.value),
        _terabytes(needed.value),
        days,
        possible,
        curve,
        round(wanted_x, 1),
        round(needed_y, 1),
        round(usable_y, 1),
        needed.value > usable.value,
    )


def _raw(reader: Reader, usable: int) -> tuple[int, int]:
    """Return the capacity of all disks and that of the spare ones; without disks what is usable."""
    if not (reader.has("disk") and reader.has("disks")):
        return usable, 0
    recorders = _count(reader.optional("recorders"), 1)
    disk, disks = reader.amount("disk").value, reader.amount("disks").value
    spares = _count(reader.optional("spares"), 0)
    return max(recorders * (disks + spares) * disk, usable), recorders * spares * disk


def _count(amount: Amount | None, otherwise: int) -> int:
    return amount.value if amount else otherwise


def _parts(needed: int, usable: int, raw: int, spare: int) -> tuple[Part, ...]:
    sizes = {
        "recordings": min(needed, usable),
        "free": max(usable - needed, 0),
        "raid": max(raw - usable - spare, 0),
        "spare": min(spare, raw - usable),
    }
    found, at = [], 0
    for kind, size in sizes.items():
        width = size * 1000 // raw
        if size:
            found.append(Part(kind, at, width, _terabytes(size)))
        at += width
    return tuple(found)


def _terabytes(megabytes: int) -> str:
    return f"{megabytes / TERABYTE:.1f}".removesuffix(".0")
