"""A Responses event stream on its way through: forwarded byte for byte, and read at its tail.

Whole events are forwarded as they come and an unfinished one is held back, so that a broken stream never leaves half an
event with the caller.
"""

from __future__ import annotations

import contextlib
import re

from ajar.errors import UpstreamGarbage
from ajar.wire.openai_responses.answer import Facts

_TAIL_BYTES = 16 * 1024
_HOLD_BYTES = 4 * 1024 * 1024
"""The last event repeats the whole answer, the instructions and the tools, and must be read whole."""

MARKS = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})
"""The types of the events that end a stream: the first of them does."""

_event_end = re.compile(rb"\r?\n\r?\n")
_data = re.compile(rb"^data: ?(.*?)\r?$", re.MULTILINE)
_name = re.compile(rb"^event: ?(.*?)\r?$", re.MULTILINE)


class EventStream:
    """Forwards every event. Keeps the last 16 kB (at least the last event) to read the facts from.

    An event of more than 4 MB is not held: from then on bytes are forwarded as they come.
    """

    __slots__ = ("_held", "_kept", "_raw", "_size")

    def __init__(self, *, clean: bool = False) -> None:
        del clean  # there is nothing that Ajar asked for
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
        """Where in `out`, just returned by `feed`, the event that ends the stream begins; -1 where it is not there."""
        if not _may_mark(out):
            return -1
        at = 0
        for match in _event_end.finditer(out):
            event = out[at : match.end()]
            if _may_mark(event) and _type(event, Facts()) in MARKS:
                return at
            at = match.end()
        return at if _may_mark(out[at:]) and _type(out[at:], Facts()) in MARKS else -1

    def flush(self) -> bytes:
        """What never became a whole event, for a stream that ended well without an empty line."""
        held, self._held = self._held, b""
        return held

    def facts(self) -> tuple[Facts, bool]:
        """What the last events say, and whether one that ends the stream is among them."""
        facts, marked = Facts(), False
        for event in _event_end.split(b"".join(self._kept) + self._held):
            marked |= _type(event, facts) in MARKS
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
        drop = 0
        while drop < len(kept) - 1 and size - len(kept[drop]) >= _TAIL_BYTES:
            size -= len(kept[drop])
            drop += 1
        del kept[:drop]
        if size > 2 * _HOLD_BYTES:
            kept[:] = [kept[-1][-_TAIL_BYTES:]]
            size = len(kept[0])
        self._size = size


def _may_mark(data: bytes) -> bool:
    return b"response.completed" in data or b"error" in data or b"response.failed" in data or b"response.inc" in data


def _type(event: bytes, facts: Facts) -> str | None:
    """The type of one event, its data's or else its name; what the data says is taken over."""
    kind = None
    match = _data.search(event)
    if match is not None:
        with contextlib.suppress(UpstreamGarbage):  # no event of this format: the upstream's own business
            kind = facts.update_from_event(match[1])
    if kind is None:
        name = _name.search(event)
        return None if name is None else name[1].decode("latin-1")
    return kind
