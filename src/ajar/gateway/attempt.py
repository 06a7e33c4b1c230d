"""Run a plan: one deployment after the other, until one gives an answer that may go to the caller."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from time import monotonic
from typing import TYPE_CHECKING

from ajar.errors import Unavailable, UpstreamClosed, UpstreamDenied, UpstreamError, UpstreamGarbage, UpstreamTimeout
from ajar.wire.openai_chat.answer import Facts

if TYPE_CHECKING:
    from ajar.gateway.head import Head
    from ajar.gateway.inference import Inference
    from ajar.gateway.tables import Target
    from ajar.gateway.watch import Watch
    from ajar.upstream.client import Client, Response
    from ajar.wire.openai_chat.request import Request

_log = logging.getLogger("ajar.gateway")

WHOLE = 1024 * 1024
"""Answers up to this many bytes are read and checked before the caller sees any of them."""

_NEXT = frozenset({401, 404, 408, 409, 429})
"""Statuses below 500 after which another deployment is tried: it may have another account, model or load."""

_LOG_EVERY_S = 10.0


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


class Attempts:
    """Asks deployments. One for each worker: it holds the connections and the time limits."""

    def __init__(self, client: Client, watch: Watch) -> None:
        self._client = client
        self._watch = watch
        self._logged: dict[tuple[str, str], float] = {}

    async def run(self, inference: Inference, request: Request, head: Head) -> Answer:
        """The first usable answer of the plan's targets, or the last one's refusal.

        Raises the last target's UpstreamError where none answered, and Unavailable where there was none to ask. A
        request that was sent to a metered deployment and got no answer may have been billed, so it is not repeated
        elsewhere.
        """
        failure: UpstreamError | None = None
        targets = inference.plan.targets
        for target in targets:
            inference.begin_attempt(target)
            try:
                answer = await self._ask(inference, target, request, head)
            except UpstreamError as error:
                inference.end_attempt(None, error.code)
                failure = self._told(target, error)
                if error.sent and target.metered:
                    break
                continue
            status = answer.response.status
            if status < 400:
                return answer
            over = target is targets[-1] or not (status >= 500 or status in _NEXT)
            refusal = _refusal(answer) if over else None
            if over and refusal is None:
                return answer
            inference.end_attempt(status, f"upstream_{status}")
            answer.response.close()
            failure = refusal
            if over:
                break
        raise failure or Unavailable("no deployment of this route can be tried now", retry_after=1)

    async def _ask(self, inference: Inference, target: Target, request: Request, head: Head) -> Answer:
        assert target.origin is not None  # planning leaves out what is not up
        body = request.outgoing(target.model, meter=inference.plan.meter_streams and target.stream_usage)
        message = b"".join(
            (target.heads[inference.operation], head.forward, b"content-length: ", str(len(body)).encode(), b"\r\n\r\n")
        )
        response: Response | None = None
        task = self._watch.begin(target.first_byte_s)
        try:
            response = await self._client.send(target.origin, message, body, connect_s=target.connect_s)
            first = response.rest() if response.ended else await response.chunk()
            self._watch.end(task)
            inference.first_byte()
            if response.status == 200 and inference.stream:
                _require_events(response, first)
                return Answer(target, response, first, None)
            if not response.ended:
                first = await _gather(response, first)
            return Answer(target, response, first, _facts(response, first))
        except BaseException as error:
            self._watch.end(task)
            if response is not None:
                response.close()
            if isinstance(error, CancelledError) and self._watch.was_late(task):
                raise UpstreamTimeout(f"no answer within {target.first_byte_s:g} s") from None
            raise

    def _told(self, target: Target, error: UpstreamError) -> UpstreamError:
        """The error in words for the caller, who knows deployments by name; addresses are for the operator's log."""
        now = monotonic()
        key = (target.name, error.code)
        if now - self._logged.get(key, -_LOG_EVERY_S) >= _LOG_EVERY_S:
            self._logged[key] = now
            _log.warning("deployment %s: %s", target.name, error)
        return type(error)(f"deployment `{target.name}`: {_WORDS.get(error.code, error.message)}")


_WORDS = {
    "upstream_connect_failed": "no connection",
    "upstream_connect_timeout": "no connection in time",
    "upstream_closed": "the connection ended before the answer did",
}


async def _gather(response: Response, first: bytes) -> bytes:
    """The whole body if it is at most `WHOLE` bytes, else its beginning."""
    parts = [first]
    size = len(first)
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


def _require_events(response: Response, first: bytes) -> None:
    kind = response.header(b"content-type") or b""
    if not kind.lower().startswith(b"text/event-stream"):
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
    if response.status == 401:
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
