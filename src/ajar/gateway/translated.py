"""An answer in a deployment's format becomes one in the caller's."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from ajar.errors import UpstreamGarbage, UpstreamRefused
from ajar.gateway.answer import Answer, translated_headers
from ajar.gateway.answer_losses import AnswerLosses
from ajar.gateway.gate import refused as refused_by
from ajar.gateway.leg import strict
from ajar.gateway.translation import Translation, TypedFacts
from ajar.upstream.retry_after import retry_after
from ajar.wire.formats import FORMATS
from ajar.wire.made import Made
from ajar.wire.opening import failure_of_answer

if TYPE_CHECKING:
    from ajar.gateway.ask import Ask
    from ajar.gateway.inference import Inference
    from ajar.gateway.issued import Issued
    from ajar.gateway.leg import Leg
    from ajar.gateway.target import Target
    from ajar.upstream.client import Response

TRANSLATED = 16 * 1024 * 1024
"""The largest answer that is translated: it must be whole before a byte of it can leave."""


def translate_whole(
    inference: Inference, target: Target, ask: Ask, sent: Leg, response: Response, body: bytes, issued: Issued
) -> Answer:
    """The whole `body`, error answers included, for the caller.

    Raises UpstreamGarbage where it cannot be read, and CannotCarry where a strict route would lose something of it.
    """
    assert sent.back is not None
    speech = FORMATS[sent.back]
    if response.status >= 400:
        found = speech.read_error(response.status, body)
        message = found.message or f"deployment `{target.name}` answered status {response.status}"
        refused = UpstreamRefused(response.status, message, found.type, found.code)
        after = retry_after(response.header, time())
        headers = translated_headers(found.retry_after if after is None else after)
        return Answer(target, response, ask.front.error_body(refused), None, headers, refused=found)
    if response.status != 200:
        raise UpstreamGarbage(f"the upstream answered status {response.status}, which is no answer of its format")
    failure = speech.failure_in(body)
    if failure is not None:
        raise refused_by(failure)
    answer = speech.read_answer(body)
    failure = failure_of_answer(answer)
    if failure is not None:
        raise refused_by(failure)
    issued.whole(answer)
    losses = AnswerLosses(sent.losses)
    written = FORMATS[ask.front.format].write_answer(answer, ask.typed(), _made(inference, target), losses)
    inference.facts = facts = TypedFacts(answer)
    if inference.plan.strict and losses:
        raise strict(target.name, losses)
    return Answer(target, response, written, facts, translated_headers(None))


def translation(inference: Inference, target: Target, ask: Ask, sent: Leg, issued: Issued) -> Translation:
    """What turns a stream of the deployment's into one for the caller."""
    assert sent.back is not None
    reader = FORMATS[sent.back].stream_reader()
    losses = AnswerLosses(sent.losses)
    writer = ask.front.writer(ask.typed(), _made(inference, target), losses)
    only = target.name if inference.plan.strict else None
    return Translation(reader, writer, losses, only, issued)


def _made(inference: Inference, target: Target) -> Made:
    return Made(inference.id, inference.time_s, target.back.model)
