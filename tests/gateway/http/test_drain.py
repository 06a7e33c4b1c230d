"""While the server stops: what has begun is finished, what begins is refused, and nobody is cut off unheard."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from ajar.gateway.http.server import Limits

if TYPE_CHECKING:
    from ajar.gateway.http.exchange import Exchange
    from gateway.http.conftest import Bench, Stage

GET = b"GET / HTTP/1.1\r\n\r\n"
POST = b"POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\n"


async def decline(exchange: Exchange) -> None:
    """Answer in place of the handler."""
    exchange.start(503, [(b"retry-after", b"1")], 2)
    exchange.finish(b"no")


async def until_told(exchange: Exchange, gate: asyncio.Event) -> None:
    """A stream that ends when the gate opens."""
    exchange.start(200, [], None)
    exchange.write(b"one")
    await gate.wait()
    exchange.finish(b"two")


def test_a_request_on_an_idle_connection_is_refused_and_closes_it(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        assert (await caller.ask(GET)).header("connection") is None
        bench.server.stop_accepting(decline)
        await caller.send(POST)
        await caller.send(b"hello")
        answer = await caller.answer()
        assert (answer.status, bytes(answer.body)) == (503, b"no")
        assert answer.header("retry-after") == "1"
        assert answer.header("connection") == "close"
        assert await caller.end()

    any_stage(play)


def test_a_request_that_the_server_has_not_read_yet_is_refused_not_reset(any_stage: Stage) -> None:
    """It lies in the kernel when the server stops: closing on it would be a reset."""

    async def play(bench: Bench) -> None:
        callers = [await bench.call() for _ in range(20)]
        for caller in callers:
            await caller.ask(GET)
        for caller in callers:
            caller.sock.send(GET)
        bench.server.stop_accepting(decline)
        for caller in callers:
            assert (await caller.answer()).status == 503
            assert await caller.end()

    any_stage(play)


@pytest.mark.parametrize("early", [True, False])
def test_the_next_request_behind_a_stream_is_refused(any_stage: Stage, early: bool) -> None:
    gate = asyncio.Event()

    async def handler(exchange: Exchange) -> None:
        await until_told(exchange, gate)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        await caller.until(b"one")
        bench.server.stop_accepting(decline)
        if early:
            await caller.send(GET + GET)
        gate.set()
        stream = await caller.answer()
        assert bytes(stream.body) == b"onetwo"
        assert stream.header("connection") is None, "its head was sent before"
        if not early:
            await caller.send(GET)
        answer = await caller.answer()
        assert (answer.status, answer.header("connection")) == (503, "close")
        assert await caller.end()
        assert len(caller.answers) == 2

    any_stage(play, handler)


def test_what_has_begun_is_finished_also_with_its_body_to_come(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(POST + b"he")
        bench.server.stop_accepting(decline)
        await caller.send(b"llo")
        answer = await caller.answer()
        assert (answer.status, answer.json()["body"]) == (200, "hello")
        assert answer.header("connection") == "close"

    any_stage(play)


def test_idle_connections_close_after_a_moment(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        callers = [await bench.call() for _ in range(3)]
        await callers[0].ask(GET)
        began = time.monotonic()
        await bench.server.drain(5)
        assert 0.15 < time.monotonic() - began < 1
        for caller in callers:
            assert await caller.end()
        with pytest.raises(OSError):
            await bench.call()

    any_stage(play, limits=Limits(parting_s=0.2))


def test_with_nobody_there_it_stops_at_once(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        began = time.monotonic()
        await bench.server.drain(5)
        assert time.monotonic() - began < 0.1

    any_stage(play)


def test_less_time_may_be_left_than_was_said_at_first(any_stage: Stage) -> None:
    gate = asyncio.Event()

    async def handler(exchange: Exchange) -> None:
        await until_told(exchange, gate)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        await caller.until(b"one")
        first = asyncio.create_task(bench.server.drain(60))
        await asyncio.sleep(0.01)
        first.cancel()
        began = time.monotonic()
        await bench.server.drain(0.1)
        assert time.monotonic() - began < 1
        await caller.end()
        assert not caller.answers[0].complete

    any_stage(play, handler)


def test_what_is_finished_in_the_very_turn_in_which_the_time_is_up_is_sent(any_stage: Stage) -> None:
    gate: list[asyncio.Future[None]] = []

    async def handler(exchange: Exchange) -> None:
        gate.append(asyncio.get_running_loop().create_future())
        await gate[0]
        exchange.start(200, [], 2)
        exchange.finish(b"ok")

    async def play(bench: Bench) -> None:
        gate.clear()
        caller = await bench.call()
        await caller.send(GET)
        await any_stage.until(lambda: bool(gate))
        loop = asyncio.get_running_loop()
        loop.call_later(0.1, gate[0].set_result, None)
        loop.call_later(0.05, time.sleep, 0.1)  # behind it both are due at once: this and the end of the drain
        await bench.server.drain(0.1)
        assert (await caller.answer()).body == b"ok"

    any_stage(play, handler)
