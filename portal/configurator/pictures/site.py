"""The plan of a site: for each group of cameras what one camera sees, all to one scale."""

from dataclasses import dataclass
from math import atan, cos, degrees, pi, sin, tan

from portal.configurator.pictures.reading import Amount, Missing, Reader
from portal.words import Text

WIDTH, HEIGHT, MARGIN = 240, 150, 14  # of the drawing of one group
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # metres that the scale bar may show
FARTHEST = 10_000_000_000  # micrometres: ten kilometres; anything above is a typing error


@dataclass(frozen=True, slots=True)
class View:
    """What the cameras of one group see: angle in degrees, width in metres; the shapes are in the drawing's units."""

    title: Text
    words: tuple[Text, ...]
    cameras: int
    angle: int
    wide: str
    distance: Text
    wedge: str  # path of the field of view
    reach: str  # path of the infrared light's reach, empty when there is none
    cut: bool  # infrared light does not reach as far as the cameras look
    scale_metres: int
    scale_width: float


@dataclass(frozen=True, slots=True)
class Seen:
    """The geometry of one group before it is drawn."""

    reader: Reader
    title: Text
    half_angle: float
    distance: Amount
    reach: Amount | None

    @property
    def farthest(self) -> int:
        """Return how far the drawing goes, in micrometres."""
        return max(self.distance.micrometres, self.reach.micrometres if self.reach else 0)


def seen_of(reader: Reader, title: Text) -> Seen:
    """Read one group; Missing when a number is not known or makes no picture."""
    focal, sensor, distance = reader.amount("focal"), reader.amount("sensor"), reader.amount("distance")
    for amount in (focal, sensor, distance):
        if not 0 < amount.micrometres < FARTHEST:
            raise Missing(amount.label)
    reach = reader.optional("reach")
    half_angle = atan(sensor.micrometres / (2 * focal.micrometres))
    return Seen(reader, title, half_angle, distance, reach if reach and 0 < reach.micrometres < FARTHEST else None)


def views_of(groups: list[Seen]) -> tuple[View, ...]:
    """Draw all groups to one scale, so that distances compare."""
    if not groups:
        return ()
    room, half = WIDTH - 2 * MARGIN, HEIGHT / 2 - MARGIN
    per_um = min(min(room, half / sin(group.half_angle)) / group.farthest for group in groups)
    return tuple(_view(group, per_um) for group in groups)


def _view(group: Seen, per_um: float) -> View:
    reader, distance = group.reader, group.distance
    words = [word for role in ("model", "location") if (word := reader.word(role))]
    if density := reader.optional("density"):
        words.append(Text(f"{density.label.en}: {density.shown.en}", f"{density.label.zh}：{density.shown.zh}"))
    wide = 2 * distance.micrometres * tan(group.half_angle) / 1e6
    metres = next((step for step in reversed(STEPS) if step * 1e6 * per_um <= WIDTH / 3), STEPS[0])
    reach = group.reach.micrometres if group.reach else 0
    return View(
        group.title,
        tuple(words),
        reader.amount("cameras").value,
        round(degrees(2 * group.half_angle)),
        f"{wide:.1f}",
        distance.shown,
        _wedge(group.half_angle, distance.micrometres * per_um),
        _arc(group.half_angle, reach * per_um) if reach else "",
        0 < reach < distance.micrometres,
        metres,
        round(metres * 1e6 * per_um, 1),
    )


def _at(angle: float, radius: float) -> str:
    return f"{MARGIN + radius * cos(angle):.1f} {HEIGHT / 2 + radius * sin(angle):.1f}"


def _wedge(half: float, radius: float) -> str:
    return f"M{MARGIN} {HEIGHT / 2:.0f}L{_at(-half, radius)}{_curve(half, radius)}Z"


def _arc(half: float, radius: float) -> str:
    return f"M{_at(-half, radius)}{_curve(half, radius)}"


def _curve(half: float, radius: float) -> str:
    return f"A{radius:.1f} {radius:.1f} 0 {int(2 * half > pi)} 1 {_at(half, radius)}"
