"""How a Chat Completions answer opens, and what it says instead."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.openai_chat.answer import ABSENT
from ajar.wire.openai_chat.error import error_in, status_in
from ajar.wire.opening import Failure, Opening, ends_of, failure, may_err, opening_in, says
from ajar.wire.refusal import refused_in

_N = 0x6E  # the first byte of `null`
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_CALLS = ("tool_calls", "function_call")


class _Choice(msgspec.Struct, gc=False):
    delta: dict[str, Any] | None = None
    finish_reason: Any = None
    error: Any = None
    message: Any = None
    text: Any = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    error: msgspec.Raw = ABSENT
    object: Any = None
    usage: msgspec.Raw = ABSENT


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_decode = msgspec.json.Decoder().decode


def opening(events: bytes) -> Opening:
    """What these whole events of a stream open with. Raises UpstreamGarbage where one before content is not JSON."""
    return opening_in(events, _event)


def failure_in(body: bytes) -> Failure | None:
    """The error that a whole answer of status 200 is; None for an answer.

    A choice that has an error counts where it says nothing else.
    """
    if not may_err(ends_of(body)):
        return None
    value = _value(body)
    if type(value) is not dict:
        return None
    whole = cast("dict[str, Any]", value)
    if whole.get("error") is not None or whole.get("object") == "error":
        return _failure(whole)
    choices = whole.get("choices")
    for choice in cast("list[Any]", choices) if type(choices) is list else ():
        fields = cast("dict[str, Any]", choice) if type(choice) is dict else {}
        if fields.get("error") is not None and not says(fields.get("message")):
            return _failure(fields)
    return None


def _event(name: bytes, data: bytes) -> Opening:
    if data == b"[DONE]":
        return "content"
    try:
        chunk = _decode_chunk(data)
    except _FAULTS:
        return _unknown(name, data)
    if (chunk.error and memoryview(chunk.error)[0] != _N) or name == b"error" or chunk.object == "error":
        return _failure(_value(data))
    choices = chunk.choices
    if not choices:
        # Usage, or what Azure says of the prompt: known kinds of chunks, in which no content can be.
        known = choices is not None or chunk.object == "chat.completion.chunk" or chunk.usage
        return "held" if known else "content"
    for choice in choices:
        if choice.error is not None and not _says(choice.delta):
            return _failure({"error": choice.error})
        if choice.finish_reason or _says(choice.delta):
            return "content"
        if (choice.message is not None or choice.text is not None) and says([choice.message, choice.text]):
            return "content"  # of servers that send no deltas, or more than them
    return "held"


def _says(delta: dict[str, Any] | None) -> bool:
    """Whether a delta says anything, in whichever field: servers have several for thoughts."""
    fields = (delta or {}).items()
    return any([value and name != "role" and (name in _CALLS or says(value)) for name, value in fields])  # noqa: C419 - a list is faster


def _unknown(name: bytes, data: bytes) -> Opening:
    """An event of an unexpected shape: its error, or else content."""
    try:
        value = _decode(data)
    except _FAULTS:
        if name == b"error":
            return _failure(None)
        raise UpstreamGarbage("the upstream's stream holds an event that is not JSON") from None
    known = cast("dict[str, Any]", value) if type(value) is dict else {}
    if known.get("error") is not None or name == b"error" or known.get("object") == "error":
        return _failure(value)
    return "content"


def _failure(value: Any) -> Failure:
    error = error_in(value)
    return failure(error, status_in(value, error), refused=refused_in(value))


def _value(data: bytes) -> Any:
    try:
        return _decode(data)
    except _FAULTS:
        return None
