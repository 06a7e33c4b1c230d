"""What journals hold of a rollout, found by time without being kept: an index of their files, block by block."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final, NamedTuple

from ajar.traffic.frame import is_written, payload_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ajar.traffic.segments import Segment

_BLOCK_BYTES: Final = 1 << 20


class Block(NamedTuple):
    """A part of a file. `low` and `high` are the first and the last time in it, `size` how many it has at most."""

    low: int
    high: int
    size: int
    at: int
    """Where it begins in the file."""
    end: int

    def within(self, low: int, high: int) -> int:
        """How many are likely from `low` up to `high`."""
        share = min(high, self.high + 1) - max(low, self.low)
        return self.size * max(share, 0) // (self.high + 1 - self.low)


class Moved(Exception):
    """A file that was just there has another name by now; whoever looks again finds what was in it."""


class Index:
    """Of framed files that grow, and are moved away: the journal's segments, or those and the days of feedback."""

    def __init__(self, files: Callable[[], list[Segment]], time_of: Callable[[bytes], int | None]) -> None:
        """`files` lists them. `time_of` tells the time in a payload; None where it does not concern the rollout."""
        self._files = files
        self._time_of = time_of
        self._present: list[Segment] = []
        self._known: dict[str, list[Block]] = {}
        self._ends: dict[str, int] = {}
        """How far each file is known."""
        self._whole: set[str] = set()
        """Files to which nothing more is added, and which are known to their end."""

    def refresh(self, late: Callable[[], bool]) -> bool:
        """Take note of what is new. False where it got `late` over that: some was done, and the next call goes on."""
        self._present = self._files()
        names = {segment.id for segment in self._present}
        for name in self._ends.keys() - names:
            del self._ends[name], self._known[name]
        self._whole &= names
        for segment in self._present:
            more = segment.id not in self._whole
            while more:
                new = segment.id not in self._ends
                more = self._note(segment)
                # What was appended since the last call is never too much, or nobody would ever come to the end.
                if (more or new) and late():
                    return False
        return True

    def blocks(self, low: int, high: int, without: frozenset[str] = frozenset()) -> list[Block]:
        """Those with times from `low` up to `high`, `high` left out, of all files but those `without` which it goes."""
        return [
            block
            for segment in self._present
            if segment.id not in without
            for block in self._known.get(segment.id, ())
            if block.low < high and block.high >= low
        ]

    def between(self, low: int, high: int, without: frozenset[str] = frozenset()) -> Iterator[tuple[int, bytes]]:
        """Times and payloads from `low` up to `high`, in no order. Raises Moved."""
        for segment in self._present:
            found = [block for block in self._known.get(segment.id, ()) if block.low < high and block.high >= low]
            if not found or segment.id in without:
                continue
            file = segment.open()
            if file is None:
                raise Moved
            with file:
                for block in found:
                    file.seek(block.at)
                    lines = file.readlines(block.end - block.at - 1)  # it goes on until there is more than that
                    for time, payload in self._timed(lines):
                        if low <= time < high:
                            yield time, payload

    def _note(self, segment: Segment) -> bool:
        """Note the next block of a file; whether there is another."""
        at = self._ends.setdefault(segment.id, 0)
        known = self._known.setdefault(segment.id, [])
        file = segment.open()
        if file is None:
            return False
        with file:
            file.seek(at)
            lines = file.readlines(_BLOCK_BYTES)
        if not segment.sealed:
            lines = list(takewhile(is_written, lines))
        elif lines and not lines[-1].endswith(b"\n"):  # what a killed worker left
            lines.pop()
        end = self._ends[segment.id] = at + sum(map(len, lines))
        times = [time for time, _ in self._timed(lines)]
        if times:
            known.append(Block(min(times), max(times), len(times), at, end))
        more = end - at >= _BLOCK_BYTES
        if segment.sealed and not more:
            self._whole.add(segment.id)
        return more

    def _timed(self, lines: list[bytes]) -> Iterator[tuple[int, bytes]]:
        for line in lines:
            payload = payload_of(line)
            time = None if payload is None else self._time_of(payload)
            if payload is not None and time is not None:
                yield time, payload
