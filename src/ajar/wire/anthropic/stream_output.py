"""One content block after another, as events for a caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.events import AnnotationDelta, ArgumentsDelta, OpaqueDelta, TextDelta
from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall
from ajar.wire.anthropic import marks
from ajar.wire.anthropic.answer_write import signed
from ajar.wire.anthropic.blocks_write import DIRECT
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.losses import Losses

_encode = msgspec.json.Encoder().encode

_START = b'event: content_block_start\ndata: {"type":"content_block_start","index":%d,"content_block":%b}\n\n'
_STOP = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n'
_DELTA = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":'
_TEXT = _DELTA + b'"text_delta","text":%b}}\n\n'
_THINKING = _DELTA + b'"thinking_delta","thinking":%b}}\n\n'
_ARGUMENTS = _DELTA + b'"input_json_delta","partial_json":%b}}\n\n'
_SIGNATURE = _DELTA + b'"signature_delta","signature":%b}}\n\n'
_CITATION = _DELTA + b'"citations_delta","citation":%b}}\n\n'

_TEXT_BLOCK = {"type": "text", "text": "", "citations": None}
_THINKING_BLOCK = {"type": "thinking", "thinking": "", "signature": ""}


class Output:
    """Blocks in turn: `begin`, any number of `grow`, `end`. `same`: the upstream speaks Anthropic's format too.

    `called` and `refused` say whether a block was a tool call, or the model's refusal.
    """

    __slots__ = ("_argued", "_held", "_index", "_losses", "_part", "_signature", "called", "refused", "same")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._index = 0
        """Of the block that is told now, or of the next."""
        self._part: Part | None = None
        """None for a block that cannot be told."""
        self._held: bytes | None = None
        """The start of a text block, until there is text: callers who send an empty one back are refused."""
        self._signature: str | None = None
        self._argued: list[str] = []
        """The input of a custom tool's call."""
        self.called = False
        self.refused = False
        self.same = False

    def begin(self, part: Part) -> bytes:
        """The block begins."""
        self._part, self._held, self._signature = part, None, None
        if type(part) is Text:
            return self._begin_text(part)
        if type(part) is ToolCall:
            return self._begin_call(part)
        if type(part) is Reasoning:
            self._signature = part.opaque
            if part.redacted:
                return b""
            out = self._start({**self._rest(part.rest), **_THINKING_BLOCK})
            return out + _THINKING % (self._index, _encode(part.text)) if part.text else out
        if type(part) is Refusal:
            self.refused = True
            self._held = self._start(_TEXT_BLOCK)
            return self.text(part.text) if part.text else b""
        if type(part) is Foreign and part.format == "anthropic":
            return self._start(part.value)
        self._part = None
        self._losses.add(part.kind if type(part) is Media or type(part) is Foreign else "tool_result")
        return b""

    @property
    def takes_text(self) -> bool:
        """Whether the block that is told now is a text block."""
        return type(self._part) is Text or type(self._part) is Refusal

    def text(self, text: str) -> bytes:
        """More text of a text block."""
        out = _TEXT % (self._index, _encode(text))
        if self._held is not None:
            out = self._held + out
            self._held = None
        return out

    def grow(self, event: Event) -> bytes:
        """A delta."""
        part = self._part
        if part is None:
            return b""
        if type(event) is TextDelta:
            if event.logprobs is not None:
                self._losses.add("logprobs")
            if not event.text:
                return b""
            if type(part) is Reasoning:
                return b"" if part.redacted else _THINKING % (self._index, _encode(event.text))
            return self.text(event.text)
        if type(event) is ArgumentsDelta:
            if type(part) is ToolCall and part.custom:
                self._argued.append(event.text)
                return b""
            return _ARGUMENTS % (self._index, _encode(event.text))
        if type(event) is OpaqueDelta:
            self._signature = event.value
        elif type(event) is AnnotationDelta:
            if event.format == "anthropic":
                return self._release() + _CITATION % (self._index, _encode(event.value))
            self._losses.add("annotations")
        return b""

    def end(self) -> bytes:
        """The block ends."""
        part, signature = self._part, self._signature
        self._part = None
        if part is None:
            return b""
        if type(part) is Reasoning:
            if part.redacted:
                if not signature:
                    return b""
                start = self._start({**self._rest(part.rest), "type": "redacted_thinking", "data": signature})
                return start + self._stop()
            return (_SIGNATURE % (self._index, _encode(signature)) if signature else b"") + self._stop()
        out = b""
        if self._argued:
            text = _encode({"input": "".join(self._argued)}).decode()
            out = _ARGUMENTS % (self._index, _encode(text))
            self._argued = []
        if self._held is None or self.same:
            out += self._release() + self._stop()
        if signature is not None:
            # It came too late to stand before its block.
            out += self._sign(signature)
        return out

    def _begin_text(self, part: Text) -> bytes:
        out = b"" if part.opaque is None else self._sign(part.opaque)
        self._held = self._start({**_TEXT_BLOCK, **self._rest(part.rest)})
        if part.text:
            out += self.text(part.text)
        for annotation in part.annotations or ():
            if self.same:
                out += self._release() + _CITATION % (self._index, _encode(annotation))
            else:
                self._losses.add("annotations")
        return out

    def _begin_call(self, part: ToolCall) -> bytes:
        self.called = True
        out = b"" if part.opaque is None else self._sign(part.opaque)
        rest = self._rest(part.rest)
        block: dict[str, Any] = {**rest, "type": "tool_use", "id": part.id, "name": part.name, "input": {}}
        block["caller"] = rest.get(marks.CALLER) or DIRECT
        out += self._start(block)
        if part.custom:
            self._losses.add("tool_calls.custom")
            self._argued = [part.arguments]
        elif part.arguments:
            out += _ARGUMENTS % (self._index, _encode(part.arguments))
        return out

    def _rest(self, rest: dict[str, Any]) -> dict[str, Any]:
        if rest and not self.same:
            self._losses.add_rest("content", said(rest))
            return {}
        return rest

    def _sign(self, opaque: str) -> bytes:
        """A block that only carries a signature."""
        block = {**signed(opaque), "signature": ""}
        return self._start(block) + _SIGNATURE % (self._index, _encode(opaque)) + self._stop()

    def _start(self, block: dict[str, Any]) -> bytes:
        return _START % (self._index, _encode(block))

    def _release(self) -> bytes:
        held, self._held = self._held, None
        return held or b""

    def _stop(self) -> bytes:
        self._index += 1
        return _STOP % (self._index - 1)
