"""An upstream's answer on its way to the caller: bytes as they come, and the record before the last of them."""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import CancelledError
from functools import lru_cache
from typing import TYPE_CHECKING

from ajar.errors import AjarError, UpstreamClosed, UpstreamError, UpstreamFailed, UpstreamRefused
from ajar.gateway.gate import ended_well
from ajar.gateway.large import relay_large
from ajar.gateway.passage import break_off, drain
from ajar.gateway.translation import Translation
from ajar.wire.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.gateway.answer import Answer
    from ajar.gateway.ask import Ask
    from ajar.gateway.inference import Inference
    from ajar.gateway.outlet import Outlet
    from ajar.gateway.told import Log
    from ajar.gateway.watch import Pulse
    from ajar.upstream.client import Response
    from ajar.wire.fronts import Facts, PassingStream

_LINGER_S = 1.0
_LINGER_BYTES = 64 * 1024


def own_lines(inference: Inference, answer: Answer | None) -> bytes:
    """Ajar's own header lines; without an answer they name no deployment."""
    constant = _constant_lines(inference.config, inference.plan.route, answer.target.name if answer else None)
    attempts = inference.attempts
    if inference.losses:
        constant += b"x-ajar-dropped: %b\r\n" % ", ".join(inference.losses.names).encode()
    for note in inference.notes:
        constant += b"x-ajar-pin: %b\r\n" % note.encode()
    return b"x-ajar-inference: %b\r\nx-ajar-attempts: %d\r\n%b" % (inference.id.encode(), attempts, constant)


@lru_cache(maxsize=4096)
def _constant_lines(config: str, route: str | None, deployment: str | None) -> bytes:
    """What is the same for many answers. The config bounds the three of them to characters that a header may hold."""
    lines = f"x-ajar-config: {config}\r\n"
    if route is not None:
        lines += f"x-ajar-route: {route}\r\n"
    if deployment is not None:
        lines += f"x-ajar-deployment: {deployment}\r\n"
    return lines.encode()


def relay_at_once(exchange: Outlet, inference: Inference, answer: Answer, ask: Ask) -> bool:
    """Carry a whole `answer` to the caller and conclude the inference; False where there is more of it to come.

    Raises AjarError only while nothing has been sent to the caller.
    """
    if answer.reader is not None:
        return False
    if exchange.started:
        _tell_refusal(exchange, inference, answer, ask)
    elif answer.response.ended or answer.translated:
        _relay_whole(exchange, inference, answer)
    else:
        return False
    return True


async def relay(exchange: Outlet, inference: Inference, answer: Answer, ask: Ask, log: Log) -> None:
    """The same for one that goes on in its response."""
    if answer.reader is not None:
        await _relay_stream(exchange, inference, answer, ask, log)
    else:
        await relay_large(exchange, inference, answer, ask, own_lines(inference, answer), log)


def _relay_whole(exchange: Outlet, inference: Inference, answer: Answer) -> None:
    status, body = answer.response.status, answer.body
    lines = own_lines(inference, answer)
    inference.deployment = answer.target.name
    inference.facts = answer.facts
    error = None if status < 400 else f"upstream_{status}"
    inference.end_attempt(status, error)
    if inference.response is not None:
        inference.response.append(body)
    inference.conclude(status, error)
    exchange.start(status, answer.headers, len(body), lines)
    exchange.finish(body)


def _tell_refusal(exchange: Outlet, inference: Inference, answer: Answer, ask: Ask) -> None:
    """A refusal where the caller has been told 200 already, to keep his connection alive."""
    status = answer.response.status
    said = answer.refused or FORMATS[ask.front.format].read_error(status, answer.body)
    inference.deployment = answer.target.name
    inference.conclude(status, f"upstream_{status}")
    words = said.message or f"deployment `{answer.target.name}` answered status {status}"
    exchange.finish(ask.front.error_event(UpstreamRefused(status, words, said.type, said.code)))


class _Stream:
    """A stream's pieces on their way from the upstream's connection to the caller's."""

    __slots__ = ("_exchange", "_inference", "_pulse", "_see", "last", "reader")

    def __init__(
        self,
        exchange: Outlet,
        inference: Inference,
        reader: PassingStream | Translation,
        pulse: Pulse,
        see: Callable[[bytes], None] | None,
    ) -> None:
        """`see` gets all that passes as it is."""
        self._see = see
        self._pulse = pulse
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
        self._pulse.moving = True
        out = self.reader.feed(data)
        return bool(out) and self.write(out)

    def write(self, out: bytes) -> bool:
        """Pass on what the reader made of a piece."""
        self._pulse.passed = True
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

    def __init__(self, exchange: Outlet, inference: Inference, translation: Translation, pulse: Pulse) -> None:
        super().__init__(exchange, inference, translation, pulse, None)
        self.translation = translation

    @property
    def over(self) -> bool:
        """The end mark is here, or the stream has failed."""
        return self.last is not None or self.translation.failure is not None

    def take(self, data: bytes) -> bool:
        """Translate a piece and pass it on."""
        return super().take(data) or self.translation.failure is not None


async def _relay_stream(exchange: Outlet, inference: Inference, answer: Answer, ask: Ask, log: Log) -> None:
    response, reader, pulse = answer.response, answer.reader, inference.pulse
    assert reader is not None
    assert pulse is not None
    translation = reader if isinstance(reader, Translation) else None
    if translation is None:
        stream = _Stream(exchange, inference, reader, pulse, answer.see)
    else:
        stream = _Translated(exchange, inference, translation, pulse)
    if not exchange.started:
        exchange.start(200, answer.headers, None, own_lines(inference, answer))
    inference.reader = reader
    inference.deployment = answer.target.name
    pulse.limit(answer.target.gap_s, answer.target.total_s - inference.attempt_age())
    try:
        if answer.body and stream.write(answer.body):
            await drain(exchange, pulse)
        while not stream.over and not await response.pour(stream.take):
            await drain(exchange, pulse)
        inference.facts = _require_end(stream, response, translation)
        if inference.facts.failed:  # the caller has read so
            inference.end_attempt(200, UpstreamFailed.code)
            inference.conclude(UpstreamFailed.status, UpstreamFailed.code)
        else:
            inference.end_attempt(200, None)
            inference.conclude(200)
    except (AjarError, CancelledError) as reason:
        error = reason if isinstance(reason, AjarError) else pulse.late()
        if error is None:
            raise
        failure = log.tell(answer.target.name, error) if isinstance(error, UpstreamError) else error.anew()
        del error  # see AjarError.anew
        inference.facts, _ = reader.facts()
        failure = break_off(inference, 200, failure)
        if translation is None and inference.facts.failed:
            exchange.finish()  # the caller has read of a failure, and of one only
        elif translation is not None:
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


def _require_end(stream: _Stream, response: Response, translation: Translation | None) -> Facts:
    """What the stream says of itself. Raises what broke it off, or UpstreamClosed where it merely stopped."""
    if translation is not None:
        out = b"" if stream.last is not None else translation.flush()
        if out:
            stream.write(out)
        if translation.failure is not None:
            raise translation.failure.anew()
    facts, marked = stream.reader.facts()
    if not marked and (translation is not None or not ended_well(response, facts)):
        raise UpstreamClosed("the upstream's stream stopped before its end")
    return facts


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
