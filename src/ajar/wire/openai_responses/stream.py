"""A Responses event stream on its way through: forwarded byte for byte, and read at its tail.

Whole events are forwarded as they come and an unfinished one is held back, so that a broken stream never leaves half an
event with the caller.
"""

from __future__ import annotations

from ajar.wire.openai_responses.answer import Facts
from ajar.wire.passing import PassingEvents, event_end, events_in

MARKS = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})
"""The types of the events that end a stream: the first of them does."""


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
            if _may_mark(event) and _marked(event, Facts()):
                return at
            at = match.end()
        return at if _may_mark(out[at:]) and _marked(out[at:], Facts()) else -1

    def facts(self) -> tuple[Facts, bool]:
        """What the last events say, and whether one that ends the stream is among them."""
        facts = Facts()
        return facts, _marked(self.tail, facts)


def _may_mark(data: bytes) -> bool:
    return b"response.completed" in data or b"error" in data or b"response.failed" in data or b"response.inc" in data


def _marked(events: bytes, facts: Facts) -> bool:
    """Whether one of these events ends the stream; what they say is taken over."""
    marked = False
    for name, data in events_in(events):
        marked |= facts.update_from_event(name, data) in MARKS
    return marked
