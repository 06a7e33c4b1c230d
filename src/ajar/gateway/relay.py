"""An upstream's answer on its way to the caller: bytes as they come, and the record before the last of them."""

from __future__ import annotations

import asyncio
import contextlib
from functools import lru_cache
from typing import TYPE_CHECKING

from ajar.errors import AjarError, UpstreamClosed, UpstreamError
from ajar.gateway.head import answer_headers
from ajar.wire.openai_chat.answer import Facts
from ajar.wire.openai_chat.error import error_event
from ajar.wire.openai_chat.stream import MARK, EventStream

if TYPE_CHECKING:
    from ajar.gateway.attempt import Answer
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.inference import Inference
    from ajar.upstream.client import Response

_TAIL_BYTES = 16 * 1024
_LINGER_S = 1.0
_LINGER_BYTES = 64 * 1024


def own_lines(inference: Inference, answer: Answer | None) -> bytes:
    """Ajar's own header lines. Call before the current attempt is ended."""
    constant = _constant_lines(inference.config, inference.plan.route, answer.target.name if answer else None)
    attempts = inference.attempts + (answer is not None)
    return b"x-ajar-inference: %b\r\nx-ajar-attempts: %d\r\n%b" % (inference.id.encode(), attempts, constant)


@lru_cache(maxsize=100_000)
def _constant_lines(config: str, route: str | None, deployment: str | None) -> bytes:
    """What is the same for many answers. The config bounds the three of them to characters that a header may hold."""
    lines = f"x-ajar-config: {config}\r\n"
    if route is not None:
        lines += f"x-ajar-route: {route}\r\n"
    if deployment is not None:
        lines += f"x-ajar-deployment: {deployment}\r\n"
    return lines.encode()


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
    lines = own_lines(inference, answer)
    inference.facts = answer.facts
    error = None if status < 400 else f"upstream_{status}"
    inference.end_attempt(status, error)
    if inference.response is not None:
        inference.response.append(body)
    inference.conclude(status, error)
    exchange.start(status, answer_headers(answer.response.headers), len(body), lines)
    exchange.finish(body)


async def _relay_large(exchange: Exchange, inference: Inference, answer: Answer) -> None:
    """A body too large to be held (embeddings of many inputs): the facts are read from its tail."""
    response = answer.response
    length = response.header(b"content-length")
    size = None if length is None else int(length)
    exchange.start(response.status, answer_headers(response.headers), size, own_lines(inference, answer))
    data = answer.body
    tail = b""
    error = None if response.status < 400 else f"upstream_{response.status}"
    try:
        while data:
            if inference.response is not None:
                inference.response.append(data)
            tail = (tail + data[-_TAIL_BYTES:])[-_TAIL_BYTES:]
            if response.ended:
                break  # the last piece waits for the record
            exchange.write(data)
            await exchange.drain()
            data = await response.chunk()
        inference.facts = Facts()
        inference.facts.update_from_tail(tail)
        inference.end_attempt(response.status, error)
        inference.conclude(response.status, error)
    except AjarError as failure:
        _break_off(inference, response.status, failure)
        exchange.abort()
        return
    exchange.finish(data)


class _Stream:
    """A stream's pieces on their way from the upstream's connection to the caller's."""

    __slots__ = ("_exchange", "_inference", "last", "reader")

    def __init__(self, exchange: Exchange, inference: Inference, reader: EventStream) -> None:
        self._exchange = exchange
        self._inference = inference
        self.reader = reader
        self.last: bytes | None = None
        """The end mark and what came with it: it may leave only after the record is written."""

    def take(self, data: bytes) -> bool:
        """Pass on a piece. True asks for a pause: the caller reads too slowly, or the end mark is here."""
        out = self.reader.feed(data)
        if not out:
            return False
        if self._inference.response is not None:
            self._inference.response.append(out)
        if MARK in out:
            mark = self.reader.mark_in(out)
            if mark >= 0:
                self.last = out[mark:]
                if mark:
                    self._exchange.write(out[:mark])
                return True
        return self._exchange.write(out)


async def _relay_stream(exchange: Exchange, inference: Inference, answer: Answer, asked_for_usage: bool) -> None:
    response = answer.response
    strip = inference.plan.meter_streams and answer.target.stream_usage and not asked_for_usage
    reader = EventStream(clean=strip)
    stream = _Stream(exchange, inference, reader)
    exchange.start(200, answer_headers(response.headers), None, own_lines(inference, answer))
    try:
        if stream.take(answer.body):
            await exchange.drain()
        while stream.last is None and not await response.pour(stream.take):
            await exchange.drain()
        inference.facts, marked = reader.facts()
        if not marked and not _ended_well(response, inference.facts):
            raise UpstreamClosed("the upstream's stream stopped before its end")
        error = "upstream_error_event" if inference.facts.failed else None
        inference.end_attempt(200, error)
        inference.conclude(200, error)
    except AjarError as failure:
        inference.facts, _ = reader.facts()
        _break_off(inference, 200, failure)
        exchange.finish((b"" if reader.whole else b"\n\n") + error_event(failure))
        return
    finally:
        if not inference.concluded:  # the caller left: keep what the stream said so far
            inference.facts, _ = reader.facts()
    exchange.finish(reader.flush() if stream.last is None else stream.last)
    if not response.ended:
        await _linger(response)


def _ended_well(response: Response, facts: Facts) -> bool:
    """Without the end mark: a choice finished, and the end of the body is told from a cut."""
    framed = response.header(b"transfer-encoding") or response.header(b"content-length")
    return framed is not None and facts.finish_reason is not None


async def _linger(response: Response) -> None:
    """The caller has everything. Read the few bytes to the upstream's own end, so that its connection can be kept."""
    left = _LINGER_BYTES

    def discard(data: bytes) -> bool:
        nonlocal left
        left -= len(data)
        return left < 0

    with contextlib.suppress(UpstreamError, TimeoutError):
        async with asyncio.timeout(_LINGER_S):
            await response.pour(discard)
    response.close()


def _break_off(inference: Inference, status: int, error: AjarError) -> None:
    """Record a failure after bytes were sent: the record says what became of it."""
    if isinstance(error, UpstreamError):
        inference.end_attempt(status, error.code)
    inference.conclude(error.status, error)
