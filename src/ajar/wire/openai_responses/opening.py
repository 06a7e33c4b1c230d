"""How a Responses answer opens, and what it says instead."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.openai_responses.answer import ABSENT
from ajar.wire.openai_responses.error import FAILURES, error_in, is_error, is_error_event, is_failed, status_of
from ajar.wire.opening import NULL, Failure, Opening, ends_of, failure, opening_in, says
from ajar.wire.refusal import refused_in

_BRACE = 0x7D
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_LIFE = frozenset(
    {
        "keepalive",
        "response.created",
        "response.in_progress",
        "response.keep_alive",
        "response.queued",
    }
)
_USUAL = {
    b"response.created": b"",
    b"response.in_progress": b"",
    b"response.queued": b"",
    b"response.output_item.added": b'"content":[]',
    b"response.content_part.added": b'"text":""',
}
"""What nearly every stream begins with, and what is in it: such an event is not decoded. The first three are long."""
_PARTS = frozenset(
    {
        "response.content_part.added",
        "response.content_part.done",
        "response.reasoning_part.added",
        "response.reasoning_part.done",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_part.done",
    }
)
_TEXTS = frozenset(
    {
        "response.output_text.done",
        "response.reasoning.done",
        "response.reasoning_summary.done",
        "response.reasoning_summary_text.done",
        "response.reasoning_text.done",
        "response.refusal.done",
    }
)
_ITEMS = frozenset({"response.output_item.added", "response.output_item.done"})
_ENDS = frozenset({"response.completed", "response.incomplete"})


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    delta: Any = None
    text: Any = None
    refusal: Any = None
    item: Any = None
    part: Any = None
    response: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


class _Response(msgspec.Struct, gc=False):
    type: Any = None
    status: Any = None
    error: Any = None


_decode_event = msgspec.json.Decoder(_Event).decode
_decode_response = msgspec.json.Decoder(_Response).decode
_decode = msgspec.json.Decoder().decode


def opening(events: bytes) -> Opening:
    """What these whole events of a stream open with. Raises UpstreamGarbage where one before content is not JSON."""
    return opening_in(events, _event)


def failure_in(body: bytes) -> Failure | None:
    """The error that a whole answer of status 200 is; None for an answer, and for one that is not finished."""
    ends = ends_of(body)
    # Nearly every answer says early that it is complete, before any other object, whose status that might be.
    at = ends.find(b'"status"')
    if b'"completed"' in ends[at + 8 : at + 24] and at > 0 and ends.rfind(b"{", 0, at) == 0:
        error = ends.find(b'"error"')
        if error < 0 or ends.startswith(NULL, error + 7):
            return None
    try:
        return _failed(body)
    except _FAULTS:
        return None


def _event(name: bytes, data: bytes) -> Opening:
    empty = _USUAL.get(name)
    if empty is not None and data[-1] == _BRACE and empty in data:
        return "held"
    if data == b"[DONE]":  # not OpenAI's, and no end in this format
        return "held"
    try:
        event = _decode_event(data)
        return _read(event.type or name.decode("latin-1"), event, data)
    except _FAULTS:
        pass
    try:
        value = _decode(data)
    except _FAULTS:
        raise UpstreamGarbage("the upstream's stream holds an event that is not JSON") from None
    if name == b"error" or is_error(value):
        return _failure(cast("dict[str, Any]", value) if type(value) is dict else {})
    return "content"


def _read(kind: str, event: _Event, data: bytes) -> Opening:
    """Raises msgspec's errors for what is of an unexpected shape."""
    if kind in _LIFE:
        return "held"
    if kind.endswith(".delta"):
        return "held" if event.delta == "" else "content"
    if kind in _ITEMS:
        return "content" if _holds(event.item, done=kind == "response.output_item.done") else "held"
    if kind in _PARTS:
        return "content" if event.part is None or says(event.part) else "held"
    if kind in _TEXTS:
        return "content" if event.text or event.refusal else "held"
    if kind in _ENDS:
        return _failed(event.response) or "content"
    if not is_error_event(kind, event.error):
        return "content"
    if kind in FAILURES:
        return _failed(event.response) or _failure({})
    return _failure(_decode(data))


def _holds(item: Any, *, done: bool) -> bool:
    """Whether an output item holds anything.

    OpenAI gives a thought's `encrypted_content` also where the item begins: it is of no use before its end, where
    another one comes, and the thinking goes on for long.
    """
    if type(item) is not dict:
        return True
    fields = cast("dict[str, Any]", item)
    kind = fields.get("type")
    if kind == "message":
        return says(fields.get("content"))
    if kind == "reasoning":
        return says([fields.get("summary"), fields.get("content")]) or (done and bool(fields.get("encrypted_content")))
    return True


def _failed(response: msgspec.Raw | bytes) -> Failure | None:
    """The failure of a response object that has an error or the status of one, or of an error in its place."""
    read = _decode_response(response or b"{}")
    if read.type == "error":
        return _failure(_decode(response))
    if not is_failed(read.type, read.status, error=bool(read.error)):
        return None
    return _failure({"error": read.error})


def _failure(value: dict[str, Any]) -> Failure:
    """OpenAI has an error's fields on the event itself, Open Responses in an object."""
    if not value.get("error"):
        value = {"message": value.get("message"), "code": value.get("code")}
    error = error_in(value)
    return failure(error, status_of(error), refused=refused_in(value))
