"""Errors in Anthropic's shape: `{"type": "error", "error": {"type", "message"}}`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.wire.error_field import has_error
from ajar.wire.openai_status import status_of, told_status
from ajar.wire.read_error import ReadError

if TYPE_CHECKING:
    from ajar.errors import AjarError

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_STATUS = {name: status for status, name in _TYPES.items()} | {"api_error": 500}

_decode = msgspec.json.Decoder().decode


def is_error(value: Any) -> bool:
    """Whether a decoded answer, or the data of a stream's event, says that it is an error."""
    if type(value) is not dict:
        return False
    fields = cast("dict[str, Any]", value)
    return fields.get("type") == "error" or bool(fields.get("error"))


def is_error_event(name: bytes, kind: str | None, error: msgspec.Raw) -> bool:
    """Whether a stream's event is an error: by its name, its data's `type`, or its field `error`.

    Anthropic's own clients go by the name.
    """
    return name == b"error" or kind == "error" or has_error(error)


def error_type(status: int) -> str:
    """The type that goes with a status; other 4xx are the request's fault too."""
    return _TYPES.get(status) or ("invalid_request_error" if 400 <= status < 500 else "api_error")


def status_in(value: Any, error: ReadError) -> int:
    """The status of an error that was told without one: in a stream, or with a status of success.

    Servers that only imitate Anthropic give a number, or their own words. 502 where nothing is known.
    """
    return told_status(value) or _STATUS.get(error.type or "") or status_of(error.type, error.code)


def error_body(error: AjarError) -> bytes:
    """The JSON body for an error."""
    return msgspec.json.encode({"type": "error", "error": {"type": error_type(error.status), "message": error.message}})


def error_event(error: AjarError) -> bytes:
    """The event that ends a broken stream. No `message_stop` follows it."""
    return b"event: error\ndata: %b\n\n" % error_body(error)


def read_error(status: int, body: bytes) -> ReadError:
    """What an error body says. Servers that only imitate Anthropic may leave out the type or the inner object."""
    del status
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ReadError()
    return read_error_object(value)


def read_error_object(value: Any) -> ReadError:
    """What a decoded error body, or a stream's error event, says."""
    if type(value) is not dict:
        return ReadError()
    fields = cast("dict[str, Any]", value)
    inner: Any = fields.get("error")
    if type(inner) is str:
        return ReadError(inner)
    if type(inner) is dict:
        fields = cast("dict[str, Any]", inner)
    details: Any = fields.get("details")
    code: Any = fields.get("code")
    if type(details) is dict:
        code = cast("dict[str, Any]", details).get("error_code", code)
    message = _string(fields.get("message")) or _string(fields.get("detail")) or ""
    kind = _string(fields.get("type"))
    return ReadError(message, None if kind == "error" else kind, str(code) if type(code) is int else _string(code))


def _string(value: Any) -> str | None:
    return value if type(value) is str else None
