"""What an answer of `generateContent` says instead of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.wire.gemini.error import error_in, failed_of
from ajar.wire.opening import ends_of, failure_of, may_err

if TYPE_CHECKING:
    from ajar.wire.opening import Failure


def failure_in(body: bytes) -> Failure | None:
    """The error that a whole answer of status 200 is; None for an answer."""
    error = error_in(body) if may_err(ends_of(body)) else None
    return None if error is None else failure_of(failed_of(error))
