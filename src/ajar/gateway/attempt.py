"""Run a plan: one deployment after the other, until one gives an answer that may go to the caller."""

from __future__ import annotations

from asyncio import CancelledError
from functools import partial
from typing import TYPE_CHECKING

from ajar.errors import (
    AjarError,
    CannotCarry,
    Unavailable,
    UpstreamClosed,
    UpstreamDenied,
    UpstreamError,
    UpstreamGarbage,
    UpstreamTimeout,
)
from ajar.gateway import pin
from ajar.gateway.answer import Answer
from ajar.gateway.issued import Issued
from ajar.gateway.legs import Legs
from ajar.gateway.told import Log
from ajar.gateway.translated import TRANSLATED, translate_stream, translate_whole
from ajar.wire.formats import FORMATS

if TYPE_CHECKING:
    from ajar.gateway.ask import Ask
    from ajar.gateway.head import Head
    from ajar.gateway.inference import Inference
    from ajar.gateway.leg import Leg
    from ajar.gateway.target import Target
    from ajar.gateway.watch import Watch
    from ajar.store.origins import Origins
    from ajar.upstream.client import Client, Response
    from ajar.wire.facts import Facts
    from ajar.wire.fronts import Front

WHOLE = 1024 * 1024
"""Answers up to this many bytes are read and checked before the caller sees any of them."""

_NEXT = frozenset({401, 404, 408, 409, 429})
"""Statuses below 500 after which another deployment is tried: it may have another account, model or load."""


class Attempts:
    """Asks deployments. One for each worker: it holds the connections and the time limits."""

    def __init__(self, client: Client, watch: Watch, origins: Origins) -> None:
        self._client = client
        self._origins = origins
        self._watch = watch
        self._log = Log()

    async def run(self, inference: Inference, ask: Ask, head: Head) -> Answer:
        """The first usable answer of the plan's targets, or the last one's refusal.

        Raises the last target's UpstreamError where none answered, and Unavailable where there was none to ask. A
        request that was sent to a metered deployment and got no answer may have been billed, so it is not repeated
        elsewhere.
        """
        legs = Legs(ask, inference.plan, self._places(inference, ask))
        failure: AjarError | None = None
        step = legs.next()
        while step is not None:
            target, to_send = step
            inference.begin_attempt(target)
            inference.losses = to_send.losses
            try:
                answer = await self._ask(inference, target, ask, to_send, head)
            except CannotCarry as error:  # something of the answer, on a strict route
                inference.end_attempt(200, error.code)
                raise
            except UpstreamError as error:
                inference.end_attempt(None, error.code)
                failure = self._log.tell(target.name, error)
                if error.sent and target.metered:
                    break
                step = legs.next()
                continue
            status = answer.response.status
            if status < 400:
                return answer
            again = status >= 500 or status in _NEXT or target.denied(status)
            step = legs.next() if again else None
            failure = _refusal(answer) if step is None else None
            if step is None and failure is None:
                return answer
            inference.end_attempt(status, f"upstream_{status}")
            answer.response.close()
        if failure is None and not inference.attempts:
            failure = legs.refusal
        raise failure or Unavailable("no deployment of this route can be tried now", retry_after=1)

    def _places(self, inference: Inference, ask: Ask) -> tuple[pin.Allowed[Target], ...] | None:
        """Where what the request carries may go, the best place first; None where it carries nothing of the kind.

        Raises InvalidField where it names state that cannot be reached.
        """
        if not ask.values:
            return None
        plan = inference.plan
        find = partial(self._origins.find, inference.caller)
        pinned = pin.pin(ask.values, find, plan.targets, absent=plan.absent)
        inference.notes = pinned.notes
        return pinned.targets

    async def _ask(self, inference: Inference, target: Target, ask: Ask, to_send: Leg, head: Head) -> Answer:
        assert target.origin is not None  # planning leaves out what is not up
        body = to_send.body
        forward = head.forward if to_send.back in (None, ask.front.format) else b""  # they speak of the format
        if target.signed:
            await target.credentials.ready()
        message = target.message(to_send.path, forward, body)
        response: Response | None = None
        task = self._watch.begin(target.first_byte_s)
        try:
            response = await self._client.send(target.origin, message, body, connect_s=target.connect_s)
            first = response.rest() if response.ended else await response.chunk()
            self._watch.end(task)
            inference.first_byte()
            issued = Issued(self._origins, inference.caller, target)
            return await _answered(inference, target, ask, to_send, response, first, issued)
        except BaseException as error:
            self._watch.end(task)
            if response is not None:
                response.close()
            if isinstance(error, CancelledError) and self._watch.was_late(task):
                raise UpstreamTimeout(f"no answer within {target.first_byte_s:g} s") from None
            raise


async def _answered(
    inference: Inference,
    target: Target,
    ask: Ask,
    to_send: Leg,
    response: Response,
    first: bytes,
    issued: Issued,
) -> Answer:
    """The answer that begins with `first`, as far as it must be there before the caller sees any of it."""
    back = to_send.back
    if response.status == 200 and inference.stream:
        _require_events(response, first, b"text/event-stream" if back is None else FORMATS[back].stream_kind)
        if back is None:
            return Answer(target, response, first, None, issued)
        return translate_stream(inference, target, ask, to_send, response, first, issued)
    if not response.ended:
        first = await _gather(response, first, WHOLE if ask.values is None else TRANSLATED)
    if back is None:
        if ask.values is not None and response.status == 200:
            issued.passing(ask.front.format, first)
        return Answer(target, response, first, _facts(ask.front, response, first), issued)
    return translate_whole(inference, target, ask, to_send, response, first, issued)


async def _gather(response: Response, first: bytes, most: int) -> bytes:
    """The whole body if it is at most `most` bytes, else its beginning."""
    parts = [first]
    size = len(first)
    while size <= most:
        data = await response.chunk()
        if not data:
            break
        parts.append(data)
        size += len(data)
    return b"".join(parts)


def _facts(front: Front, response: Response, body: bytes) -> Facts | None:
    """What a whole successful answer says of itself; None where it is not whole, or a refusal.

    Raises UpstreamGarbage where it claims success and is no JSON object, or sends the caller elsewhere.
    """
    if response.status >= 400:
        return None
    if response.status >= 300 or not _is_object(body):
        raise UpstreamGarbage(_not_json(response, body))
    if not response.ended:
        return None
    facts = front.facts()
    facts.update(body)
    return facts


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


def _refusal(answer: Answer) -> UpstreamError | None:
    """What to tell the caller instead of an upstream's refusal; None where its own words will do."""
    response, name = answer.response, answer.target.name
    if answer.target.denied(response.status):
        return UpstreamDenied(f"deployment `{name}` refused Ajar's credentials: its operator must mend its api_key")
    if not _is_object(answer.body):
        return UpstreamGarbage(f"deployment `{name}`: {_not_json(response, answer.body)}")
    return None


def _is_object(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def _not_json(response: Response, body: bytes) -> str:
    if not body.strip():
        what = "an empty body"
    elif response.header(b"content-encoding"):
        what = "a compressed body, though that was not accepted"
    else:
        what = "a body that is no JSON object"
    return f"the upstream answered status {response.status} with {what}"
