"""Events as a Chat Completions stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Rest, Text, ToolCall
from ajar.wire.json_fields import said
from ajar.wire.openai_chat.annotations import write_annotation
from ajar.wire.openai_chat.answer_write import image
from ajar.wire.openai_chat.error import error_event
from ajar.wire.openai_chat.finish import write_finish
from ajar.wire.openai_chat.reasoning import details_of
from ajar.wire.openai_chat.signature import put_signature
from ajar.wire.openai_chat.usage import usage_block

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format, Part
    from ajar.domain.dialog.request import ChatRequest
    from ajar.errors import AjarError
    from ajar.wire.made import Made

_encode = msgspec.json.Encoder().encode
_DONE = b"data: [DONE]\n\n"


class _Block:
    """An open block: `key` begins its deltas, `texts` are a thought's, `number` is a call's."""

    __slots__ = ("annotations", "key", "number", "opaque", "part", "said", "start", "texts")

    def __init__(self, part: Part, start: int) -> None:
        self.part = part
        self.key = b""
        self.number = -1
        self.opaque: str | None = None
        self.texts: list[str] | None = None
        self.annotations: list[tuple[Any, Format]] = []
        self.said = False
        self.start = start


class StreamWriter:
    """Writes one stream. What it cannot say is named in `losses`."""

    __slots__ = (
        "_blocks",
        "_calls",
        "_end",
        "_format",
        "_head",
        "_length",
        "_losses",
        "_made",
        "_over",
        "_refused",
        "_role",
        "_tail",
        "_usage",
        "_wants_usage",
    )

    def __init__(self, request: ChatRequest, made: Made, losses: Losses) -> None:
        self._made = made
        self._losses = losses
        self._wants_usage = request.include_usage
        self._format: Format = "openai-chat"
        self._blocks: dict[int, _Block] = {}
        self._calls = 0
        self._length = 0
        self._refused = False
        self._role = False
        self._usage: Counted | None = None
        self._over = False
        self._head = b""
        self._end = b'}],"usage":null}\n\n' if self._wants_usage else b"}]}\n\n"
        self._tail = b'},"logprobs":null,"finish_reason":null' + self._end

    def write(self, events: list[Event]) -> bytes:
        """The bytes for these events: whole events of the stream, or none."""
        out: list[bytes] = []
        for event in events:
            if type(event) is TextDelta:
                self._text(event, out)
            elif type(event) is ArgumentsDelta:
                block = self._blocks[event.index]
                block.said = True
                out.append(b"%b%b%b}}]%b" % (self._head, block.key, _encode(event.text), self._tail))
            else:
                self._other(event, out)
        return out[0] if len(out) == 1 else b"".join(out)

    def fail(self, error: AjarError) -> bytes:
        """The event that tells of a failure; nothing follows it."""
        if self._over:
            return b""
        self._over = True
        return error_event(error)

    def _text(self, event: TextDelta, out: list[bytes]) -> None:
        block = self._blocks[event.index]
        text = event.text
        if block.texts is not None:
            block.texts.append(text)
        else:
            self._length += len(text)
        if event.logprobs is None:
            out.append(b"%b%b%b%b" % (self._head, block.key, _encode(text), self._tail))
            return
        probs = _encode({"content": event.logprobs, "refusal": None})
        end = b'},"logprobs":%b,"finish_reason":null%b' % (probs, self._end)
        out.append(b"%b%b%b%b" % (self._head, block.key, _encode(text), end))

    def _other(self, event: Event, out: list[bytes]) -> None:
        if type(event) is Opened:
            self._opened(event, out)
        elif type(event) is Closed:
            self._closed(event.index, out)
        elif type(event) is OpaqueDelta:
            self._blocks[event.index].opaque = event.value
        elif type(event) is AnnotationDelta:
            self._blocks[event.index].annotations.append((event.value, event.format))
        elif type(event) is Started:
            self._started(event)
        elif type(event) is Finished:
            self._finished(event, out)
        elif type(event) is Counted:
            self._usage = event
        elif type(event) is Ended:
            self._ended(out)

    def _started(self, event: Started) -> None:
        self._format = event.format
        self._head = b'data: {"id":%b,"object":"chat.completion.chunk","created":%d,"model":%b,"choices":[' % (
            _encode(event.id or f"chatcmpl-{self._made.id}"),
            self._made.created if event.created is None else event.created,
            _encode(event.model or self._made.model),
        )
        self._head += b'{"index":0,"delta":{'

    def _delta(self, delta: Rest, out: list[bytes]) -> None:
        out.append(b"%b%b%b" % (self._head, _encode(delta)[1:-1], self._tail))

    def _begin(self, part: Part | None, out: list[bytes]) -> None:
        """The first chunk, which says whose turn it is."""
        self._role = True
        content = "" if part is None or type(part) is Text else None
        self._delta({"role": "assistant", "content": content, "refusal": None}, out)

    def _opened(self, event: Opened, out: list[bytes]) -> None:
        part = event.part
        if not self._role:
            self._begin(part, out)
        block = self._blocks[event.index] = _Block(part, self._length)
        if type(part) is ToolCall:
            self._call(block, part, out)
        elif type(part) is Text or type(part) is Refusal:
            block.key = b'"content":' if type(part) is Text else b'"refusal":'
            if type(part) is Text:
                block.opaque = part.opaque
                block.annotations = [(value, self._format) for value in part.annotations or ()]
            self._refused = self._refused or type(part) is Refusal
            if part.text:
                self._text(TextDelta(event.index, part.text), out)
        elif type(part) is Reasoning:
            block.key = b'"reasoning_content":'
            block.texts = []
            block.opaque = part.opaque
            if part.text:
                self._text(TextDelta(event.index, part.text), out)
        elif type(part) is Media and part.kind == "image" and part.file_id is None and part.text is None:
            self._delta({"images": [image(part, self._format, self._losses)]}, out)
        else:
            self._losses.add(part.kind if type(part) is Foreign or type(part) is Media else "content")

    def _call(self, block: _Block, part: ToolCall, out: list[bytes]) -> None:
        number = block.number = self._calls
        self._calls = number + 1
        kind, field = ("custom", "input") if part.custom else ("function", "arguments")
        block.key = b'"tool_calls":[{"index":%d,"%b":{"%b":' % (number, kind.encode(), field.encode())
        block.said = bool(part.arguments)
        block.opaque = part.opaque
        name = part.id or f"call_{self._made.id[:8]}_{number}"
        inner = {"name": part.name, field: part.arguments}
        self._delta({"tool_calls": [{"index": number, "id": name, "type": kind, kind: inner}]}, out)

    def _closed(self, index: int, out: list[bytes]) -> None:
        """What is known only now: opaque values, citations with their places, and that there were no arguments."""
        block = self._blocks.pop(index)
        part = block.part
        if type(part) is ToolCall:
            if not block.said and not part.custom:
                out.append(b'%b%b"{}"}}]%b' % (self._head, block.key, self._tail))
            if block.opaque is not None:
                # The official client wants a function in every delta of a call.
                inner = {"custom": {"input": ""}} if part.custom else {"function": {"arguments": ""}}
                call: Rest = {"index": block.number, **inner}
                put_signature(call, block.opaque)
                self._delta({"tool_calls": [call]}, out)
        elif type(part) is Reasoning:
            if block.opaque is not None or part.id is not None:
                text = "".join(block.texts or ())
                whole = Reasoning(text, block.opaque, redacted=part.redacted, id=part.id, summary=part.summary)
                details = [{**detail, "index": index} for detail in details_of([whole], _always)[0]]
                self._delta({"reasoning_details": details}, out)
        elif type(part) is Text or type(part) is Refusal:
            self._close_text(block, out)
        elif block.opaque is not None:
            self._losses.add("thought_signature")

    def _close_text(self, block: _Block, out: list[bytes]) -> None:
        delta: Rest = {}
        annotations: list[Any] = []
        for value, came_in in block.annotations:
            written = write_annotation(value, came_in, block.start, self._length, self._losses)
            if written is not None:
                annotations.append(written)
        if annotations:
            delta["annotations"] = annotations
        if block.opaque is not None:
            put_signature(delta, block.opaque)
        if delta:
            self._delta(delta, out)

    def _finished(self, event: Finished, out: list[bytes]) -> None:
        if not self._role:
            self._begin(None, out)
        finish = event.finish
        if self._format != "openai-chat":
            self._losses.add_rest("", said(finish.rest))
        fields = _encode(write_finish(finish, refused=self._refused))[1:-1]
        out.append(b'%b},"logprobs":null,%b%b' % (self._head, fields, self._end))

    def _ended(self, out: list[bytes]) -> None:
        if self._wants_usage and self._usage is not None:
            usage = self._usage_text(self._usage)
            if usage is not None:
                head = self._head.removesuffix(b'{"index":0,"delta":{')
                out.append(b'%b],"usage":%b}\n\n' % (head, usage))
        out.append(_DONE)
        self._over = True

    def _usage_text(self, counted: Counted) -> bytes | None:
        if self._format == "openai-chat":
            raw = counted.raw.encode()
            return raw if b"\n" not in raw and b"\r" not in raw else _encode(msgspec.json.decode(raw))
        block, invented = usage_block(counted.usage)
        if invented:
            self._losses.add("usage")
        return None if block is None else _encode(block)


def _always(value: str) -> bool:
    del value
    return True
