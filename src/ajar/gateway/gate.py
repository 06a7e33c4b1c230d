"""The first-byte gate: nothing of a stream goes to the caller until its upstream has produced real content.

Until then another deployment can still answer, and the caller never knows. What "real content" is, each format says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import UpstreamClosed, UpstreamFailed, UpstreamGarbage, UpstreamRefused
from ajar.wire.opening import Failure

if TYPE_CHECKING:
    from ajar.gateway.translation import Translation
    from ajar.upstream.client import Response
    from ajar.wire.facts import Facts
    from ajar.wire.fronts import Front, PassingStream

_MOST_HELD = 1024 * 1024
"""A stream that says so much without content is let through."""
_LONGEST_EVENT = 8 * 1024 * 1024
"""An event of this length may still be the first content: a drawn picture, or sound."""


async def pass_gate(front: Front, reader: PassingStream, response: Response, data: bytes) -> bytes:
    """The events up to the first content of a stream that begins with `data` and goes on as it is.

    Raises UpstreamRefused where it tells an error before, UpstreamClosed where it ends before, and UpstreamGarbage.
    """
    held = bytearray()
    usual, reader.most_held = reader.most_held, _LONGEST_EVENT
    while True:
        out = reader.feed(data)
        held += out
        if not reader.whole:
            raise UpstreamGarbage(
                f"the stream begins with more than {_LONGEST_EVENT} bytes without the end of an event"
            )
        if out:
            opening = "content" if len(held) > _MOST_HELD else front.opening(out)
            if opening == "content":
                reader.most_held = usual
                return bytes(held)
            if isinstance(opening, Failure):
                raise refused(opening)
        data = await response.chunk()
        if not data:
            facts, marked = reader.facts()
            if facts.finish_reason is not None and (marked or ended_well(response, facts)):
                reader.most_held = usual
                return bytes(held)
            raise UpstreamClosed("the stream ended before its first content")


async def pass_translated(translation: Translation, response: Response, data: bytes) -> bytes:
    """The same for a stream that is translated: the caller's events. Raises CannotCarry too."""
    held = bytearray()
    while True:
        held += translation.feed(data)
        _require_sound(translation)
        if translation.opened or len(held) > _MOST_HELD:
            return bytes(held)
        data = await response.chunk()
        if not data:
            held += translation.flush()
            _require_sound(translation)
            if translation.ended:
                return bytes(held)
            raise UpstreamClosed("the stream ended before its first content")


def ended_well(response: Response, facts: Facts) -> bool:
    """Without the end mark: a choice finished, and the end of the body is told from a cut.

    A stream that says that it failed has said everything: the caller gets no second error.
    """
    if facts.failed:
        return True
    framed = response.header(b"transfer-encoding") or response.header(b"content-length")
    return framed is not None and facts.finish_reason is not None


def refused(failure: Failure) -> UpstreamRefused:
    """The error for one that an upstream told inside of an answer."""
    message = failure.message or f"the deployment failed with an error of status {failure.status}"
    error = UpstreamRefused(failure.status, message, failure.type, failure.code)
    error.retry_after = failure.retry_after
    return error


def _require_sound(translation: Translation) -> None:
    failure = translation.failure
    if failure is None or translation.opened:
        return  # after content it is the caller's to see
    told = translation.told
    raise failure.anew() if told is None or not isinstance(failure, UpstreamFailed) else refused(told)
