"""Which queue a ticket waits in, and who of it should take it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Matter:
    """What routing looks at, in codes; `needs` are its language and its fault with all that stands above it."""

    product_line: str
    region: str
    kind: str
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A queue as routing sees it; what is empty takes everything."""

    id: int
    position: int
    lines: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()

    def fits(self, matter: Matter) -> int | None:
        """Return by how many of its conditions it fits; None when one of them speaks against it."""
        conditions = (
            (self.lines, matter.product_line in self.lines),
            (self.regions, matter.region in self.regions),
            (self.kinds, matter.kind in self.kinds),
            (self.skills, not self.skills.isdisjoint(matter.needs)),
        )
        if any(asked and not met for asked, met in conditions):
            return None
        return sum(bool(asked) for asked, _met in conditions)


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody who works on a queue: what he is good at and how many open tickets he has."""

    person_id: int
    open_tickets: int
    skills: frozenset[str] = field(default_factory=frozenset)


def queue_for(matter: Matter, queues: Iterable[Line]) -> int | None:
    """Return the queue that says most about the matter, the first of equals; None when none takes it."""
    fitting = [(-found, line.position, line.id) for line in queues if (found := line.fits(matter)) is not None]
    return min(fitting)[2] if fitting else None


def taker(matter: Matter, hands: Sequence[Hand]) -> int | None:
    """Return whoever knows most about the matter, of equals the one with the fewest open tickets."""
    known = [(-len(hand.skills & matter.needs), hand.open_tickets, hand.person_id) for hand in hands]
    return min(known)[2] if known else None
