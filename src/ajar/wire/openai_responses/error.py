"""Errors: of a body, in OpenAI's shape; and of a stream, as an event of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.wire.error_field import has_error
from ajar.wire.openai_status import status_of as status_of_words
from ajar.wire.read_error import ReadError

if TYPE_CHECKING:
    from ajar.errors import AjarError

_decode = msgspec.json.Decoder().decode
_LONGEST = 10_000
_FAILED = frozenset({"failed", "cancelled"})
FAILURES = frozenset({"response.failed", "response.cancelled"})
"""The types of the events that end a stream whose response failed."""


def error_body(error: AjarError) -> bytes:
    """The JSON body for an error."""
    return msgspec.json.encode(
        {
            "error": {
                "message": error.message,
                "type": error.type,
                "param": error.param,
                "code": error.code,
            }
        }
    )


def error_event(error: AjarError, number: int = 0) -> bytes:
    """The event for an error in a stream; `number` is its sequence number.

    OpenAI has the fields on the event, Open Responses in an `error` of its own, and clients look for either.
    """
    inner: dict[str, Any] = {"type": error.type, "code": error.code, "message": error.message, "param": error.param}
    event = {**inner, "type": "error", "sequence_number": number, "error": inner}
    return b"event: error\ndata: %b\n\n" % msgspec.json.encode(event)


def read_error(status: int, body: bytes) -> ReadError:
    """What an error's body says. Never raises."""
    del status  # the body says all
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ReadError()
    if type(value) is not dict:
        return ReadError()
    return error_in(cast("dict[str, Any]", value))


def is_error(value: Any) -> bool:
    """Whether the decoded data of a stream's event, of whatever shape, says that it is an error."""
    if type(value) is not dict:
        return False
    fields = cast("dict[str, Any]", value)
    return fields.get("type") == "error" or bool(fields.get("error"))


def is_error_event(kind: str, error: msgspec.Raw) -> bool:
    """Whether a stream's event is an error: by its type, which may be its name only, or by its field `error`."""
    return kind == "error" or kind in FAILURES or has_error(error)


def is_failed(kind: Any, status: Any, *, error: bool) -> bool:
    """Whether a response object is a failure: it has an `error`, the status of one, or is one itself."""
    return error or kind == "error" or (type(status) is str and status in _FAILED)


def error_in(value: dict[str, Any]) -> ReadError:
    """The error in an object that is one, or that has one as its `error`."""
    inner = value.get("error")
    if type(inner) is str:
        return ReadError(inner[:_LONGEST])
    if type(inner) is dict:
        value = cast("dict[str, Any]", inner)
    message = value.get("message")
    if type(message) is not str:
        message = value.get("detail")
    return ReadError(message[:_LONGEST] if type(message) is str else "", _word(value, "type"), _word(value, "code"))


def _word(value: dict[str, Any], name: str) -> str | None:
    found = value.get(name)
    return found if type(found) is str else str(found) if type(found) is int else None


def status_of(error: ReadError) -> int:
    """The HTTP status that an error inside a stream would have had before it."""
    return status_of_words(error.type, error.code)
