"""One request to a target, and what came of it."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ajar import __version__
from ajar.errors import ConnectFailed, ConnectTimeout, UpstreamClosed, UpstreamError
from ajar.evals.answer import Answer
from ajar.evals.run.miss import Miss, missed, refused
from ajar.evals.run.price import cost
from ajar.evals.run.reading import read

if TYPE_CHECKING:
    from ajar.domain.record import Purpose
    from ajar.evals.run.target import Target
    from ajar.upstream.client import Client, Response

_CONNECT_S = 10.0
_MOST_BYTES = 64 * 1024 * 1024
_STREAMED = ("stream", "stream_options")

_encode = msgspec.json.Encoder().encode


class Told(NamedTuple):
    """A whole response, read to its end, and how many seconds it took since the request was sent."""

    response: Response
    data: bytes
    took: float


class Asker:
    """Asks one target. What is the same for all its requests is made once."""

    def __init__(self, client: Client, target: Target, purpose: Purpose, timeout_s: float) -> None:
        """`timeout_s`: for one attempt, from its start to the end of the answer. Raises ConfigError."""
        self.target = target
        self._client = client
        self._timeout_s = timeout_s
        self._origin, prefix = target.address()
        self._head = _head(target, self._origin.authority, prefix, purpose)
        self._begin = b'{"model":' + _encode(target.model) + b"," if target.model else b"{"

    def encode(self, body: dict[str, Any]) -> bytes:
        """The JSON of a body, for this target's model where it has one. Never asks for a stream."""
        if "stream" in body or "stream_options" in body:
            body = {name: value for name, value in body.items() if name not in _STREAMED}
        return self._begin + _encode(body)[1:]

    async def ask(self, body: bytes) -> Answer | Miss:
        """The answer to an encoded body. If cancelled, the connection is aborted."""
        told = await self.exchange(body)
        if isinstance(told, Miss):
            return told
        response, data, took = told
        good = 200 <= response.status < 300
        said = read(data) if good else refused(response.status, response.header, self._without_key(data))
        return self._finished(said, response, took) if isinstance(said, Answer) else self._clean(said)

    async def exchange(self, body: bytes) -> Told | Miss:
        """What comes back for a body, whatever it says."""
        message = self._head + b"%d\r\n\r\n" % len(body)
        began = perf_counter()

        def sent() -> None:
            nonlocal began
            began = perf_counter()

        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.send(self._origin, message, body, connect_s=_CONNECT_S, sent=sent)
                data = await response.read(_MOST_BYTES)
        except TimeoutError:
            return missed("timeout", f"no answer within {self._timeout_s:g} s", again=True, load="overload")
        except (ConnectFailed, ConnectTimeout) as error:
            return missed("connect_failed", error.message, again=True, load="unreachable")
        except UpstreamClosed as error:
            return missed("closed", error.message, again=True)
        except UpstreamError as error:
            return missed("bad_http", error.message)
        return Told(response, data, perf_counter() - began)

    def _finished(self, answer: Answer, response: Response, took: float) -> Answer:
        """With what only the headers and the clock know."""
        deployment = _text(response.header(b"x-ajar-deployment"))
        return Answer(
            text=answer.text,
            tool_calls=answer.tool_calls,
            finish_reason=answer.finish_reason,
            refusal=answer.refusal,
            model=answer.model,
            deployment=deployment,
            inference=_text(response.header(b"x-ajar-inference")),
            usage=answer.usage,
            cost_usd=cost(answer.usage, self.target.price(deployment)),
            latency_ms=round(took * 1000, 3),
        )

    def _without_key(self, body: bytes) -> bytes:
        """Before a message is cut to its length, which might leave a part of the key."""
        key = (self.target.key or "").encode()
        return body.replace(key, "…".encode()) if key else body

    def _clean(self, miss: Miss) -> Miss:
        """Without the key, should the endpoint have repeated it."""
        key = self.target.key
        if not key or key not in miss.failure.message:
            return miss
        said = miss.failure.message.replace(key, "…")
        return msgspec.structs.replace(miss, failure=msgspec.structs.replace(miss.failure, message=said))


def _head(target: Target, authority: str, prefix: str, purpose: Purpose) -> bytes:
    key = target.credential()
    lines = [
        f"POST {prefix}/chat/completions HTTP/1.1",
        f"host: {authority}",
        f"user-agent: ajar/{__version__}",
        "content-type: application/json",
        "accept: application/json",
        "accept-encoding: identity",
        f"x-ajar-purpose: {purpose}",
    ]
    if key:
        lines.append(f"authorization: Bearer {key}")
    return "\r\n".join([*lines, "content-length: "]).encode("latin-1")


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
