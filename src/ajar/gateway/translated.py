"""An answer in a deployment's format becomes one in the caller's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import UpstreamGarbage, UpstreamRefused
from ajar.gateway.answer import Answer, translated_headers
from ajar.gateway.answer_losses import AnswerLosses
from ajar.gateway.leg import strict
from ajar.gateway.translation import Translation, TypedFacts
from ajar.wire.formats import FORMATS
from ajar.wire.made import Made

if TYPE_CHECKING:
    from ajar.gateway.ask import Ask
    from ajar.gateway.inference import Inference
    from ajar.gateway.issued import Issued
    from ajar.gateway.leg import Leg
    from ajar.gateway.target import Target
    from ajar.upstream.client import Response

TRANSLATED = 64 * 1024 * 1024
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
        after = _seconds(response.header(b"retry-after")) or found.retry_after
        return Answer(target, response, ask.front.error_body(refused), None, issued, translated_headers(after))
    if response.status != 200:
        raise UpstreamGarbage(f"the upstream answered status {response.status}, which is no answer of its format")
    if not response.ended:
        raise UpstreamGarbage(f"the answer is longer than {TRANSLATED} bytes, and it must be translated")
    answer = speech.read_answer(body)
    issued.whole(answer)
    losses = AnswerLosses(sent.losses)
    written = FORMATS[ask.front.format].write_answer(answer, ask.typed(), _made(inference, target), losses)
    inference.facts = facts = TypedFacts(answer)
    if inference.plan.strict and losses:
        raise strict(target.name, losses)
    return Answer(target, response, written, facts, issued, translated_headers(None))


def translate_stream(
    inference: Inference, target: Target, ask: Ask, sent: Leg, response: Response, first: bytes, issued: Issued
) -> Answer:
    """The stream that begins with `first`."""
    assert sent.back is not None
    reader = FORMATS[sent.back].stream_reader()
    losses = AnswerLosses(sent.losses)
    writer = ask.front.writer(ask.typed(), _made(inference, target), losses)
    only = target.name if inference.plan.strict else None
    translation = Translation(reader, writer, losses, only, issued)
    return Answer(target, response, first, None, issued, translation=translation)


def _made(inference: Inference, target: Target) -> Made:
    return Made(inference.id, inference.time_s, target.back.model)


def _seconds(value: bytes | None) -> float | None:
    return float(value) if value is not None and len(value) < 10 and value.isdigit() else None
