"""One process's part of the board: an append-only list of metrics with their values.

Layout, in 8-byte words of the machine's own order: life, used, overflow, one word for each worker (see `board`), then
entries. An entry is the length of its name and the CRC-32 over it (4 bytes each), the name (JSON, padded to 8 bytes)
and its values as doubles. The owner writes an entry whole and then moves `used` past it, so that a reader never sees
half of one; the CRC is there for machines that reorder stores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple
from zlib import crc32

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[tuple[str, str], ...]

_LIFE, _USED, _OVERFLOW = 0, 1, 2
_FIXED_WORDS = 3


class Metric(NamedTuple):
    """What is counted. `bounds` are the upper bounds of a histogram's buckets, without the last one, which is +Inf."""

    kind: Kind
    name: str
    labels: Labels
    bounds: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """How many values it has: a histogram has its buckets, then the sum of what it observed."""
        return len(self.bounds) + 2 if self.kind == "histogram" else 1


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Metric).decode


class Memory:
    """A mapped file, seen as bytes, as words and as doubles. Word and double `i` are the same 8 bytes."""

    __slots__ = ("bytes", "doubles", "words")

    def __init__(self, buffer: memoryview) -> None:
        self.bytes = buffer
        self.words = buffer.cast("Q")
        self.doubles = buffer.cast("d")

    def release(self) -> None:
        """Give the buffer back. Whoever still holds a part of it gets ValueError."""
        for view in (self.words, self.doubles, self.bytes):
            view.release()


class Region:
    """The words from `start` to `end` of the board. Only its owner calls `append`, `clear` and the setters."""

    def __init__(self, memory: Memory, start: int, end: int, workers: int) -> None:
        self._memory = memory
        self._start = start
        self._first = start + _FIXED_WORDS + workers
        self._end = end

    @property
    def life(self) -> int:
        """How often the region was emptied."""
        return self._memory.words[self._start + _LIFE]

    @property
    def overflow(self) -> float:
        """How many observations found no room."""
        return self._memory.doubles[self.overflow_index]

    @overflow.setter
    def overflow(self, value: float) -> None:
        """Say how many it is."""
        self._memory.doubles[self.overflow_index] = value

    @property
    def overflow_index(self) -> int:
        """Where `overflow` is among the doubles."""
        return self._start + _OVERFLOW

    def folded(self, worker: int) -> int:
        """Up to which life the values of a worker are contained in this region."""
        return self._memory.words[self._start + _FIXED_WORDS + worker]

    def set_folded(self, worker: int, life: int) -> None:
        """Say up to which life the values of a worker are contained in this region."""
        self._memory.words[self._start + _FIXED_WORDS + worker] = life

    def clear(self, life: int) -> None:
        """Empty the region."""
        self._memory.words[self._start + _USED] = 0
        self.overflow = 0.0
        self._memory.words[self._start + _LIFE] = life

    def append(self, metric: Metric) -> int | None:
        """Room for a metric's values, all 0: the index of the first among the doubles. None if the region is full."""
        name = _encode(metric)
        memory = self._memory
        used = memory.words[self._start + _USED]
        entry = self._first + used
        values = entry + 1 + (len(name) + 7) // 8
        following = values + metric.size
        if following > self._end:
            return None
        at = entry * 8
        memory.bytes[at : at + 4] = len(name).to_bytes(4, "little")
        memory.bytes[at + 4 : at + 8] = crc32(name).to_bytes(4, "little")
        memory.bytes[at + 8 : at + 8 + len(name)] = name
        memory.bytes[values * 8 : following * 8] = bytes((following - values) * 8)
        memory.words[self._start + _USED] = following - self._first
        return values

    def entries(self) -> Iterator[tuple[Metric, int]]:
        """Each metric and the index of its first value. Safe while the owner appends."""
        memory = self._memory
        entry = self._first
        end = min(self._end, self._first + memory.words[self._start + _USED])
        while entry < end:
            at = entry * 8
            length = int.from_bytes(memory.bytes[at : at + 4], "little")
            name = bytes(memory.bytes[at + 8 : at + 8 + length])
            if crc32(name) != int.from_bytes(memory.bytes[at + 4 : at + 8], "little"):
                return
            metric = _decode(name)
            values = entry + 1 + (length + 7) // 8
            entry = values + metric.size
            if entry <= end:
                yield metric, values
