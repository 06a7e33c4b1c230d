"""A Messages event stream on its way through: forwarded byte for byte, and read at its beginning and its tail.

Whole events are forwarded as they come and an unfinished one is held back, so that a broken stream never leaves half an
event with the caller.
"""

from __future__ import annotations

import re

from ajar.wire.anthropic.answer import Facts
from ajar.wire.passing import PassingEvents, event_end, events_in

MARK = b"message_stop"
"""The type of the event that ends a stream; text may hold these bytes too."""

_mark_line = re.compile(rb'(?:^|\n)(?:event: ?message_stop\r?\n|data: ?\{\s*"type"\s*:\s*"message_stop")')


class EventStream(PassingEvents):
    """Forwards every event. Keeps the first, which counts the input, and the last 16 kB (at least the last event).

    An event of more than 1 MB is not held: from then on bytes are forwarded as they come.
    """

    __slots__ = ("_first",)

    def __init__(self, *, clean: bool = False) -> None:
        del clean  # there is nothing that Ajar asked for
        self._first: bytes | None = None
        """The data of `message_start`."""
        super().__init__()

    def mark_in(self, out: bytes) -> int:
        """Where in `out`, just returned by `feed`, the event `message_stop` begins; -1 where it is not there."""
        if MARK not in out:
            return -1
        match = _mark_line.search(out)
        if match is None:
            return -1
        start = 0
        for end in event_end.finditer(out, 0, match.start() + 1):
            start = end.end()
        return start

    def facts(self) -> tuple[Facts, bool]:
        """What the first and the last events say, and whether `message_stop` is among them."""
        facts, marked = Facts(), False
        if self._first:
            facts.update_from_event(b"", self._first)
        for name, data in events_in(self.tail):
            marked |= facts.update_from_event(name, data) == "message_stop"
        return facts, marked

    def _trim(self) -> None:
        if self._first is None:
            self._first = _start_in(b"".join(self._kept))
        super()._trim()


def _start_in(data: bytes) -> bytes:
    """The data of `message_start`, which is among the first events; b"" where it is not."""
    return next((event for _, event in events_in(data) if b'"message_start"' in event), b"")
