"""An event stream in Anthropic's format as events of a dialog."""

from __future__ import annotations

from typing import Any

import msgspec

from ajar.domain.dialog.events import Counted, Ended, Event, Failed, Finished, Started, TextDelta
from ajar.errors import InvalidField, UpstreamGarbage
from ajar.wire.anthropic.error import is_error_event, read_error_object, status_in
from ajar.wire.anthropic.stop import finish_of
from ajar.wire.anthropic.stream_blocks import Blocks, Delta
from ajar.wire.anthropic.usage import merged, usage_of
from ajar.wire.sse import Sse, SseReader

_N = 0x6E  # the first byte of `null`
_DONE = b"[DONE]"


class _Event(msgspec.Struct, gc=False):
    type: str | None = None
    index: int = 0
    delta: Delta | None = None
    content_block: msgspec.Raw = msgspec.Raw()
    message: msgspec.Raw = msgspec.Raw()
    usage: msgspec.Raw = msgspec.Raw()
    error: msgspec.Raw = msgspec.Raw()


class _Message(msgspec.Struct, gc=False):
    id: str | None = None
    model: str | None = None
    usage: msgspec.Raw = msgspec.Raw()


_decode = msgspec.json.Decoder(_Event).decode
_decode_message = msgspec.json.Decoder(_Message).decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class StreamReader:
    """Reads one stream. Raises UpstreamGarbage where it is not in Anthropic's format.

    A server that leaves out `message_start` or a block's start or end is understood all the same. `ended` says whether
    `message_stop` came.
    """

    __slots__ = ("_blocks", "_finished", "_over", "_sse", "_started", "_usage", "ended")

    def __init__(self) -> None:
        self._sse = SseReader()
        self._blocks = Blocks()
        self._usage: msgspec.Raw | None = None
        self._started = False
        self._finished = False
        self._over = False
        self.ended = False

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        return self._read(self._sse.feed(data))

    def finish(self) -> list[Event]:
        """The upstream's body is over. No `Ended` where `message_stop` did not come: the stream was cut."""
        return self._read(self._sse.finish())

    def _read(self, events: list[Sse]) -> list[Event]:
        out: list[Event] = []
        for name, data in events:
            if self._over or data == _DONE or not data:
                continue
            try:
                event = _decode(data)
                delta = event.delta
                if event.type == "content_block_delta" and delta is not None:
                    if delta.type == "text_delta" and self._blocks.open_text == event.index:
                        if delta.text:
                            out.append(TextDelta(self._blocks.text_index, delta.text))
                        continue
                    self._start(out)
                    if not self._finished:
                        self._blocks.grow(event.index, delta, data, out)
                else:
                    self._step(name, event, data, out)
            except InvalidField as error:
                raise UpstreamGarbage(f"the upstream's stream is not in Anthropic's format: {error.message}") from None
            except _FAULTS:
                raise UpstreamGarbage("the upstream's stream is not in Anthropic's format") from None
        return out

    def _step(self, name: bytes, event: _Event, data: bytes, out: list[Event]) -> None:
        kind = event.type
        if is_error_event(name, kind, event.error):
            self._fail(data, out)
        elif kind == "message_start":
            message = _decode_message(event.message)
            self._start(out, message)
            self._count(message.usage, out)
        elif kind == "content_block_start":
            self._start(out)
            if not self._finished:
                self._blocks.begin(event.index, event.content_block, out)
        elif kind == "content_block_stop":
            self._blocks.close(event.index, out)
        elif kind == "message_delta":
            self._start(out)
            self._end_message(event, data, out)
        elif kind == "message_stop":
            self._start(out)
            self._blocks.close_all(out)
            if not self._finished:
                out.append(Finished(finish_of(None, None, {}, calls=self._blocks.called)))
            self._over = self.ended = True
            out.append(Ended())

    def _start(self, out: list[Event], message: _Message | None = None) -> None:
        if not self._started:
            self._started = True
            message = message or _Message()
            out.append(Started("anthropic", message.id, message.model))

    def _count(self, usage: msgspec.Raw, out: list[Event]) -> None:
        if not usage or memoryview(usage)[0] == _N:
            return
        self._usage = merged(self._usage, usage.copy())
        counts = usage_of(self._usage)
        if counts is not None:
            out.append(Counted(counts, str(self._usage, "utf-8")))

    def _end_message(self, event: _Event, data: bytes, out: list[Event]) -> None:
        delta = event.delta
        if delta is not None and delta.stop_reason is not None and not self._finished:
            self._blocks.close_all(out)
            self._finished = True
            rest = {
                name: value
                for fields in (_decode_object(data), _decode_object(data)["delta"])
                for name, value in fields.items()
                if value is not None and name not in _KNOWN
            }
            finish = finish_of(delta.stop_reason, delta.stop_sequence, rest, calls=self._blocks.called)
            out.append(Finished(finish))
        self._count(event.usage, out)

    def _fail(self, data: bytes, out: list[Event]) -> None:
        value = _decode_object(data)
        error = read_error_object(value)
        self._over = True
        out.append(Failed(error.message, error.type, error.code, status_in(value, error)))


_KNOWN = frozenset({"type", "delta", "usage", "stop_reason", "stop_sequence"})
