"""An answer that is no stream: read, checked, and translated or completed where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import UpstreamGarbage
from ajar.gateway.answer import Answer
from ajar.gateway.gate import refused
from ajar.gateway.issued import Issued
from ajar.gateway.refusal import is_object, not_json
from ajar.gateway.translated import TRANSLATED, translate_whole
from ajar.wire.fronts import CHAT
from ajar.wire.opaque import SCANNERS
from ajar.wire.openai_chat.nulls import with_nulls

if TYPE_CHECKING:
    from ajar.gateway.ask import Ask
    from ajar.gateway.inference import Inference
    from ajar.gateway.leg import Leg
    from ajar.gateway.target import Target
    from ajar.gateway.watch import Pulse, Watch
    from ajar.store.origins import Origins
    from ajar.upstream.client import Response
    from ajar.wire.facts import Facts
    from ajar.wire.fronts import Front

WHOLE = 1024 * 1024
"""Answers up to this many bytes are read and checked before the caller sees any of them."""


def take_whole(
    inference: Inference, origins: Origins, target: Target, ask: Ask, sent: Leg, response: Response, body: bytes
) -> Answer:
    """The answer whose body is, or begins with, `body`.

    Raises UpstreamGarbage where it cannot be what it claims to be, UpstreamRefused where it is an error with a status
    of success, and CannotCarry.
    """
    if sent.back is not None:
        issued = Issued(origins, inference.caller, target)
        return translate_whole(inference, target, ask, sent, response, body, issued)
    if ask.values is not None and response.status == 200:
        values = SCANNERS[ask.front.format](body)
        if values:
            origins.note(inference.caller, values, target.name, target.account)
    facts = _facts(ask.front, response, body)
    if target.omits_nulls and facts is not None and ask.front is CHAT:
        body = with_nulls(body)
    return Answer(target, response, body, facts)


async def gather(
    inference: Inference, watch: Watch, target: Target, sent: Leg, response: Response, first: bytes
) -> bytes:
    """The rest of a body that begins with `first`, within the target's time limits; of a very large one a part.

    Raises UpstreamClosed where it is cut, and UpstreamGarbage where it is too long to be translated.
    """
    pulse = inference.pulse
    if pulse is None:
        inference.pulse = pulse = watch.pulse(inference.task)
    pulse.limit(target.gap_s, target.total_s - inference.attempt_age())
    body = await read_body(sent, response, first, pulse)
    if response.ended:
        pulse.unlimit()
    elif sent.back is not None:
        raise UpstreamGarbage(f"the answer is longer than {TRANSLATED} bytes, and it must be translated")
    return body


async def read_body(sent: Leg, response: Response, first: bytes, pulse: Pulse | None = None) -> bytes:
    """The body that begins with `first`, or a part of one that is too large to be held; `pulse` sees it move.

    Raises UpstreamClosed where it is cut.
    """
    most = WHOLE if sent.back is None else TRANSLATED
    parts = [first]
    size = len(first)
    while size <= most:
        data = await response.chunk()
        if not data:
            break
        if pulse is not None:
            pulse.moving = True
        parts.append(data)
        size += len(data)
    return b"".join(parts)


def _facts(front: Front, response: Response, body: bytes) -> Facts | None:
    """What a whole successful answer says of itself; None where it is not whole, or a refusal.

    Raises UpstreamGarbage where it claims success and is no JSON object, or sends the caller elsewhere, and
    UpstreamRefused where it is an error.
    """
    if response.status >= 400:
        return None
    if response.status >= 300 or not is_object(body):
        raise UpstreamGarbage(not_json(response, body))
    if not response.ended:
        return None
    facts = front.facts()
    facts.update(body)
    failure = front.failure_in(body)
    if failure is not None:
        raise refused(failure)
    return facts
