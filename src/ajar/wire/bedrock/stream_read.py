"""A ConverseStream answer as the dialog's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.events import Counted, Ended, Failed, Finished, Started
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.wire.bedrock.error import error_name, message_of, object_or_none, status_of
from ajar.wire.bedrock.frames import FrameReader
from ajar.wire.bedrock.stop import finish_of
from ajar.wire.bedrock.stream_blocks import Blocks, Delta
from ajar.wire.bedrock.usage import usage_of

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.wire.bedrock.frames import Frame


class _BlockStart(msgspec.Struct, rename="camel", gc=False):
    content_block_index: int
    start: dict[str, Any] = {}


class _BlockDelta(msgspec.Struct, rename="camel", gc=False):
    content_block_index: int
    delta: Delta


class _BlockStop(msgspec.Struct, rename="camel", gc=False):
    content_block_index: int


class _MessageStop(msgspec.Struct, rename="camel", gc=False):
    stop_reason: str
    additional_model_response_fields: Any = None


class _Metadata(msgspec.Struct, gc=False):
    usage: msgspec.Raw = msgspec.Raw()


_start = msgspec.json.Decoder(_BlockStart).decode
_delta = msgspec.json.Decoder(_BlockDelta).decode
_stop = msgspec.json.Decoder(_BlockStop).decode
_message_stop = msgspec.json.Decoder(_MessageStop).decode
_metadata = msgspec.json.Decoder(_Metadata).decode


class StreamReader:
    """Reads one stream. Its clean end is `metadata`, or the end of bytes after `messageStop`."""

    __slots__ = ("_blocks", "_counted", "_failed", "_frames", "_started", "_stopped", "ended")

    def __init__(self) -> None:
        self.ended = False
        self._frames = FrameReader()
        self._blocks = Blocks()
        self._started = False
        self._stopped = False
        self._counted = False
        self._failed = False

    def feed(self, data: bytes) -> list[Event]:
        """What these bytes say. Raises UpstreamGarbage where they are no frames, or no events of Converse's."""
        events: list[Event] = []
        if self.ended or self._failed:
            return events
        for frame in self._frames.feed(data):
            try:
                self._read(frame, events)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise UpstreamGarbage(f"the upstream's stream holds a `{frame.name[:40]}` that is none") from None
            if self.ended or self._failed:
                break
        return events

    def finish(self) -> list[Event]:
        """The upstream's body ended. Nothing, where that is a cut."""
        if self.ended or self._failed or not self._stopped or self._frames.partial:
            return []
        self.ended = True
        return [Ended()]

    def _read(self, frame: Frame, events: list[Event]) -> None:
        if frame.kind != "event":
            self._fail(frame, events)
            return
        if not self._started:
            self._started = True
            events.append(Started("bedrock"))
        name, payload = frame.name, frame.payload
        if name == "contentBlockDelta":
            read = _delta(payload)
            self._blocks.grow(read.content_block_index, read.delta, events)
        elif name == "contentBlockStart":
            start = _start(payload)
            self._blocks.start(start.content_block_index, start.start, events)
        elif name == "contentBlockStop":
            self._blocks.stop(_stop(payload).content_block_index, events)
        elif name == "messageStop":
            end = _message_stop(payload)
            self._blocks.stop_all(events)
            if not self._stopped:
                self._stopped = True
                fields = end.additional_model_response_fields
                events.append(Finished(finish_of(end.stop_reason, fields, calls=self._blocks.calls)))
        elif name == "metadata":
            self._counted = True
            raw = bytes(_metadata(payload).usage)
            if raw and raw != b"null":
                events.append(Counted(usage_of(raw) or Usage(), raw.decode()))
        if self._stopped and self._counted:
            self.ended = True
            events.append(Ended())

    def _fail(self, frame: Frame, events: list[Event]) -> None:
        """An exception tells its message in the payload, an error in a header."""
        name = error_name(frame.name)
        message = frame.message or message_of(object_or_none(frame.payload) or {})
        self._failed = True
        events.append(Failed(message or f"the upstream ended the stream: {name}", name or None, None, status_of(name)))
