"""The content blocks of a stream: Converse's own indices and pieces as the dialog's blocks."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ajar.domain.dialog.events import AnnotationDelta, ArgumentsDelta, Closed, OpaqueDelta, Opened, TextDelta
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall
from ajar.errors import UpstreamGarbage
from ajar.wire.bedrock.kinds import FORMATS
from ajar.wire.bedrock.shapes import as_list, as_object, as_text

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Part


class _Thought(msgspec.Struct, rename="camel", gc=False):
    text: str | None = None
    signature: str | None = None
    redacted_content: str | None = None


class _Input(msgspec.Struct, gc=False):
    input: str = ""


class Delta(msgspec.Struct, rename="camel", gc=False):
    """The field `delta` of a `contentBlockDelta`; one of these is set."""

    text: str | None = None
    tool_use: _Input | None = None
    reasoning_content: _Thought | None = None
    citation: Any = None
    tool_result: Any = None
    image: Any = None


_Kind = Literal["text", "thought", "call", "held"]


class _Block:
    """One open block. `index` is the dialog's, -1 until the block says something."""

    __slots__ = ("filled", "held", "hidden", "index", "kind", "signature", "start")

    def __init__(self, kind: _Kind, start: dict[str, Any] | None = None) -> None:
        self.kind = kind
        self.index = -1
        self.start = start or {}
        self.signature = ""
        self.hidden: list[str] = []
        """Pieces of redacted thought."""
        self.held: list[Any] = []
        """Deltas of a block that can only be told whole."""
        self.filled = False
        """Whether a call has any arguments yet."""


class Blocks:
    """The blocks of one stream. `calls`: whether one of them was a call of the caller's tools.

    Text and thoughts begin with their first delta that says anything: some models begin with an empty text. What only
    Bedrock knows (its own tools) and pictures come whole, when they end.
    """

    __slots__ = ("_next", "_open", "calls")

    def __init__(self) -> None:
        self.calls = False
        self._open: dict[int, _Block] = {}
        self._next = 0

    def start(self, at: int, start: dict[str, Any], events: list[Event]) -> None:
        """A `contentBlockStart`."""
        self.stop(at, events)
        call = as_object(start.get("toolUse"))
        if call is None or call.get("type") not in (None, "tool_use"):
            self._open[at] = _Block("held", start)
            return
        call_id, name = as_text(call.get("toolUseId")), as_text(call.get("name"))
        if call_id is None or name is None:
            raise UpstreamGarbage("the upstream's stream holds a tool call without an id or a name")
        self.calls = True
        block = self._open[at] = _Block("call")
        self._begin(block, ToolCall(call_id, name, ""), events)

    def grow(self, at: int, delta: Delta, events: list[Event]) -> None:
        """A `contentBlockDelta`."""
        block = self._open.get(at)
        text = delta.text
        if text is not None:
            if block is None or block.kind != "text":
                block = self._change(at, "text", events)
            if text:
                if block.index < 0:
                    self._begin(block, Text(""), events)
                events.append(TextDelta(block.index, text))
        elif delta.tool_use is not None and block is not None and block.kind == "call":
            if delta.tool_use.input:
                block.filled = True
                events.append(ArgumentsDelta(block.index, delta.tool_use.input))
        elif delta.reasoning_content is not None:
            if block is None or block.kind != "thought":
                block = self._change(at, "thought", events)
            self._think(block, delta.reasoning_content, events)
        elif delta.citation is not None:
            if block is None or block.kind != "text":
                block = self._change(at, "text", events)
            if block.index < 0:
                self._begin(block, Text(""), events)
            events.append(AnnotationDelta(block.index, "bedrock", delta.citation))
        else:
            self._hold(block, delta)

    def stop(self, at: int, events: list[Event]) -> None:
        """A `contentBlockStop`; nothing, where no such block is open."""
        block = self._open.pop(at, None)
        if block is None:
            return
        if block.kind == "held":
            part = _whole(block)
            if part is not None:
                self._tell(part, events)
            return
        if block.hidden:
            self._tell(Reasoning(opaque=_joined(block.hidden), redacted=True), events)
        if block.index < 0:
            return
        if block.kind == "call" and not block.filled:
            events.append(ArgumentsDelta(block.index, "{}"))
        if block.signature:
            events.append(OpaqueDelta(block.index, block.signature))
        events.append(Closed(block.index))

    def stop_all(self, events: list[Event]) -> None:
        """The message stops, and all its blocks with it."""
        for at in list(self._open):
            self.stop(at, events)

    def _change(self, at: int, kind: _Kind, events: list[Event]) -> _Block:
        """A new block in the place of any other kind of block under the same number."""
        self.stop(at, events)
        block = self._open[at] = _Block(kind)
        return block

    def _begin(self, block: _Block, part: Part, events: list[Event]) -> None:
        block.index = self._next
        self._next += 1
        events.append(Opened(block.index, part))

    def _tell(self, part: Part, events: list[Event]) -> None:
        """A whole block at once."""
        events += (Opened(self._next, part, whole=True), Closed(self._next))
        self._next += 1

    def _think(self, block: _Block, thought: _Thought, events: list[Event]) -> None:
        if thought.redacted_content:
            block.hidden.append(thought.redacted_content)
        if not thought.text and not thought.signature:
            return
        if block.index < 0:
            self._begin(block, Reasoning(), events)
        if thought.text:
            events.append(TextDelta(block.index, thought.text))
        if thought.signature:
            block.signature += thought.signature

    def _hold(self, block: _Block | None, delta: Delta) -> None:
        """Pieces of a block that is told whole. A delta of a kind unknown here says nothing."""
        if delta.tool_use is not None:
            if block is None or block.kind != "held":
                raise UpstreamGarbage("the upstream's stream holds arguments of no tool call")
            block.held.append(delta.tool_use.input)
        elif block is not None and block.kind == "held":
            block.held += as_list(delta.tool_result) or []
            if delta.image is not None:
                block.held.append(delta.image)


def _whole(block: _Block) -> Part | None:
    """The part that a held block is; None for a kind unknown here that holds nothing."""
    start = block.start
    if (call := as_object(start.get("toolUse"))) is not None:
        text = "".join(each for each in block.held if type(each) is str)
        return Foreign("bedrock", "toolUse", {"toolUse": {**call, "input": _arguments(text)}})
    if (result := as_object(start.get("toolResult"))) is not None:
        return Foreign("bedrock", "toolResult", {"toolResult": {**result, "content": block.held}})
    if (image := as_object(start.get("image"))) is not None:
        return _image(image, block.held)
    return Foreign("bedrock", "+".join(start), start) if start else None


def _arguments(text: str) -> Any:
    try:
        return msgspec.json.decode(text) if text else {}
    except (msgspec.DecodeError, RecursionError):
        return text


def _image(start: dict[str, Any], deltas: list[Any]) -> Part:
    sources = [as_object((as_object(each) or {}).get("source")) or {} for each in deltas]
    pieces = [piece for each in sources if (piece := as_text(each.get("bytes"))) is not None]
    mime = FORMATS["image"].get(as_text(start.get("format")) or "")
    if mime is None or not pieces:
        return Foreign("bedrock", "image", {"image": {**start, "deltas": deltas}})
    return Media("image", mime, _joined(pieces))


def _joined(pieces: list[str]) -> str:
    """Base64 of all the bytes, where each piece is base64 of its own."""
    if len(pieces) == 1:
        return pieces[0]
    try:
        return b64encode(b"".join(b64decode(piece) for piece in pieces)).decode()
    except (binascii.Error, ValueError):
        raise UpstreamGarbage("the upstream's stream holds bytes that are not base64") from None
