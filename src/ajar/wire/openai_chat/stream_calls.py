"""The tool calls of a stream, put together from their pieces.

OpenAI numbers its calls and names each one's id once. Others give every call the number 0, or none, or no id, or a
whole call in one piece: a new id is a new call, whatever its number, and so is a new name after a call that is whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.events import ArgumentsDelta, Closed, OpaqueDelta, Opened
from ajar.domain.dialog.parts import ToolCall
from ajar.wire.openai_chat.ids import made_id
from ajar.wire.openai_chat.signature import take_signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.events import Event
    from ajar.wire.openai_chat.chunk import CallDelta

_encode = msgspec.json.Encoder().encode
_is_json = msgspec.json.Decoder(msgspec.Raw).decode


class _Call:
    """One call. `block` is its block's index, -1 until its name is known."""

    __slots__ = ("block", "closed", "custom", "id", "name", "texts")

    def __init__(self, name: str | None, *, custom: bool) -> None:
        self.id = name
        self.name: str | None = None
        self.custom = custom
        self.block = -1
        self.closed = False
        self.texts: list[str] = []

    def whole(self) -> bool:
        """Whether the arguments so far are a whole JSON object: then no more can come."""
        if self.custom or not self.texts or self.texts[-1].rstrip()[-1:] != "}":
            return False
        try:
            _is_json("".join(self.texts).encode())
        except msgspec.DecodeError:
            return False
        return True


class Calls:
    """The calls of one stream. `seed` goes into the ids of calls that have none."""

    __slots__ = ("_all", "_by_number", "_last", "_seed", "_take_index")

    def __init__(self, seed: str, take_index: Callable[[], int]) -> None:
        self._seed = seed
        self._take_index = take_index
        self._all: list[_Call] = []
        self._by_number: dict[int, _Call] = {}
        self._last: _Call | None = None

    def __bool__(self) -> bool:
        return bool(self._all)

    def feed(self, deltas: list[CallDelta], events: list[Event]) -> None:
        """Take the pieces of one chunk."""
        for delta in deltas:
            name, text, custom = _content(delta)
            call = self._find(delta, name, events, custom=custom)
            if call is None or call.closed:
                continue
            if call.name is None and name:
                call.name = name
                self._open(call, events)
            if text:
                call.texts.append(text)
                if call.block >= 0:
                    events.append(ArgumentsDelta(call.block, text))
            if delta.extra_content is not None and call.block >= 0:
                signature = take_signature({"extra_content": delta.extra_content})
                if signature is not None:
                    events.append(OpaqueDelta(call.block, signature))

    def close(self, events: list[Event]) -> None:
        """The answer is over: every call is what it is."""
        for call in self._all:
            if not call.closed:
                if call.block < 0:
                    self._open(call, events)
                call.closed = True
                events.append(Closed(call.block))

    def _find(self, delta: CallDelta, name: str | None, events: list[Event], *, custom: bool) -> _Call | None:
        number, identity = delta.index, delta.id or None
        known = self._last if number is None else self._by_number.get(number)
        if known is None:
            if name is None and identity is None:
                return self._last
        elif identity is None:
            if name is None or known.name is None or not known.whole():
                return known
        elif identity == known.id or (known.id is None and name is None):
            known.id = identity
            return known
        else:
            for call in self._all:
                if call.id == identity and not call.closed:
                    return call
        for call in self._all:
            if not call.closed and call.block >= 0 and call.whole():
                call.closed = True
                events.append(Closed(call.block))
        call = _Call(identity, custom=custom)
        self._all.append(call)
        self._last = call
        if number is not None:
            self._by_number[number] = call
        return call

    def _open(self, call: _Call, events: list[Event]) -> None:
        call.block = self._take_index()
        name = call.name or ""
        if call.id is None:
            call.id = made_id(self._all.index(call), self._seed, name)
        events.append(Opened(call.block, ToolCall(call.id, name, "", custom=call.custom)))
        if call.texts:
            events.append(ArgumentsDelta(call.block, "".join(call.texts)))


def _content(delta: CallDelta) -> tuple[str | None, str, bool]:
    """The name, the text of the arguments, and whether it is a custom tool's."""
    function = delta.function
    if function is not None:
        arguments = function.arguments
        if type(arguments) is not str:
            arguments = "" if arguments is None else _encode(arguments).decode()
        return function.name or None, arguments, False
    custom = delta.custom
    if type(custom) is not dict:
        return None, "", False
    custom = cast("dict[str, Any]", custom)
    name, text = custom.get("name"), custom.get("input")
    return (name if type(name) is str and name else None), (text if type(text) is str else ""), True
