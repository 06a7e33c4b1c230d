"""The content blocks of a stream that is being read."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    OpaqueDelta,
    Opened,
    TextDelta,
)
from ajar.domain.dialog.parts import Foreign, Reasoning, Text, ToolCall
from ajar.wire.anthropic import marks
from ajar.wire.anthropic.blocks_read import read_block
from ajar.wire.json_fields import Fields

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_decode_object = msgspec.json.Decoder(dict[str, Any]).decode


class Delta(msgspec.Struct, gc=False):
    """What grows a block, and, in a `message_delta`, what ends the message."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    signature: str | None = None
    stop_reason: str | None = None
    stop_sequence: str | None = None


class _Block:
    """An open block. What is `foreign` is gathered and told when it is whole."""

    __slots__ = ("arguments", "foreign", "given", "index", "kind", "signature")

    def __init__(self, kind: str, index: int) -> None:
        self.kind = kind
        self.index = index
        self.given = ""
        """Arguments that the block's start had already; they count where no delta follows."""
        self.arguments: list[str] = []
        """Of a foreign block."""
        self.signature = ""
        self.foreign: Foreign | None = None


_STARTS = {
    "text_delta": b'{"type":"text","text":""}',
    "thinking_delta": b'{"type":"thinking","thinking":""}',
    "signature_delta": b'{"type":"thinking","thinking":""}',
}


class Blocks:
    """The blocks by the upstream's numbers, which need not be dense. `called`: one of them was a tool call."""

    __slots__ = ("_count", "_open", "called", "open_text", "text_index")

    def __init__(self) -> None:
        self._open: dict[int, _Block] = {}
        self._count = 0
        self.called = False
        self.open_text = -1
        """The upstream's number of the last text block that is open, so that its deltas are told at once."""
        self.text_index = 0
        """The dialog's number of that block."""

    def begin(self, number: int, raw: msgspec.Raw | bytes, out: list[Event]) -> None:
        """A block begins. Raises InvalidField or msgspec's errors for one that cannot be understood."""
        self.close(number, out)
        value = _decode_object(raw)
        kind: Any = value.get("type")
        if kind == "tool_use":
            value.setdefault("input", {})
        part = read_block(Fields(value, "content_block"))
        if type(part) is Foreign:
            block = _Block(part.kind, -1)
            block.foreign = part
            self._open[number] = block
            return
        block = _Block(kind, self._count)
        self._open[number] = block
        self._count += 1
        if type(part) is Text:
            self._begin_text(number, block, part, out)
        elif type(part) is ToolCall:
            self.called = True
            if part.arguments != "{}":
                block.given = part.arguments
            part.arguments = ""
            out.append(Opened(block.index, part))
        elif type(part) is Reasoning and not part.redacted:
            thought, block.signature = part.text, part.opaque or ""
            part.text, part.opaque = "", None
            part.rest.pop(marks.SIGNATURE, None)
            out.append(Opened(block.index, part))
            if thought:
                out.append(TextDelta(block.index, thought))
        else:
            out.append(Opened(block.index, part, whole=True))

    def grow(self, number: int, delta: Delta, data: bytes, out: list[Event]) -> None:
        """A delta; `data` is its event. One of a kind that is not known, or that the block cannot take, is skipped."""
        block = self._open.get(number)
        kind = delta.type
        if block is None:
            start = _STARTS.get(kind or "")
            if start is None:
                return
            self.begin(number, start, out)
            block = self._open[number]
        if block.foreign is not None:
            _gather(block, delta, data)
        elif kind == "text_delta":
            if delta.text and block.kind == "text":
                out.append(TextDelta(block.index, delta.text))
        elif kind == "thinking_delta":
            if delta.thinking and block.kind == "thinking":
                out.append(TextDelta(block.index, delta.thinking))
        elif kind == "input_json_delta":
            if delta.partial_json and block.kind == "tool_use":
                block.given = ""
                out.append(ArgumentsDelta(block.index, delta.partial_json))
        elif kind == "signature_delta":
            # Whole each time; told once, at the end of the block.
            block.signature = delta.signature or block.signature
        elif kind == "citations_delta" and block.kind == "text":
            citation = _decode_object(data)["delta"].get("citation")
            out.append(AnnotationDelta(block.index, "anthropic", citation))

    def close(self, number: int, out: list[Event]) -> None:
        """A block ends, where it is open."""
        block = self._open.pop(number, None)
        if block is None:
            return
        if number == self.open_text:
            self.open_text = -1
        if block.foreign is not None:
            self._tell_foreign(block, block.foreign, out)
            return
        if block.given:
            out.append(ArgumentsDelta(block.index, block.given))
        if block.signature and block.kind == "thinking":
            out.append(OpaqueDelta(block.index, block.signature))
        out.append(Closed(block.index))

    def close_all(self, out: list[Event]) -> None:
        """End every open block."""
        for number in list(self._open):
            self.close(number, out)

    def _begin_text(self, number: int, block: _Block, part: Text, out: list[Event]) -> None:
        text, citations = part.text, part.annotations
        part.text, part.annotations = "", None
        part.rest.pop("citations", None)
        self.open_text, self.text_index = number, block.index
        out.append(Opened(block.index, part))
        if text:
            out.append(TextDelta(block.index, text))
        out += [AnnotationDelta(block.index, "anthropic", citation) for citation in citations or ()]

    def _tell_foreign(self, block: _Block, foreign: Foreign, out: list[Event]) -> None:
        if block.arguments:
            with contextlib.suppress(msgspec.DecodeError):  # cut short by the token limit: the start's input stays
                foreign.value["input"] = _decode("".join(block.arguments))
        index = self._count
        self._count += 1
        out.append(Opened(index, foreign, whole=True))
        out.append(Closed(index))


def _gather(block: _Block, delta: Delta, data: bytes) -> None:
    """Put a delta into a foreign block: strings are joined, lists too, other values replaced."""
    if delta.type == "input_json_delta":
        if delta.partial_json:
            block.arguments.append(delta.partial_json)
        return
    assert block.foreign is not None
    value = block.foreign.value
    for name, more in _decode_object(data)["delta"].items():
        if name == "type" or more is None:
            continue
        old = value.get(name)
        joined = type(old) is type(more) and type(old) in (str, list)
        value[name] = old + more if joined else more
