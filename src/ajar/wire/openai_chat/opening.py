"""How a Chat Completions answer opens, and what it says instead."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.error_field import value_in
from ajar.wire.openai_chat.answer import ABSENT
from ajar.wire.openai_chat.error import error_in, is_error, is_error_chunk, is_error_event, status_in
from ajar.wire.openai_chat.finish import is_failure
from ajar.wire.opening import LABELS, Failure, Opening, empty_failure, ends_of, failure, may_err, opening_in, says
from ajar.wire.refusal import refused_in

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_CALLS = ("tool_calls", "function_call")
_SILENT = LABELS | {"name"}
"""Fields of a delta that only label it."""


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
    """What these whole events of a stream open with. Raises UpstreamGarbage where one before content is not JSON.

    The end mark is no content: where the answer had an end of its own, its `finish_reason` came before.
    """
    return opening_in(events, _event)


def failure_in(body: bytes) -> Failure | None:
    """The error that a whole answer of status 200 is; None for an answer.

    A choice that has an error, or ends with one, counts where it says nothing else.
    """
    if not may_err(ends_of(body)):
        return None
    value = value_in(body)
    if is_error(value):
        return _failure(value)
    choices = cast("dict[str, Any]", value).get("choices") if type(value) is dict else None
    for choice in cast("list[Any]", choices) if type(choices) is list else ():
        fields = cast("dict[str, Any]", choice) if type(choice) is dict else {}
        if says([fields.get("message"), fields.get("text")]):
            continue
        if fields.get("error"):
            return _failure(fields)
        reason = fields.get("finish_reason")
        if is_failure(reason):
            return empty_failure(reason)
    return None


def _event(name: bytes, data: bytes) -> Opening:
    if data == b"[DONE]":
        return "held"
    try:
        chunk = _decode_chunk(data)
    except _FAULTS:
        return _unknown(name, data)
    if is_error_chunk(name, chunk.error, chunk.object):
        return _failure(value_in(data))
    choices = chunk.choices
    if not choices:
        # Usage, or what Azure says of the prompt: known kinds of chunks, in which no content can be.
        known = choices is not None or chunk.object == "chat.completion.chunk" or chunk.usage
        return "held" if known else "content"
    for choice in choices:
        if _says(choice.delta):
            return "content"
        if (choice.message is not None or choice.text is not None) and says([choice.message, choice.text]):
            return "content"  # of servers that send no deltas, or more than them
        if choice.error:
            return _failure({"error": choice.error})
        if choice.finish_reason:
            return empty_failure(choice.finish_reason) if is_failure(choice.finish_reason) else "content"
    return "held"


def _says(delta: dict[str, Any] | None) -> bool:
    """Whether a delta says anything, in whichever field: servers have several for thoughts."""
    fields = (delta or {}).items()
    return any([value and name not in _SILENT and (name in _CALLS or says(value)) for name, value in fields])  # noqa: C419 - a list is faster


def _unknown(name: bytes, data: bytes) -> Opening:
    """An event of an unexpected shape: its error, or else content."""
    try:
        value = _decode(data)
    except _FAULTS:
        if name == b"error":
            return _failure(None)
        raise UpstreamGarbage("the upstream's stream holds an event that is not JSON") from None
    return _failure(value) if is_error_event(name, value) else "content"


def _failure(value: Any) -> Failure:
    error = error_in(value)
    return failure(error, status_in(value, error), refused=refused_in(value))
