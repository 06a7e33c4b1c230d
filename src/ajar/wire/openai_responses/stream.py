"""A Responses event stream on its way through: forwarded byte for byte, and read at its tail.

Whole events are forwarded as they come and an unfinished one is held back, so that a broken stream never leaves half an
event with the caller.
"""

from __future__ import annotations

import contextlib
import re

from ajar.errors import UpstreamGarbage
from ajar.wire.openai_responses.answer import Facts
from ajar.wire.passing import PassingEvents, event_end

MARKS = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})
"""The types of the events that end a stream: the first of them does."""

_data = re.compile(rb"^data: ?(.*?)\r?$", re.MULTILINE)
_name = re.compile(rb"^event: ?(.*?)\r?$", re.MULTILINE)


class EventStream(PassingEvents):
    """Forwards every event. Keeps the last 16 kB (at least the last event) to read the facts from.

    An event of more than 4 MB is not held: from then on bytes are forwarded as they come.
    """

    __slots__ = ()

    def __init__(self, *, clean: bool = False) -> None:
        del clean  # there is nothing that Ajar asked for
        super().__init__()
        # The last event repeats the whole answer, the instructions and the tools, and must be read whole.
        self.most_held = 4 * 1024 * 1024

    def mark_in(self, out: bytes) -> int:
        """Where in `out`, just returned by `feed`, the event that ends the stream begins; -1 where it is not there."""
        if not _may_mark(out):
            return -1
        at = 0
        for match in event_end.finditer(out):
            event = out[at : match.end()]
            if _may_mark(event) and _type(event, Facts()) in MARKS:
                return at
            at = match.end()
        return at if _may_mark(out[at:]) and _type(out[at:], Facts()) in MARKS else -1

    def facts(self) -> tuple[Facts, bool]:
        """What the last events say, and whether one that ends the stream is among them."""
        facts, marked = Facts(), False
        for event in event_end.split(self.tail):
            marked |= _type(event, facts) in MARKS
        return facts, marked


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
