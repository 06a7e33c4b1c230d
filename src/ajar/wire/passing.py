"""An event stream that goes through as it is: whole events only, and the last of them kept to be read."""

from __future__ import annotations

import re

TAIL_BYTES = 16 * 1024
MOST_HELD = 1024 * 1024

event_end = re.compile(rb"\r?\n\r?\n")


def data_lines(events: bytes) -> list[bytes]:
    """What each `data:` line of these events says. A regular expression takes ten times as long."""
    return [
        line[6 if line[5:6] == b" " else 5 :].removesuffix(b"\r")
        for line in events.split(b"\n")
        if line.startswith(b"data:")
    ]


class PassingEvents:
    """Forwards every event. Keeps the last 16 kB (at least the last event), from which a format reads its facts.

    An unfinished event is held back, so that a broken stream never leaves half an event with the caller. One of more
    than `most_held` bytes is not held: from then on bytes are forwarded as they come.
    """

    __slots__ = ("_held", "_kept", "_raw", "_size", "most_held")

    def __init__(self) -> None:
        self.most_held = MOST_HELD
        self._kept: list[bytes] = []
        self._size = 0
        self._held = b""
        self._raw = False

    @property
    def whole(self) -> bool:
        """Whether what was forwarded so far ends where an event does."""
        return not self._raw

    @property
    def tail(self) -> bytes:
        """The last events, and what is held of another."""
        return b"".join(self._kept) + self._held

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they arrived; returns those to forward now: whole events."""
        known = len(self._held)
        if known:
            data = self._held + data
            self._held = b""
        if data[-2:] != b"\n\n":
            data = self._hold(data, max(0, known - 3))
        self._kept.append(data)
        self._size += len(data)
        if self._size > 2 * TAIL_BYTES:
            self._trim()
        return data

    def flush(self) -> bytes:
        """What never became a whole event, for a stream that ended well without an empty line."""
        held, self._held = self._held, b""
        return held

    def _hold(self, data: bytes, start: int) -> bytes:
        """Keep back what is no whole event yet; no event ends before `start`."""
        if self._raw:
            return data
        end = 0
        for match in event_end.finditer(data, start):
            end = match.end()
        if len(data) - end > self.most_held:
            self._raw = True
            return data
        self._held = data[end:]
        return data[:end]

    def _trim(self) -> None:
        kept, size = self._kept, self._size
        drop = 0
        while drop < len(kept) - 1 and size - len(kept[drop]) >= TAIL_BYTES:
            size -= len(kept[drop])
            drop += 1
        del kept[:drop]
        if size > 2 * self.most_held:
            kept[:] = [kept[-1][-TAIL_BYTES:]]
            size = len(kept[0])
        self._size = size
