"""A stream as an upstream begins it: whether it is one, and its first events up to real content."""

from __future__ import annotations

from asyncio import CancelledError
from functools import partial
from typing import TYPE_CHECKING

from ajar.errors import UpstreamClosed, UpstreamGarbage
from ajar.gateway.answer import Answer
from ajar.gateway.gate import pass_gate, pass_translated, refused
from ajar.gateway.refusal import is_json
from ajar.gateway.translated import translation
from ajar.gateway.whole import read_body
from ajar.wire.formats import FORMATS

if TYPE_CHECKING:
    from ajar.gateway.ask import Ask
    from ajar.gateway.inference import Inference
    from ajar.gateway.issued import Issued
    from ajar.gateway.leg import Leg
    from ajar.gateway.target import Target
    from ajar.upstream.client import Response

_MOST_DECLINED = 1024 * 1024


async def open_stream(
    inference: Inference, target: Target, ask: Ask, sent: Leg, response: Response, first: bytes, issued: Issued
) -> Answer:
    """The stream that begins with `first`; `body` of the answer is what the caller gets at once.

    Raises UpstreamRefused, UpstreamClosed, UpstreamGarbage and CannotCarry where it has nothing to offer.
    """
    back = sent.back
    await _require_no_error(ask, sent, response, first)
    _require_events(response, first, b"text/event-stream" if back is None else FORMATS[back].stream_kind)
    if back is None:
        clean = inference.plan.meter_streams and target.stream_usage and ask.view.meterable
        reader = ask.front.passing(clean)
        try:
            held = await pass_gate(ask.front, reader, response, first)
        except CancelledError:
            inference.facts, _ = reader.facts()  # what it counted by then may be billed
            raise
        return Answer(target, response, held, None, reader=reader, see=partial(issued.passing, ask.front.format))
    translated = translation(inference, target, ask, sent, issued)
    try:
        held = await pass_translated(translated, response, first)
    except CancelledError:
        inference.facts, _ = translated.facts()
        raise
    return Answer(target, response, held, None, reader=translated)


async def hear_out(inference: Inference, target: Target, answer: Answer) -> None:
    """Read a stream that declines to its end: it is kept while another deployment is asked, and must not run on.

    Raises UpstreamClosed where it is cut, and UpstreamGarbage where it is longer than what a deployment declines with.
    Cancelled where it does not keep the target's time limits.
    """
    reader, pulse = answer.reader, inference.pulse
    assert reader is not None
    assert pulse is not None
    pulse.limit(target.gap_s, target.total_s - inference.attempt_age())
    held, size = [answer.body], len(answer.body)
    while reader.mark_in(held[-1]) < 0:
        data = await answer.response.chunk()
        if not data:
            break
        pulse.moving = True
        held.append(reader.feed(data))
        size += len(data)
        if size > _MOST_DECLINED:
            raise UpstreamGarbage(f"a stream that declines to answer goes on for more than {_MOST_DECLINED} bytes")
    pulse.unlimit()
    answer.body = b"".join(held)


async def _require_no_error(ask: Ask, sent: Leg, response: Response, first: bytes) -> None:
    """Servers that fail before they stream may say so in JSON: that is an error as in a whole answer.

    The time until content is all that it may take. Raises UpstreamRefused where it is one, and UpstreamClosed.
    """
    if not is_json(response):
        return
    body = await read_body(sent, response, first)
    failure = (ask.front if sent.back is None else FORMATS[sent.back]).failure_in(body) if response.ended else None
    if failure is not None:
        raise refused(failure)


def _require_events(response: Response, first: bytes, wanted: bytes) -> None:
    kind = response.header(b"content-type") or b""
    if not kind.lower().startswith(wanted):
        words = kind[:80].decode("latin-1")
        raise UpstreamGarbage(f"a stream was asked for, and the answer's content type is `{words}`")
    coding = response.header(b"content-encoding")
    if coding is not None and coding.lower() != b"identity":
        raise UpstreamGarbage("the stream came compressed, though that was not accepted")
    if not first:
        raise UpstreamClosed("the stream ended before its first event")
