"""Handlers that fail, and a server that ends."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from typing import TYPE_CHECKING

import pytest

from ajar.errors import Forbidden

if TYPE_CHECKING:
    from ajar.gateway.http.exchange import Exchange
    from conftest import Bench, Stage

GET = b"GET / HTTP/1.1\r\n\r\n"


@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("returns", [False, True])
def test_a_handler_that_fails(any_stage: Stage, caplog: pytest.LogCaptureFixture, started: bool, returns: bool) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], None)
        if started:
            exchange.write(b"half")
        if not returns:
            raise KeyError("secret")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        if started:
            await caller.send(GET)
            await caller.end()
            assert not any(answer.complete for answer in caller.answers)
        else:
            for _ in range(2):
                answer = await caller.ask(GET)
                assert answer.status == 500
                assert answer.json() == {"code": "internal_error", "message": "internal error"}

    with caplog.at_level(logging.ERROR):
        any_stage(play, handler)
    record = caplog.records[0]
    assert "GET / failed" in record.getMessage()
    assert record.exc_info is not None


def test_a_request_error_is_the_answer(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    async def handler(exchange: Exchange) -> None:
        raise Forbidden("not for you")

    async def play(bench: Bench) -> None:
        answer = await (await bench.call()).ask(GET)
        assert (answer.status, answer.json()) == (403, {"code": "forbidden", "message": "not for you"})

    stage(play, handler)
    assert not caplog.records


def test_counts(any_stage: Stage) -> None:
    gate: list[asyncio.Event] = []

    async def handler(exchange: Exchange) -> None:
        gate.append(asyncio.Event())
        await gate[-1].wait()
        exchange.start(204, [], None)
        exchange.finish()

    async def play(bench: Bench) -> None:
        callers = [await bench.call() for _ in range(3)]
        for caller in callers[:2]:
            await caller.send(GET)
        await any_stage.until(lambda: len(gate) == 2)
        assert (bench.server.connections, bench.server.exchanges) == (3, 2)
        for event in gate:
            event.set()
        for caller in callers[:2]:
            await caller.answer()
        await any_stage.until(lambda: bench.server.exchanges == 0)
        assert bench.server.connections == 3

    any_stage(play, handler)


def test_stop_accepting(any_stage: Stage) -> None:
    gate: list[asyncio.Event] = []

    async def handler(exchange: Exchange) -> None:
        gate.append(asyncio.Event())
        if exchange.path == b"/stream":
            exchange.start(200, [], None)
            exchange.write(b"one")
        await gate[-1].wait()
        if exchange.path != b"/stream":
            exchange.start(200, [], 3)
        exchange.finish(b"two")

    async def play(bench: Bench) -> None:
        idle, busy, stream, partial = [await bench.call() for _ in range(4)]
        await busy.send(GET + GET)
        await stream.send(b"GET /stream HTTP/1.1\r\n\r\n")
        await partial.send(GET[:9])
        await stream.until(b"one")
        bench.server.stop_accepting()
        bench.server.stop_accepting()
        assert await idle.end()
        with pytest.raises(OSError):
            await bench.call()
        await partial.send(GET[9:])
        await any_stage.until(lambda: len(gate) == 3)
        draining = asyncio.ensure_future(bench.server.drain(5))
        await asyncio.sleep(0.02)
        assert not draining.done()
        for event in gate:
            event.set()
        for caller, close in ((busy, "close"), (partial, "close"), (stream, None)):
            answer = await caller.answer()
            assert answer.header("connection") == close
            assert await caller.end()
            assert len(caller.answers) == 1
        await draining
        assert (bench.server.connections, bench.server.exchanges) == (0, 0)

    any_stage(play, handler)


def test_drain_waits_until_the_answer_is_out(any_stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        body = b"x" * 20_000_000
        exchange.start(200, [], len(body))
        exchange.finish(body)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        draining = asyncio.ensure_future(bench.server.drain(5))
        assert len((await caller.answer()).body) == 20_000_000
        assert await caller.end()
        await draining

    any_stage(play, handler)


def test_a_handler_that_is_stopped_before_its_first_step(any_stage: Stage) -> None:
    """It must be forgotten too, or no drain would ever end."""
    ran: list[bool] = []

    async def handler(exchange: Exchange) -> None:
        ran.append(True)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        service = bench.server._service
        assert service is not None
        (member,) = service.members
        member.data_received(GET)
        assert bench.server.exchanges == 1
        member.eof_received()
        await caller.end()
        assert (bench.server.exchanges, ran) == (0, [])

    any_stage(play, handler)


def test_drain_cuts_what_takes_too_long(any_stage: Stage) -> None:
    ended: list[str] = []

    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], None)
        exchange.write(b"one")
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cleaned up")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        await caller.until(b"one")
        begun = time.monotonic()
        await bench.server.drain(0.1)
        assert 0.05 < time.monotonic() - begun < 2
        assert ended == ["cleaned up"]
        assert (bench.server.connections, bench.server.exchanges) == (0, 0)
        await caller.end()
        assert not caller.answers[0].complete

    any_stage(play, handler)


def test_several_sockets(stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        sock = socket.create_server(("127.0.0.1", 0))
        other = sock.getsockname()
        await bench.server.start(sock)
        first = await bench.call()
        bench.address = other
        second = await bench.call()
        assert (await first.ask(GET)).status == 200
        assert (await second.ask(GET)).status == 200
        assert bench.server.connections == 2

    stage(play)


def test_the_peer_over_ipv6(stage: Stage) -> None:
    peers: list[object] = []

    async def handler(exchange: Exchange) -> None:
        peers.append(exchange.peer)
        exchange.start(204, [], None)
        exchange.finish()

    async def play(bench: Bench) -> None:
        sock = socket.socket(socket.AF_INET6)
        try:
            sock.bind(("::1", 0))
        except OSError:
            sock.close()
            pytest.skip("no IPv6 here")
        sock.listen()
        await bench.server.start(sock)
        caller = socket.create_connection(sock.getsockname()[:2])
        caller.setblocking(False)
        await asyncio.get_running_loop().sock_sendall(caller, GET)
        await stage.until(lambda: bool(peers))
        assert peers == [caller.getsockname()[:2]]
        caller.close()

    stage(play, handler)
