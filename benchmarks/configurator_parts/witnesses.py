"""What peers remember between clicks, as the engine does: full configurations found and values that were refused."""

from collections.abc import Mapping, Sequence

KEPT = 2048


class Witnesses:
    """A ring of full configurations; bit *i* of a mask stands for configuration *i*."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.points: list[tuple[int, ...]] = []
        self._having = [[0] * size for size in sizes]
        self._next = self._all = 0

    def add(self, point: Sequence[int]) -> None:
        """Keep a configuration, forgetting the oldest when there are too many."""
        values, bit = tuple(point), 1 << self._next
        if self._next < len(self.points):
            for having, value in zip(self._having, self.points[self._next], strict=True):
                having[value] &= ~bit
            self.points[self._next] = values
        else:
            self.points.append(values)
        for having, value in zip(self._having, values, strict=True):
            having[value] |= bit
        self._all |= bit
        self._next = (self._next + 1) % KEPT

    def consistent(self, fixed: Mapping[int, int]) -> int:
        """Return which configurations agree with these values."""
        alive = self._all
        for place, value in fixed.items():
            alive &= self._having[place][value]
        return alive

    def proven(self, alive: int) -> list[int]:
        """Return per variable the mask of values that these configurations prove."""
        if not alive:
            return [0] * len(self._having)
        return [sum(1 << value for value, having in enumerate(values) if having & alive) for values in self._having]

    def newest(self, alive: int) -> tuple[int, ...] | None:
        """Return one of these configurations."""
        return self.points[alive.bit_length() - 1] if alive else None


class Refusals:
    """Values that were impossible stay so while choices are only added."""

    def __init__(self) -> None:
        self._fixed: dict[int, int] = {}
        self._dead: dict[int, int] = {}
        self._root: dict[int, int] | None = None

    def under(self, fixed: Mapping[int, int]) -> Mapping[int, int]:
        """Return per variable the mask of values known to be impossible."""
        return self._dead if self._fixed.items() <= fixed.items() else self._root or {}

    def keep(self, fixed: Mapping[int, int], dead: dict[int, int]) -> None:
        """Remember the refusals of a click."""
        self._fixed, self._dead = dict(fixed), dead
        if not fixed:
            self._root = dead
