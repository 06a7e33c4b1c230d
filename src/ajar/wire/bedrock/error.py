"""Bedrock's errors: `{"message": …}`, with the kind in the header `x-amzn-errortype` or, at times, in the body."""

from __future__ import annotations

from typing import Any

import msgspec

from ajar.wire.bedrock.shapes import as_object, as_text
from ajar.wire.read_error import ReadError

# The service model of bedrock-runtime, 2026-11.
_STATUS = {
    "accessdeniedexception": 403,
    "conflictexception": 400,
    "internalserverexception": 500,
    "modelerrorexception": 424,
    "modelnotreadyexception": 429,
    "modelstreamerrorexception": 424,
    "modeltimeoutexception": 408,
    "resourcenotfoundexception": 404,
    "servicequotaexceededexception": 400,
    "serviceunavailableexception": 503,
    "throttlingexception": 429,
    "validationexception": 400,
}

_decode = msgspec.json.Decoder().decode


def status_of(name: str) -> int:
    """The HTTP status of an error kind, which streams tell without one; 502 for a kind that is not known."""
    return _STATUS.get(name.lower(), 502)


def error_name(value: str) -> str:
    """The error's kind from `x-amzn-errortype`, `__type` or `code`.

    All three may have a namespace before a `#` and the address of a page after a `:`.
    """
    return value.partition(":")[0].rpartition("#")[2].strip()


def read_error(status: int, body: bytes) -> ReadError:
    """What an error body says; `type` is the error's kind where the body names it."""
    del status
    fields = object_or_none(body)
    if fields is None:
        return ReadError()
    kind = as_text(fields.get("__type")) or as_text(fields.get("code")) or ""
    return ReadError(message_of(fields), error_name(kind) or None)


def message_of(fields: dict[str, Any]) -> str:
    """An error's message, which older services spell with a capital."""
    for key in ("message", "Message", "originalMessage"):
        if found := as_text(fields.get(key)):
            return found
    return ""


def object_or_none(body: bytes) -> dict[str, Any] | None:
    """The JSON object that a body is; None for anything else."""
    try:
        return as_object(_decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
