"""An event stream for a caller who speaks Anthropic's format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.events import Closed, Counted, Ended, Failed, Finished, Opened, Started, TextDelta
from ajar.domain.dialog.losses import Losses
from ajar.wire.anthropic.answer_write import message_id, usage_block
from ajar.wire.anthropic.error import error_event
from ajar.wire.anthropic.stop import stop_reason_of
from ajar.wire.anthropic.stream_output import Output
from ajar.wire.json_fields import said
from ajar.wire.sse import sse

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.request import ChatRequest
    from ajar.errors import AjarError
    from ajar.wire.made import Made

_encode = msgspec.json.Encoder().encode

_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_IN_DELTA = ("stop_details", "container")


class StreamWriter:
    """Writes one stream. Blocks are told one after the other: what comes of a later one waits for the one before it."""

    __slots__ = ("_counted", "_current", "_finish", "_losses", "_made", "_output", "_over", "_plain", "_waiting")

    def __init__(self, request: ChatRequest, made: Made, losses: Losses) -> None:
        del request  # nothing of it decides how the answer is said
        self._made = made
        self._losses = losses
        self._output = Output(losses)
        self._current = -1
        """The dialog's number of the block that is being told; -1 between blocks."""
        self._plain = -1
        """The same, where the block takes plain text."""
        self._waiting: dict[int, list[Event]] = {}
        self._finish = Finish("stop")
        self._counted: Counted | None = None
        self._over = False

    def write(self, events: list[Event]) -> bytes:
        """The bytes for the caller; b"" where there is nothing to say yet."""
        if self._over:
            return b""
        parts: list[bytes] = []
        for at, event in enumerate(events):
            if isinstance(event, TextDelta):
                if event.index == self._plain and event.text and event.logprobs is None:
                    parts.append(self._output.text(event.text))
                else:
                    self._take(event.index, event, parts)
            elif isinstance(event, Counted):
                self._counted = event
            elif isinstance(event, Finished):
                self._finish = event.finish
            elif isinstance(event, Started):
                after = events[at + 1] if at + 1 < len(events) else None
                parts.append(self._start(event, after if isinstance(after, Counted) else None))
            elif isinstance(event, Ended):
                self._end(parts)
            elif not isinstance(event, Failed):
                self._take(event.index, event, parts)
        return b"".join(parts)

    def fail(self, error: AjarError) -> bytes:
        """The event that says that the stream broke."""
        self._over = True
        return error_event(error)

    def _take(self, index: int, event: Event, parts: list[bytes]) -> None:
        """An event of one block."""
        if index == self._current:
            self._tell(event, parts)
            self._go_on(parts)
        elif index in self._waiting:
            self._waiting[index].append(event)
        elif type(event) is not Opened:
            return
        elif self._current >= 0:
            self._waiting[index] = [event]
        else:
            self._current = index
            self._tell(event, parts)

    def _tell(self, event: Event, parts: list[bytes]) -> None:
        output = self._output
        if type(event) is Opened:
            part = event.part
            parts.append(output.begin(part))
            self._plain = self._current if output.takes_text else -1
        elif type(event) is Closed:
            parts.append(output.end())
            self._current = self._plain = -1
        else:
            parts.append(output.grow(event))

    def _go_on(self, parts: list[bytes]) -> None:
        """Where a block has ended, tell what waits for it."""
        while self._current < 0 and self._waiting:
            self._current = next(iter(self._waiting))
            for event in self._waiting.pop(self._current):
                self._tell(event, parts)

    def _start(self, event: Started, counted: Counted | None) -> bytes:
        same = self._output.same = event.format == "anthropic"
        # What is not counted yet is told at the end, and what is missing there is named there.
        usage = usage_block(counted.usage, counted.raw if same else None, Losses()) if counted else _NOTHING_YET
        message: dict[str, Any] = {
            "id": message_id(event.id if same else None, self._made),
            "type": "message",
            "role": "assistant",
            "model": event.model or self._made.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "stop_details": None,
            "container": None,
            "usage": usage,
        }
        return sse(_encode({"type": "message_start", "message": message}), b"message_start")

    def _end(self, parts: list[bytes]) -> None:
        while self._current >= 0:
            self._tell(Closed(self._current), parts)
            self._go_on(parts)
        output, finish, counted = self._output, self._finish, self._counted
        delta: dict[str, Any] = {
            "stop_reason": stop_reason_of(finish, calls=output.called, refused=output.refused, own=output.same),
            "stop_sequence": finish.stop_sequence,
            "stop_details": None,
            "container": None,
        }
        event: dict[str, Any] = {"type": "message_delta", "delta": delta}
        if output.same:
            for name, value in finish.rest.items():
                (delta if name in _IN_DELTA else event)[name] = value
        else:
            self._losses.add_rest("finish", said(finish.rest))
        own = counted.raw if counted is not None and output.same else None
        event["usage"] = usage_block(counted.usage if counted else None, own, self._losses)
        parts.append(sse(_encode(event), b"message_delta"))
        parts.append(_STOP)
        self._over = True


_NOTHING_YET = {
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_creation_input_tokens": None,
    "cache_read_input_tokens": None,
}
