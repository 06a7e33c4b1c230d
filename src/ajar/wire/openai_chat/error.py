"""Errors in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.wire.error_field import has_error
from ajar.wire.openai_status import status_of, told_status
from ajar.wire.read_error import ReadError

if TYPE_CHECKING:
    from ajar.errors import AjarError


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


def error_event(error: AjarError) -> bytes:
    """The event that ends a broken stream. No `[DONE]` follows it."""
    return b"data: " + error_body(error) + b"\n\n"


def read_error(status: int, body: bytes) -> ReadError:
    """What an error body says, in any of the shapes that servers of this format give it. Never raises."""
    del status
    try:
        return error_in(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ReadError()


def is_error(value: Any) -> bool:
    """Whether a decoded answer or event is an error: it says so itself, or in a list of one, as Google's may."""
    found = _unlisted(value)
    if type(found) is not dict:
        return False
    fields = cast("dict[str, Any]", found)
    return bool(fields.get("error")) or fields.get("object") == "error"


def is_error_chunk(name: bytes, error: msgspec.Raw, kind: Any) -> bool:
    """Whether a stream's chunk is an error: by its event's name, its field `error`, or its `object`."""
    return name == b"error" or kind == "error" or has_error(error)


def is_error_event(name: bytes, value: Any) -> bool:
    """The same of an event that is no chunk; `value` is its decoded data, None where that is no JSON."""
    return name == b"error" or is_error(value)


def error_in(value: Any) -> ReadError:
    """The error that a decoded value holds: OpenAI's shape, or a bare message, or FastAPI's `detail`, or in a list."""
    if type(value) is list:
        first = _unlisted(cast("list[Any]", value))
        return error_in(first) if type(first) is dict else ReadError()
    if type(value) is not dict:
        return ReadError(value if type(value) is str else "")
    value = cast("dict[str, Any]", value)
    inner = value.get("error")
    if type(inner) is str:
        return ReadError(inner, _word(value.get("type")), _word(value.get("code")))
    if type(inner) is dict:
        value = cast("dict[str, Any]", inner)
    message = _message(value)
    metadata = value.get("metadata")
    raw = cast("dict[str, Any]", metadata).get("raw") if type(metadata) is dict else None
    if type(raw) is str and raw and raw != message:
        message = f"{message}: {raw}"  # OpenRouter: what the provider behind it said
    kind = _word(value.get("type")) or _word(value.get("status"))
    return ReadError(message, kind, _word(value.get("code")), _retry_after(value.get("details")))


def status_in(value: Any, error: ReadError) -> int:
    """The status that an error inside a stream would have had, from its own words; 502 where they tell none."""
    return told_status(_unlisted(value)) or status_of(error.type, error.code)


def _unlisted(value: Any) -> Any:
    return next(iter(cast("list[Any]", value)), None) if type(value) is list else value


def _message(value: dict[str, Any]) -> str:
    for name in ("message", "detail", "error_description", "msg"):
        found = value.get(name)
        if type(found) is str:
            return found
        if found is not None:
            return msgspec.json.encode(found).decode()
    return ""


def _word(value: Any) -> str | None:
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def _retry_after(details: Any) -> float | None:
    """Google's `RetryInfo`: `"retryDelay": "34.4s"`."""
    if type(details) is not list:
        return None
    for each in cast("list[Any]", details):
        delay = cast("dict[str, Any]", each).get("retryDelay") if type(each) is dict else None
        if type(delay) is str and delay[-1:] == "s":
            try:
                seconds = float(delay[:-1])
            except ValueError:
                continue
            return seconds if 0 <= seconds < 1e9 else None
    return None
