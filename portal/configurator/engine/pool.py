"""Witnesses: verified points, indexed so that one look tells which values they prove."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from portal.configurator.engine.scope import Slot

POOL_SIZE = 2048


class Pool:
    """A ring of points with a bit mask of witnesses per slot and value."""

    def __init__(self, slots: Sequence[Slot], size: int = POOL_SIZE) -> None:
        self.size = size
        self.points: list[tuple[int, ...]] = []
        self._next = 0
        self._masks = [[0] * slot.size for slot in slots]
        self._all = 0

    def add(self, point: Sequence[int]) -> None:
        """Remember a verified point, forgetting the oldest when full."""
        values = tuple(point[: len(self._masks)])
        bit = 1 << self._next
        if self._next < len(self.points):
            for masks, value in zip(self._masks, self.points[self._next], strict=True):
                masks[value] &= ~bit
            self.points[self._next] = values
        else:
            self.points.append(values)
        for masks, value in zip(self._masks, values, strict=True):
            masks[value] |= bit
        self._all |= bit
        self._next = (self._next + 1) % self.size

    def consistent(self, fixed: Mapping[int, int]) -> int:
        """Return the mask of witnesses that agree with slot: value."""
        alive = self._all
        for slot, value in fixed.items():
            alive &= self._masks[slot][value]
            if not alive:
                break
        return alive

    def proven(self, alive: int, slots: Iterable[Slot]) -> dict[int, int]:
        """Return per slot the mask of values that the witnesses in `alive` prove."""
        found: dict[int, int] = {}
        for slot in slots:
            mask = 0
            if alive:
                for value, witnesses in enumerate(self._masks[slot.index]):
                    if witnesses & alive:
                        mask |= 1 << value
            found[slot.index] = mask
        return found

    def first(self, alive: int) -> tuple[int, ...] | None:
        """Return one witness out of a mask."""
        return self.points[(alive & -alive).bit_length() - 1] if alive else None
