"""A Messages event stream on its way through: forwarded byte for byte, and read at its beginning and its tail.

Whole events are forwarded as they come and an unfinished one is held back, so that a broken stream never leaves half an
event with the caller.
"""

from __future__ import annotations

import contextlib
import re

from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.answer import Facts

_TAIL_BYTES = 16 * 1024
_HOLD_BYTES = 1024 * 1024

MARK = b"message_stop"
"""The type of the event that ends a stream; text may hold these bytes too."""

_event_end = re.compile(rb"\r?\n\r?\n")
_data = re.compile(rb"^data: ?(.*?)\r?$", re.MULTILINE)
_mark_line = re.compile(rb'(?:^|\n)(?:event: ?message_stop\r?\n|data: ?\{\s*"type"\s*:\s*"message_stop")')


def facts_of(data: bytes) -> Facts:
    """What a whole answer says of itself. Raises UpstreamGarbage where it is not JSON."""
    facts = Facts()
    facts.update(data)
    return facts


class EventStream:
    """Forwards every event. Keeps the first, which counts the input, and the last 16 kB (at least the last event).

    An event of more than 1 MB is not held: from then on bytes are forwarded as they come.
    """

    __slots__ = ("_first", "_held", "_kept", "_raw", "_size")

    def __init__(self, *, clean: bool = False) -> None:
        del clean  # there is nothing that Ajar asked for
        self._first: bytes | None = None
        """The data of `message_start`."""
        self._kept: list[bytes] = []
        self._size = 0
        self._held = b""
        self._raw = False

    @property
    def whole(self) -> bool:
        """Whether what was forwarded so far ends where an event does."""
        return not self._raw

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
        if self._size > 2 * _TAIL_BYTES:
            self._trim()
        return data

    def mark_in(self, out: bytes) -> int:
        """Where in `out`, just returned by `feed`, the event `message_stop` begins; -1 where it is not there."""
        if MARK not in out:
            return -1
        match = _mark_line.search(out)
        if match is None:
            return -1
        start = 0
        for end in _event_end.finditer(out, 0, match.start() + 1):
            start = end.end()
        return start

    def flush(self) -> bytes:
        """What never became a whole event, for a stream that ended well without an empty line."""
        held, self._held = self._held, b""
        return held

    def facts(self) -> tuple[Facts, bool]:
        """What the first and the last events say, and whether `message_stop` is among them."""
        facts, marked = Facts(), False
        events = _data.findall(b"".join(self._kept) + self._held)
        if self._first is not None:
            events.insert(0, self._first)
        for event in events:
            with contextlib.suppress(UpstreamGarbage):  # no event of this format: the upstream's own business
                marked |= facts.update(event) == "message_stop"
        return facts, marked

    def _hold(self, data: bytes, start: int) -> bytes:
        """Keep back what is no whole event yet; no event ends before `start`."""
        if self._raw:
            return data
        end = 0
        for match in _event_end.finditer(data, start):
            end = match.end()
        if len(data) - end > _HOLD_BYTES:
            self._raw = True
            return data
        self._held = data[end:]
        return data[:end]

    def _trim(self) -> None:
        kept, size = self._kept, self._size
        if self._first is None:
            self._first = _start_in(b"".join(kept))
        drop = 0
        while drop < len(kept) - 1 and size - len(kept[drop]) >= _TAIL_BYTES:
            size -= len(kept[drop])
            drop += 1
        del kept[:drop]
        if size > 2 * _HOLD_BYTES:
            kept[:] = [kept[-1][-_TAIL_BYTES:]]
            size = len(kept[0])
        self._size = size


def _start_in(data: bytes) -> bytes:
    """The data of `message_start`, which is among the first events; b"" where it is not."""
    for match in _data.finditer(data):
        if b'"message_start"' in match[1]:
            return match[1]
    return b""
