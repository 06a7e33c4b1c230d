"""A whole answer that is too large to be held, on its way to the caller."""

from __future__ import annotations

from asyncio import CancelledError
from typing import TYPE_CHECKING

from ajar.errors import AjarError, UpstreamClosed, UpstreamError
from ajar.gateway.passage import break_off, drain

if TYPE_CHECKING:
    from ajar.gateway.answer import Answer
    from ajar.gateway.ask import Ask
    from ajar.gateway.inference import Inference
    from ajar.gateway.outlet import Outlet
    from ajar.gateway.told import Log
    from ajar.upstream.client import Response

_TAIL_BYTES = 16 * 1024


async def relay_large(exchange: Outlet, inference: Inference, answer: Answer, ask: Ask, lines: bytes, log: Log) -> None:
    """Carry it over, as of embeddings of many inputs, with Ajar's own header `lines`; its tail has the facts."""
    response = answer.response
    length = response.header(b"content-length")
    size = None if length is None else int(length)
    exchange.start(response.status, answer.headers, size, lines)
    data = answer.body
    tail = b""
    error = None if response.status < 400 else f"upstream_{response.status}"
    pulse = inference.pulse
    assert pulse is not None
    try:
        while data:
            pulse.moving = True
            if inference.response is not None:
                inference.response.append(data)
            tail = (tail + data[-_TAIL_BYTES:])[-_TAIL_BYTES:]
            if response.ended:
                break  # the last piece waits for the record
            exchange.write(data)
            await drain(exchange, pulse)
            data = await response.chunk()
        _require_end(response, tail)
        inference.facts = facts = ask.front.facts()
        facts.update_from_tail(tail)
        inference.end_attempt(response.status, error)
        inference.conclude(response.status, error)
    except (AjarError, CancelledError) as reason:
        failure = reason if isinstance(reason, AjarError) else pulse.late()
        if failure is None:
            raise
        if isinstance(failure, UpstreamError):
            log.tell(answer.target.name, failure)
        break_off(inference, response.status, failure)
        del failure  # see AjarError.anew
        exchange.abort()
        return
    exchange.finish(data)


def _require_end(response: Response, tail: bytes) -> None:
    """Raise UpstreamClosed where nothing tells the body's end from a cut, and it does not end as JSON objects do."""
    framed = response.header(b"content-length") or response.header(b"transfer-encoding")
    if framed is None and not tail.rstrip().endswith(b"}"):
        raise UpstreamClosed("the answer stopped before its end")
