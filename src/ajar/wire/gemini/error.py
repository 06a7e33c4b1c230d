"""Gemini's errors: `{"error": {"code", "message", "status", "details"}}`, at times in a list of one."""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec

from ajar.domain.dialog.events import Failed
from ajar.wire.read_error import ReadError

# google.rpc.Code and the HTTP status of each (https://cloud.google.com/apis/design/errors, 2026-11).
_STATUS = {
    "CANCELLED": 499,
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}

_decode = msgspec.json.Decoder().decode
_seconds = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s").fullmatch


def read_error(status: int, body: bytes) -> ReadError:
    """What an error body says. `type` is Google's name for the status.

    `code` is the quota for a day that is used up, else the reason, where the details name one.
    """
    del status
    error = error_in(body)
    return ReadError() if error is None else _read(error)


def failed_of(error: dict[str, Any]) -> Failed:
    """An error object that came inside a stream."""
    read = _read(error)
    status = error.get("code")
    if type(status) is not int or not 400 <= status <= 599:
        status = _STATUS.get(read.type or "", 502)
    message = read.message or "the upstream ended its stream with an error"
    return Failed(message, read.type, read.code, status, read.retry_after)


def error_in(body: bytes) -> dict[str, Any] | None:
    """The error object that a body is; None for anything else."""
    try:
        value: Any = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if type(value) is list:
        value = next(iter(cast("list[Any]", value)), None)
    error: Any = cast("dict[str, Any]", value).get("error") if type(value) is dict else None
    if type(error) is str:
        return {"message": error}
    return cast("dict[str, Any]", error) if type(error) is dict else None


def _read(error: dict[str, Any]) -> ReadError:
    message, kind = error.get("message"), error.get("status")
    details: Any = error.get("details")
    code: str | None = None
    spent: str | None = None
    wait: float | None = None
    listed = cast("list[Any]", details) if type(details) is list else []
    for detail in listed:
        if type(detail) is not dict:
            continue
        known = cast("dict[str, Any]", detail)
        name = known.get("@type")
        if type(name) is not str:
            continue
        if name.endswith("ErrorInfo") and type(known.get("reason")) is str:
            code = known["reason"]
        elif name.endswith("RetryInfo"):
            delay = known.get("retryDelay")
            found = _seconds(delay) if type(delay) is str else None
            wait = float(found[1]) if found else wait
        elif name.endswith("QuotaFailure"):
            spent = _day_quota(known.get("violations")) or spent
    return ReadError(
        message if type(message) is str else "",
        kind if type(kind) is str and kind else None,
        spent or code,
        wait,
    )


def _day_quota(violations: Any) -> str | None:
    """The violated quota that comes back only the next day: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`.

    The delay beside it may be of another, for a minute, that is violated too.
    """
    for violation in cast("list[Any]", violations) if type(violations) is list else []:
        quota = cast("dict[str, Any]", violation).get("quotaId") if type(violation) is dict else None
        if type(quota) is str and "PerDay" in quota:
            return quota
    return None
