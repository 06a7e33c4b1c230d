"""What an answer of Converse says instead of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.wire.bedrock.error import message_of, object_or_none, read_error, status_of
from ajar.wire.opening import failure

if TYPE_CHECKING:
    from ajar.wire.opening import Failure


def failure_in(body: bytes) -> Failure | None:
    """The error that a whole answer of status 200 is; None for an answer."""
    if b'"output"' in body:
        return None
    fields = object_or_none(body)
    if fields is None or not ("__type" in fields or message_of(fields)):
        return None
    error = read_error(200, body)
    return failure(error, status_of(error.type or ""))
