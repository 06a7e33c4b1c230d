"""What went wrong on a connection, in one sentence each. None of them repeats what was sent."""

from __future__ import annotations

from ajar.errors import ConnectFailed, UnsoundHttp, UpstreamClosed, UpstreamError


def garbage(label: str, why: object) -> UnsoundHttp:
    """The answer breaks HTTP/1.1 or our limits; `why` is a few words or the parser's error."""
    if isinstance(why, Exception):
        why = why.__context__ or why  # a callback's own error lies below the parser's
    return UnsoundHttp(f"{label} sent an answer that is not sound HTTP/1.1: {why}.")


def long_head(limit: int) -> str:
    """The words for a head over the limit."""
    return f"a head of more than {limit} bytes"


def unasked(label: str) -> UnsoundHttp:
    """Bytes came while no request was on its way."""
    return UnsoundHttp(f"{label} sent bytes before it was asked.")


def closed(label: str, error: Exception | None, *, heard: bool, sent: bool) -> UpstreamError:
    """The connection ended before the answer did.

    `heard` says whether any of it came, `sent` whether any of the request went out.
    """
    if not sent:
        return unused(label)
    how = "reset" if isinstance(error, ConnectionResetError) else "closed"
    when = "in the middle of" if heard else "before"
    return UpstreamClosed(f"{label} {how} the connection {when} its answer.")


def unused(label: str) -> ConnectFailed:
    """The connection ended before anything was sent on it."""
    return ConnectFailed(f"No connection to {label}: it was closed again before it was used.")


def given_up(label: str) -> UpstreamClosed:
    """We ended the connection ourselves."""
    return UpstreamClosed(f"The answer of {label} was given up before its end.")
