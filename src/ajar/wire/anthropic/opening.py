"""How a Messages answer opens, and what it says instead."""

from __future__ import annotations

from typing import Any

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.answer import ABSENT
from ajar.wire.anthropic.error import is_error, is_error_event, read_error_object, status_in
from ajar.wire.opening import Failure, Opening, ends_of, failure, may_err, opening_in
from ajar.wire.refusal import refused_in

_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_LIFE = frozenset({"message_start", "ping", "content_block_stop", "message_delta"})
_DELTAS = {"text_delta": ("text",), "thinking_delta": ("thinking",), "signature_delta": ("signature",)}
_BLOCKS = {"text": ("text", "citations"), "thinking": ("thinking", "signature")}
"""Kinds that say nothing where these fields are empty."""


class _Event(msgspec.Struct, gc=False):
    type: str | None = None
    delta: dict[str, Any] | None = None
    content_block: dict[str, Any] | None = None
    error: msgspec.Raw = ABSENT


_decode_event = msgspec.json.Decoder(_Event).decode
_decode = msgspec.json.Decoder().decode


def opening(events: bytes) -> Opening:
    """What these whole events of a stream open with. Raises UpstreamGarbage where one before content is not JSON."""
    return opening_in(events, _event)


def failure_in(body: bytes) -> Failure | None:
    """The error that a whole answer of status 200 is; None for an answer."""
    if not may_err(ends_of(body)):
        return None
    try:
        value = _decode(body)
    except _FAULTS:
        return None
    return _failure(value) if is_error(value) else None


def _event(name: bytes, data: bytes) -> Opening:
    if data == b"[DONE]":  # not Anthropic's, and no end in its format
        return "held"
    try:
        event = _decode_event(data)
    except _FAULTS:
        return _unknown(name, data)
    if is_error_event(name, event.type, event.error):
        return _unknown(name, data)
    kind = event.type or name.decode("latin-1")
    if kind in _LIFE:
        return "held"
    if kind == "content_block_start":
        return "held" if _is_empty(event.content_block, _BLOCKS) else "content"
    if kind == "content_block_delta":
        return "held" if _is_empty(event.delta, _DELTAS) else "content"
    return "content"


def _is_empty(value: dict[str, Any] | None, kinds: dict[str, tuple[str, ...]]) -> bool:
    """Whether a block or a delta is of a kind that can say nothing, and does."""
    kind = None if value is None else value.get("type")
    fields = kinds.get(kind) if type(kind) is str else None
    return value is not None and fields is not None and not any([value.get(field) for field in fields])  # noqa: C419 - a list is faster


def _unknown(name: bytes, data: bytes) -> Opening:
    """An event that is an error, or of an unexpected shape: that is content."""
    try:
        value = _decode(data)
    except _FAULTS:
        raise UpstreamGarbage("the upstream's stream holds an event that is not JSON") from None
    return _failure(value) if name == b"error" or is_error(value) else "content"


def _failure(value: Any) -> Failure:
    error = read_error_object(value)
    return failure(error, status_in(value, error), refused=refused_in(value))
