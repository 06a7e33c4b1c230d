"""An upstream's answer on its way to the caller: bytes as they come, and the record before the last of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import AjarError, UpstreamClosed, UpstreamError
from ajar.gateway.head import answer_headers
from ajar.wire.openai_chat.error import error_event
from ajar.wire.openai_chat.stream import Metered, Tail

if TYPE_CHECKING:
    from ajar.gateway.attempt import Answer
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.inference import Inference


def headers_for(inference: Inference, answer: Answer | None) -> list[tuple[bytes, bytes]]:
    """The upstream's own headers, and Ajar's. Call before the current attempt is ended."""
    headers = answer_headers(answer.response.headers) if answer else [(b"content-type", b"application/json")]
    headers.append((b"x-ajar-inference", inference.id.encode()))
    headers.append((b"x-ajar-attempts", b"%d" % (inference.attempts + (answer is not None))))
    headers.append((b"x-ajar-config", inference.config.encode()))
    if inference.plan.route is not None:
        headers.append((b"x-ajar-route", inference.plan.route.encode()))
    if answer is not None:
        headers.append((b"x-ajar-deployment", answer.target.name_bytes))
    return headers


async def relay(exchange: Exchange, inference: Inference, answer: Answer, *, asked_for_usage: bool) -> None:
    """Carry `answer` to the caller and conclude the inference.

    Raises AjarError only while nothing has been sent to the caller.
    """
    if inference.stream and answer.response.status == 200:
        await _relay_stream(exchange, inference, answer, asked_for_usage)
    elif answer.response.ended:
        _relay_whole(exchange, inference, answer)
    else:
        await _relay_large(exchange, inference, answer)


def _relay_whole(exchange: Exchange, inference: Inference, answer: Answer) -> None:
    status, body = answer.response.status, answer.body
    headers = headers_for(inference, answer)
    inference.facts = answer.facts
    error = None if status < 400 else f"upstream_{status}"
    inference.end_attempt(status, error)
    _keep(inference, body)
    inference.conclude(status, error)
    exchange.start(status, headers, len(body))
    exchange.finish(body)


async def _relay_large(exchange: Exchange, inference: Inference, answer: Answer) -> None:
    """A body too large to be held (embeddings of many inputs): the facts are not read from it, usage stays absent."""
    response = answer.response
    exchange.start(response.status, headers_for(inference, answer), None)
    exchange.write(answer.body)
    _keep(inference, answer.body)
    try:
        while data := await response.chunk():
            exchange.write(data)
            _keep(inference, data)
            await exchange.drain()
        inference.end_attempt(response.status, None)
        inference.conclude(response.status)
    except AjarError as error:
        _break_off(inference, error)
        exchange.abort()
        return
    exchange.finish()


async def _relay_stream(exchange: Exchange, inference: Inference, answer: Answer, asked_for_usage: bool) -> None:
    response = answer.response
    strip = inference.plan.meter_streams and answer.target.stream_usage and not asked_for_usage
    reader = Metered() if strip else Tail()
    feed, chunk, write = reader.feed, response.chunk, exchange.write
    keep = inference.response is not None
    exchange.start(200, headers_for(inference, answer), None)
    try:
        data = await chunk()
        inference.first_byte()
        while data:
            out = feed(data)
            if out:
                write(out)
                if keep:
                    _keep(inference, out)
                await exchange.drain()
            data = await chunk()
        inference.facts, ended = reader.facts()
        if not ended:
            raise UpstreamClosed("the upstream's stream stopped before its end")
        inference.end_attempt(200, None)
        inference.conclude(200)
    except AjarError as error:
        inference.facts, _ = reader.facts()
        _break_off(inference, error)
        exchange.finish(reader.flush() + b"\n\n" + error_event(error))
        return
    finally:
        if not inference.concluded:  # the caller left: keep what the stream said so far
            inference.facts, _ = reader.facts()
    exchange.finish(reader.flush())


def _break_off(inference: Inference, error: AjarError) -> None:
    """Record a failure after bytes were sent. The status was sent as 200; the record says what became of it."""
    if isinstance(error, UpstreamError):
        inference.end_attempt(200, error.code)
    inference.conclude(error.status, error)


def _keep(inference: Inference, data: bytes) -> None:
    if inference.response is not None:
        inference.response.append(data)
