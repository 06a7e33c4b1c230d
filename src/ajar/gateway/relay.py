"""An upstream's answer on its way to the caller: bytes as they come, and the record before the last of them."""

from __future__ import annotations

import asyncio
import contextlib
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from ajar.errors import AjarError, CannotCarry, UpstreamClosed, UpstreamError
from ajar.gateway.told import for_caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.gateway.answer import Answer
    from ajar.gateway.ask import Ask
    from ajar.gateway.http.exchange import Exchange
    from ajar.gateway.inference import Inference
    from ajar.gateway.translation import Translation
    from ajar.upstream.client import Response
    from ajar.wire.facts import Facts
    from ajar.wire.fronts import PassingStream

_TAIL_BYTES = 16 * 1024
_LINGER_S = 1.0
_LINGER_BYTES = 64 * 1024


def own_lines(inference: Inference, answer: Answer | None) -> bytes:
    """Ajar's own header lines. Call before the current attempt is ended."""
    constant = _constant_lines(inference.config, inference.plan.route, answer.target.name if answer else None)
    attempts = inference.attempts + (answer is not None)
    if inference.losses:
        constant += b"x-ajar-dropped: %b\r\n" % ", ".join(inference.losses.names).encode()
    for note in inference.notes:
        constant += b"x-ajar-pin: %b\r\n" % note.encode()
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


async def relay(exchange: Exchange, inference: Inference, answer: Answer, ask: Ask) -> None:
    """Carry `answer` to the caller and conclude the inference.

    Raises AjarError only while nothing has been sent to the caller.
    """
    if inference.stream and answer.response.status == 200:
        await _relay_stream(exchange, inference, answer, ask)
    elif answer.response.ended or answer.translated:
        _relay_whole(exchange, inference, answer)
    else:
        await _relay_large(exchange, inference, answer, ask)


def _relay_whole(exchange: Exchange, inference: Inference, answer: Answer) -> None:
    status, body = answer.response.status, answer.body
    lines = own_lines(inference, answer)
    inference.facts = answer.facts
    error = None if status < 400 else f"upstream_{status}"
    inference.end_attempt(status, error)
    if inference.response is not None:
        inference.response.append(body)
    inference.conclude(status, error)
    exchange.start(status, answer.headers, len(body), lines)
    exchange.finish(body)


async def _relay_large(exchange: Exchange, inference: Inference, answer: Answer, ask: Ask) -> None:
    """A body too large to be held (embeddings of many inputs): the facts are read from its tail."""
    response = answer.response
    length = response.header(b"content-length")
    size = None if length is None else int(length)
    exchange.start(response.status, answer.headers, size, own_lines(inference, answer))
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
        inference.facts = facts = ask.front.facts()
        facts.update_from_tail(tail)
        inference.end_attempt(response.status, error)
        inference.conclude(response.status, error)
    except AjarError as failure:
        _break_off(inference, response.status, failure)
        exchange.abort()
        return
    exchange.finish(data)


class _Stream:
    """A stream's pieces on their way from the upstream's connection to the caller's."""

    __slots__ = ("_exchange", "_inference", "_see", "last", "reader")

    def __init__(
        self,
        exchange: Exchange,
        inference: Inference,
        reader: PassingStream | Translation,
        see: Callable[[bytes], None] | None,
    ) -> None:
        """`see` gets all that passes as it is."""
        self._see = see
        self._exchange = exchange
        self._inference = inference
        self.reader = reader
        self.last: bytes | None = None
        """The end mark and what came with it: it may leave only after the record is written."""

    @property
    def over(self) -> bool:
        """Whether nothing more is wanted of the upstream."""
        return self.last is not None

    def take(self, data: bytes) -> bool:
        """Pass on a piece. True asks for a pause: the caller reads too slowly, or the end mark is here."""
        out = self.reader.feed(data)
        return bool(out) and self.write(out)

    def write(self, out: bytes) -> bool:
        """Pass on what the reader made of a piece."""
        if self._inference.response is not None:
            self._inference.response.append(out)
        if self._see is not None:
            self._see(out)
        mark = self.reader.mark_in(out)
        if mark < 0:
            return self._exchange.write(out)
        self.last = out[mark:]
        if mark:
            self._exchange.write(out[:mark])
        return True


class _Translated(_Stream):
    """The same where the formats differ. A failure in the stream asks for a pause too."""

    __slots__ = ("translation",)

    def __init__(self, exchange: Exchange, inference: Inference, translation: Translation) -> None:
        super().__init__(exchange, inference, translation, None)
        self.translation = translation

    @property
    def over(self) -> bool:
        """The end mark is here, or the stream has failed."""
        return self.last is not None or self.translation.failure is not None

    def take(self, data: bytes) -> bool:
        """Translate a piece and pass it on."""
        return super().take(data) or self.translation.failure is not None


async def _relay_stream(exchange: Exchange, inference: Inference, answer: Answer, ask: Ask) -> None:
    response, translation = answer.response, answer.translation
    if translation is None:
        clean = inference.plan.meter_streams and answer.target.stream_usage and ask.view.meterable
        see = partial(answer.issued.passing, ask.front.format)
        stream = _Stream(exchange, inference, ask.front.passing(clean), see)
    else:
        stream = _Translated(exchange, inference, translation)
    reader = stream.reader
    exchange.start(200, answer.headers, None, own_lines(inference, answer))
    try:
        if stream.take(answer.body):
            await exchange.drain()
        while not stream.over and not await response.pour(stream.take):
            await exchange.drain()
        _require_end(stream, response, translation)
        inference.facts, _ = reader.facts()
        error = "upstream_error_event" if inference.facts.failed else None
        inference.end_attempt(200, error)
        inference.conclude(200, error)
    except AjarError as error:
        failure = for_caller(answer.target.name, error) if isinstance(error, UpstreamError) else error
        inference.facts, _ = reader.facts()
        _break_off(inference, 200, failure)
        if translation is not None:
            exchange.finish(translation.fail(failure) or ask.front.error_event(failure))
        else:
            exchange.finish((b"" if reader.whole else b"\n\n") + ask.front.error_event(failure))
        return
    finally:
        if not inference.concluded:  # the caller left: keep what the stream said so far
            inference.facts, _ = reader.facts()
    exchange.finish(reader.flush() if stream.last is None else stream.last)
    if not response.ended:
        await _linger(response)


def _require_end(stream: _Stream, response: Response, translation: Translation | None) -> None:
    """Raise what broke the stream off, or UpstreamClosed where it merely stopped."""
    if translation is not None:
        out = b"" if stream.last is not None else translation.flush()
        if out:
            stream.write(out)
        if translation.failure is not None:
            raise translation.failure
    facts, marked = stream.reader.facts()
    if not marked and (translation is not None or not _ended_well(response, facts)):
        raise UpstreamClosed("the upstream's stream stopped before its end")


def _ended_well(response: Response, facts: Facts) -> bool:
    """Without the end mark: a choice finished, and the end of the body is told from a cut.

    A stream that says that it failed has said everything: the caller gets no second error.
    """
    if facts.failed:
        return True
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
    if isinstance(error, UpstreamError | CannotCarry):
        inference.end_attempt(status, error.code)
    inference.conclude(error.status, error)
