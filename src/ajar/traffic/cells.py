"""Handles on values in shared memory, for the hot path. Each belongs to the process that registered it."""

from __future__ import annotations

from bisect import bisect_left


class Cell:
    """A counter or a gauge. Adding is one read and one write of 8 bytes."""

    __slots__ = ("_index", "_values")

    def __init__(self, values: memoryview[float], index: int) -> None:
        self._values = values
        self._index = index

    def add(self, amount: float) -> None:
        """Add to it. A counter is only ever added to, and never a negative amount."""
        self._values[self._index] += amount

    def set(self, value: float) -> None:
        """Give a gauge its value."""
        self._values[self._index] = value

    @property
    def value(self) -> float:
        """This process's share."""
        return self._values[self._index]


class Histogram:
    """How often a value was at most each of the bounds, and the sum of all values."""

    __slots__ = ("_bounds", "_index", "_sum", "_values")

    def __init__(self, values: memoryview[float], index: int, bounds: tuple[float, ...]) -> None:
        self._values = values
        self._index = index
        self._bounds = bounds
        self._sum = index + len(bounds) + 1

    def observe(self, value: float) -> None:
        """Count one value."""
        values = self._values
        values[self._index + bisect_left(self._bounds, value)] += 1.0
        values[self._sum] += value


class OverflowCell(Cell):
    """Stands in where there was no room: counts the observations that are lost."""

    __slots__ = ()

    def add(self, amount: float) -> None:
        """Count one lost observation."""
        del amount
        self._values[self._index] += 1.0

    def set(self, value: float) -> None:
        """Count one lost observation."""
        self.add(value)


class OverflowHistogram(Histogram):
    """Stands in where there was no room: counts the observations that are lost."""

    __slots__ = ()

    def observe(self, value: float) -> None:
        """Count one lost observation."""
        del value
        self._values[self._index] += 1.0
