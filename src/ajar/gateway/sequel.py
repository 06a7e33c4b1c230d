"""What follows an attempt that gave no answer for the caller: the same again, another deployment, or nothing."""

from __future__ import annotations

from random import random
from time import monotonic, time
from typing import TYPE_CHECKING

from ajar.errors import ConnectFailed, ConnectTimeout, UpstreamClosed
from ajar.upstream.retry import after_refusal
from ajar.upstream.retry_after import retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.config.model import Repeat
    from ajar.errors import UpstreamError
    from ajar.gateway.course import Course
    from ajar.gateway.picks import Pick
    from ajar.wire.read_error import ReadError

_MAY_PASS = (ConnectFailed, ConnectTimeout, UpstreamClosed)
"""What the same deployment may soon do better: a runtime comes back, a load balancer finds another server."""


def may_ask_twice(repeat: Repeat, metered: bool) -> bool:
    """Whether a request that was sent to a deployment and got no answer may be sent again."""
    return repeat == "always" or (repeat == "own" and not metered)


def after_loss(course: Course, pick: Pick, error: UpstreamError, repeat: Repeat) -> None:
    """No answer came, or none that can be read.

    Where the request was sent, the deployment may have worked for it and will bill that: only `repeat` allows to ask
    again. None of the generating APIs takes an idempotency key (openai-python and anthropic-python make one and send it
    nowhere, 2026-11).
    """
    if error.sent and not may_ask_twice(repeat, pick.target.metered):
        course.stop()
    elif isinstance(error, _MAY_PASS):
        course.may_repeat(pick.at, monotonic(), None, random())  # noqa: S311 - it spreads load


def after_status(
    course: Course, pick: Pick, status: int, header: Callable[[bytes], bytes | None], error: ReadError
) -> float | None:
    """The deployment refused with a status. Returns after how many seconds it asks to be tried again, if it does."""
    target = pick.target
    told = retry_after(header, time())
    if told is None:
        told = error.retry_after
    step = after_refusal(target.retry, status, header, error, denied=target.denied(status))
    if step == "stop":
        course.stop()
    elif step == "again":
        course.may_repeat(pick.at, monotonic(), told, random())  # noqa: S311 - it spreads load
    return told
