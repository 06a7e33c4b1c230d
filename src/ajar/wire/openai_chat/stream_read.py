"""A Chat Completions stream as events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.events import Counted, Ended, Failed, Finished, Started, TextDelta
from ajar.errors import UpstreamGarbage
from ajar.wire.error_field import value_in
from ajar.wire.openai_chat.answer_read import seconds_of
from ajar.wire.openai_chat.chunk import decode_chunk, only_text
from ajar.wire.openai_chat.error import error_in, is_error_chunk, is_error_event, status_in
from ajar.wire.openai_chat.finish import read_finish
from ajar.wire.openai_chat.stream_calls import Calls
from ajar.wire.openai_chat.stream_message import MessageReader
from ajar.wire.openai_chat.usage import read_usage
from ajar.wire.sse import SseReader

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.wire.openai_chat.chunk import ChoiceDelta, Chunk

_DONE = b"[DONE]"
_encode = msgspec.json.Encoder().encode


class StreamReader:
    """Reads one stream, its first choice.

    A `finish_reason` is not the end: some repeat it, and send usage or even an error after it. The end is `[DONE]`, or
    the end of the bytes after a `finish_reason`.
    """

    __slots__ = ("_calls", "_finish", "_message", "_over", "_sse", "_started", "_usage", "ended")

    def __init__(self) -> None:
        self._sse = SseReader()
        self._started = False
        self._over = False
        self._message = MessageReader()
        self._calls = Calls("", self._message.take_index)
        self._finish: tuple[str, Any, Any] | None = None
        self._usage: str | None = None
        self.ended = False
        """Whether the clean end was seen."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete. Raises UpstreamGarbage."""
        events: list[Event] = []
        try:
            for name, payload in self._sse.feed(data):
                if self._over:
                    break
                self._event(name, payload, events)
        except RecursionError:
            raise UpstreamGarbage("an event of the upstream's stream is nested too deeply") from None
        return events

    def finish(self) -> list[Event]:
        """The bytes are over. Without an `Ended` in what this returns, or before, the stream was cut."""
        events: list[Event] = []
        for name, payload in self._sse.finish():
            if not self._over:
                try:
                    self._event(name, payload, events)
                except (UpstreamGarbage, RecursionError):
                    return events  # half an event
        if not self._over and self._finish is not None:
            self._end(events)
        return events

    def _event(self, name: bytes, payload: bytes, events: list[Event]) -> None:
        if payload == _DONE:
            if not self._started:
                raise UpstreamGarbage("the upstream's stream ended before it began")
            self._end(events)
            return
        try:
            chunk = decode_chunk(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if is_error_event(name, value_in(payload)):
                self._fail(payload, events)
                return
            raise UpstreamGarbage(f"an event of the upstream's stream is no chunk: {error}") from None
        if is_error_chunk(name, chunk.error, chunk.object):
            self._fail(payload, events)
            return
        choices = chunk.choices
        if choices:
            choice = choices[0]
            if not self._started:
                self._start(chunk, events)
            if choice.index:
                choice = next((each for each in choices if not each.index), None)
            if choice is not None:
                self._choice(choice, events)
        if chunk.usage and not self._over:
            self._count(chunk, events)

    def _start(self, chunk: Chunk, events: list[Event]) -> None:
        self._started = True
        identity = None if chunk.id is None or chunk.id == "" else str(chunk.id)
        self._calls = Calls(identity or "", self._message.take_index)
        events.append(Started("openai-chat", identity, chunk.model or None, seconds_of(chunk.created)))

    def _choice(self, choice: ChoiceDelta, events: list[Event]) -> None:
        delta = choice.delta
        if delta is not None:
            message = self._message
            content = delta.content
            if content and message.in_text and type(content) is str and only_text(delta):
                logprobs = choice.logprobs
                events.append(TextDelta(message.at, content, None if logprobs is None else _logprobs(logprobs)))
            else:
                message.feed(delta, _logprobs(choice.logprobs), events)
                if delta.tool_calls:
                    message.close(events)
                    self._calls.feed(delta.tool_calls, events)
        if choice.error:
            self._fail(_encode({"error": choice.error}), events)
        elif choice.finish_reason:
            native = choice.native_finish_reason
            self._finish = choice.finish_reason, native if type(native) is str else None, choice.stop_reason

    def _count(self, chunk: Chunk, events: list[Event]) -> None:
        try:
            usage, raw = read_usage(chunk.usage)
        except UnicodeDecodeError:
            raise UpstreamGarbage("an event of the upstream's stream is not UTF-8") from None
        if usage is None or raw is None or raw == self._usage:
            return
        if not self._started:
            self._start(chunk, events)
        self._usage = raw
        events.append(Counted(usage, raw))

    def _end(self, events: list[Event]) -> None:
        self._message.close(events)
        self._calls.close(events)
        word, native, matched = self._finish or (None, None, None)
        events.append(Finished(read_finish(word, native, matched, calls=bool(self._calls))))
        events.append(Ended())
        self._over = self.ended = True

    def _fail(self, payload: bytes, events: list[Event]) -> None:
        value = value_in(payload)
        error = error_in(value)
        message = error.message or "the upstream's stream holds an error without a message"
        events.append(Failed(message, error.type, error.code, status_in(value, error), error.retry_after))
        self._over = True


def _logprobs(value: Any) -> Any:
    return cast("dict[str, Any]", value).get("content") if type(value) is dict else None
