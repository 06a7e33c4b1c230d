"""An upstream's answer on its way to the caller: bytes as they come, and the record before the last of them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ajar.errors import AjarError, UpstreamClosed, UpstreamError
from ajar.gateway.head import answer_headers
from ajar.wire.openai_chat.error import error_event
from ajar.wire.openai_chat.stream import Metered, Tail

if TYPE_CHECKING:
    from ajar.gateway.attempt import Answer
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.inference import Inference
    from ajar.upstream.client import Response


def headers_for(inference: Inference, answer: Answer | None) -> list[tuple[bytes, bytes]]:
    """The upstream's own headers, and Ajar's. Call before the current attempt is ended."""
    headers = answer_headers(answer.response.headers) if answer else [(b"content-type", b"application/json")]
    headers += (
        (b"x-ajar-inference", inference.id.encode()),
        (b"x-ajar-attempts", b"%d" % (inference.attempts + (answer is not None))),
        (b"x-ajar-config", inference.config.encode()),
    )
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


class _Stream:
    """A stream's pieces on their way from the upstream's connection to the caller's."""

    __slots__ = ("_exchange", "_inference", "last", "reader")

    def __init__(self, exchange: Exchange, inference: Inference, reader: Tail) -> None:
        self._exchange = exchange
        self._inference = inference
        self.reader = reader
        self.last: bytes | None = None
        """What ends with the end mark: it may leave only after the record is written."""

    def take(self, data: bytes) -> bool:
        """Pass on a piece. True asks for a pause: the caller reads too slowly, or the end mark is here."""
        out = self.reader.feed(data)
        if not out:
            return False
        inference = self._inference
        inference.first_byte()
        if inference.response is not None:
            inference.response.append(out)
        if self.reader.marks_end(out):
            self.last = out
            return True
        self._exchange.write(out)
        return self._exchange.congested


async def _relay_stream(exchange: Exchange, inference: Inference, answer: Answer, asked_for_usage: bool) -> None:
    response = answer.response
    strip = inference.plan.meter_streams and answer.target.stream_usage and not asked_for_usage
    reader = Metered() if strip else Tail()
    stream = _Stream(exchange, inference, reader)
    exchange.start(200, headers_for(inference, answer), None)
    try:
        while not await response.pour(stream.take) and stream.last is None:
            await exchange.drain()
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
    if stream.last is not None:
        await _finish_marked(exchange, response, stream)
    exchange.finish(reader.flush())


async def _finish_marked(exchange: Exchange, response: Response, stream: _Stream) -> None:
    """The end mark is out at once; whatever the upstream still says goes the same way until it ends, well or not."""
    assert stream.last is not None
    exchange.write(stream.last)
    with contextlib.suppress(UpstreamError):
        while not await response.pour(stream.take):
            exchange.write(stream.last)


def _break_off(inference: Inference, error: AjarError) -> None:
    """Record a failure after bytes were sent. The status was sent as 200; the record says what became of it."""
    if isinstance(error, UpstreamError):
        inference.end_attempt(200, error.code)
    inference.conclude(error.status, error)


def _keep(inference: Inference, data: bytes) -> None:
    if inference.response is not None:
        inference.response.append(data)
