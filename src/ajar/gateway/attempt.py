"""Run a plan: one deployment after the other, until one gives an answer that may go to the caller."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING

from ajar.errors import Unavailable, UpstreamDenied, UpstreamError, UpstreamGarbage, UpstreamTimeout
from ajar.wire.openai_chat.answer import Facts

if TYPE_CHECKING:
    from ajar.gateway.head import Head
    from ajar.gateway.inference import Inference
    from ajar.gateway.tables import Target
    from ajar.gateway.watch import Watch
    from ajar.upstream.client import Client, Response
    from ajar.wire.openai_chat.request import Request

WHOLE = 1024 * 1024
"""Answers up to this many bytes are read and checked before the caller sees any of them."""

_NEXT = frozenset({401, 404, 408, 409, 429})
"""Statuses below 500 after which another deployment is tried: it may have another account, model or load."""


class Answer:
    """What an upstream answered.

    `body` is the whole body, or the beginning of one that goes on in `response`; `facts` were read from a whole body.
    """

    __slots__ = ("body", "facts", "response", "target")

    def __init__(self, target: Target, response: Response, body: bytes, facts: Facts | None) -> None:
        self.target = target
        self.response = response
        self.body = body
        self.facts = facts


async def run(inference: Inference, request: Request, head: Head, client: Client, watch: Watch) -> Answer:
    """The first usable answer of the plan's targets, or the last one's refusal.

    Raises the last target's UpstreamError where none answered. A request that was sent to a metered deployment and got
    no answer may have been billed, so it is not repeated elsewhere.
    """
    targets = inference.plan.targets
    last = targets[-1]
    failure: UpstreamError | None = None
    for target in targets:
        inference.begin_attempt(target)
        try:
            answer = await _ask(inference, target, request, head, client, watch)
        except UpstreamError as error:
            inference.end_attempt(None, error.code)
            failure = error
            if error.sent and target.metered:
                break
            continue
        status = answer.response.status
        if status < 400:
            return answer
        over = target is last or not (status >= 500 or status in _NEXT)
        refusal = _refusal(answer) if over else None
        if over and refusal is None:
            return answer
        inference.end_attempt(status, f"upstream_{status}")
        answer.response.close()
        failure = refusal
        if over:
            break
    raise failure or Unavailable("no deployment of the route answered")


async def _ask(
    inference: Inference, target: Target, request: Request, head: Head, client: Client, watch: Watch
) -> Answer:
    assert target.origin is not None  # planning leaves out what is not up
    body = request.outgoing(target.model, meter=inference.plan.meter_streams and target.stream_usage)
    message = b"".join(
        (target.heads[inference.operation], head.forward, b"content-length: ", str(len(body)).encode(), b"\r\n\r\n")
    )
    response: Response | None = None
    task = watch.begin(target.first_byte_s)
    try:
        response = await client.send(target.origin, message, body, connect_s=target.connect_s)
        if response.status == 200 and inference.stream:
            _require_events(response)
            return Answer(target, response, b"", None)
        inference.first_byte()
        beginning = response.rest() if response.ended else await _begin(response)
        return Answer(target, response, beginning, _facts(response, beginning))
    except BaseException as error:
        if response is not None:
            response.close()
        if isinstance(error, CancelledError) and watch.was_late(task):
            words = f"deployment `{target.name}` took the request and did not answer within {target.first_byte_s:g} s"
            raise UpstreamTimeout(words) from None
        raise
    finally:
        watch.end(task)


async def _begin(response: Response) -> bytes:
    """The whole body if it is at most `WHOLE` bytes, else its beginning."""
    parts: list[bytes] = []
    size = 0
    while size <= WHOLE:
        data = await response.chunk()
        if not data:
            break
        parts.append(data)
        size += len(data)
    return b"".join(parts)


def _facts(response: Response, body: bytes) -> Facts | None:
    """What a whole successful answer says of itself; None where it is not whole, or a refusal.

    Raises UpstreamGarbage where it claims success and is no JSON object, or sends the caller elsewhere.
    """
    if response.status >= 400:
        return None
    if response.status >= 300 or not _is_object(body):
        raise UpstreamGarbage(_not_json(response, body))
    if not response.ended:
        return None
    facts = Facts()
    facts.update(body)
    return facts


def _require_events(response: Response) -> None:
    kind = response.header(b"content-type") or b""
    if not kind.lower().startswith(b"text/event-stream"):
        raise UpstreamGarbage(
            f"a stream was asked for, and the answer's content type is `{kind[:80].decode('latin-1')}`"
        )


def _refusal(answer: Answer) -> UpstreamError | None:
    """What to tell the caller instead of an upstream's refusal; None where its own words will do."""
    response = answer.response
    if response.status == 401:
        name = answer.target.name
        return UpstreamDenied(f"deployment `{name}` refused Ajar's credentials: its operator must mend its api_key")
    if not _is_object(answer.body):
        return UpstreamGarbage(_not_json(response, answer.body))
    return None


def _is_object(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def _not_json(response: Response, body: bytes) -> str:
    what = "an empty body" if not body.strip() else "a body that is no JSON object"
    return f"the upstream answered status {response.status} with {what}"
