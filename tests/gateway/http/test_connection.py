"""What callers may do on one connection, and what ends it."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ajar.gateway.http.server import Limits

if TYPE_CHECKING:
    from ajar.gateway.http.exchange import Exchange
    from conftest import Bench, Caller, Stage

GET = b"GET /a HTTP/1.1\r\n\r\n"
POST = b"POST /b?c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwor\r\n2\r\nld\r\n0\r\n\r\n"
SAID = {GET: ("/a", ""), POST: ("/b", "hello"), CHUNKED: ("/d", "world")}


class Waiting:
    """A handler that waits, and tells how that ended."""

    def __init__(self, *, body: bool = False, start: bool = False) -> None:
        self.body = body
        self.start = start
        self.running = False
        self.ended = ""

    async def __call__(self, exchange: Exchange) -> None:
        self.running = True
        try:
            if self.start:
                exchange.start(200, [], None)
                exchange.write(b"x")
            if self.body:
                await exchange.body(10**6)
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            exchange.start(200, [], None)
            exchange.write(b"nobody hears this")
            await exchange.drain()
            exchange.finish()
            self.ended = "cancelled"
            raise


async def expect(caller: Caller, requests: list[bytes]) -> None:
    for request in requests:
        said = (await caller.answer()).json()
        assert (said["path"], said["body"]) == SAID[request]


# Requests, whole and in pieces.


def test_a_thousand_requests_on_one_connection(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for _ in range(1000):
            assert (await caller.ask(POST)).status == 200
        assert bench.server.connections == 1

    any_stage(play)


@pytest.mark.parametrize("request_", list(SAID))
def test_every_cut(stage: Stage, request_: bytes) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for cut in range(1, len(request_)):
            await caller.send(request_[:cut])
            await caller.send(request_[cut:])
            await expect(caller, [request_])

    stage(play)


def test_byte_by_byte_on_both_loops(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for request in SAID:
            for byte in request:
                await caller.send(bytes([byte]))
            await expect(caller, [request])

    any_stage(play)


@settings(max_examples=40)
@given(
    requests=st.lists(st.sampled_from(list(SAID)), min_size=1, max_size=6),
    cuts=st.lists(st.integers(0, 500), max_size=8),
    between=st.sampled_from([b"", b"\r\n"]),
)
def test_pipelined_at_any_cut(stage: Stage, requests: list[bytes], cuts: list[int], between: bytes) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        data = between.join(requests)
        marks = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
        for start, end in pairwise(marks):
            await caller.send(data[start:end])
        await expect(caller, requests)

    stage(play)


def test_pipelined_requests_wait_for_their_turn(any_stage: Stage) -> None:
    order: list[str] = []

    async def handler(exchange: Exchange) -> None:
        order.append("begin")
        await asyncio.sleep(0.01)
        order.append("end")
        exchange.start(200, [], None)
        exchange.write(exchange.path)
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HT")
        await caller.send(b"TP/1.1\r\n\r\nrubbish\r\n\r\n")
        assert [(await caller.answer()).body for _ in range(3)] == [b"/1", b"/2", b"/3"]
        assert (await caller.answer()).status == 400
        assert order == ["begin", "end"] * 3
        assert await caller.end()

    any_stage(play, handler)


def test_what_follows_an_answer_that_closes_is_not_answered(stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n" + GET)
        assert await caller.end()
        assert len(caller.answers) == 1

    stage(play)


def test_a_flood_of_pipelined_requests_is_held_back(stage: Stage) -> None:
    """All are answered, and no more than a read and the allowance is kept meanwhile."""
    kept: list[int] = []
    count = 20_000

    async def handler(exchange: Exchange) -> None:
        kept.append(len(exchange._link._ahead))
        exchange.start(204, [], None)
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call(parse=False)
        sending = asyncio.ensure_future(caller.send(b"GET / HTTP/1.1\r\nx: yyyyyyyyyyyyyyyyyy\r\n\r\n" * count))
        while len(caller.raw) < count * len(b"HTTP/1.1 204 No Content\r\n\r\n"):
            await caller.receive()
        await sending

    stage(play, handler)
    assert max(kept) <= 65536 + 262144


def test_an_upgrade_is_answered_as_a_plain_request(stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello"
        for _ in range(2):
            assert (await caller.ask(b"POST / HTTP/1.1\r\n" + upgrade)).json()["body"] == "hello"

    stage(play)


# What is refused.


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00",
        b"hello\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nA : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\0\r\n\r\n",
        b"GET / HTTP/1.1\n\n",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\na",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused_at_once(any_stage: Stage, data: bytes) -> None:
    async def play(bench: Bench) -> None:
        for before in (b"", POST):
            caller = await bench.call()
            await caller.send(before + data)
            if before:
                await expect(caller, [POST])
            answer = await caller.answer()
            assert (answer.status, answer.json()["code"]) == (400, "bad_http")
            assert answer.header("connection") == "close"
            assert answer.header("content-type") == "application/json"
            assert await caller.end()

    any_stage(play)


@settings(max_examples=60)
@given(
    data=st.binary(min_size=1, max_size=300)
    | st.lists(
        st.sampled_from([*SAID, b"GET ", b"/", b" HTTP/1.1", b"\r\n", b"\n", b"\r", b":", b"a", b"0", b"\0", b"\xff"]),
        min_size=1,
        max_size=15,
    ).map(b"".join),
    cuts=st.lists(st.integers(0, 300), max_size=4),
)
def test_garbage_ends_in_answers_or_a_close(stage: Stage, data: bytes, cuts: list[int]) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        marks = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
        try:
            for start, end in pairwise(marks):
                await caller.send(data[start:end])
        except OSError:
            pass
        await caller.end()
        assert all(answer.complete for answer in caller.answers)
        assert (await (await bench.call()).ask(GET)).status == 200

    stage(play, limits=Limits(head_s=0.02, body_s=0.02, keep_alive_s=0.02, linger_s=0.02))


def test_a_flood_of_header_bytes(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        for end in (b"", b"\r\n\r\n"):
            caller = await bench.call()
            await caller.send(b"GET / HTTP/1.1\r\nA: " + b"b" * 2000 + end)
            answer = await caller.answer()
            assert (answer.status, answer.json()["code"]) == (431, "headers_too_large")
            assert await caller.end()

    any_stage(play, limits=Limits(head_bytes=1000))


def test_a_flood_of_header_lines(stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        assert (await caller.ask(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 100 + b"\r\n")).status == 200
        assert (await caller.ask(b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n")).status == 431
        assert await caller.end()

    stage(play)


async def flood(caller: Caller, block: bytes, total: int) -> None:
    loop = asyncio.get_running_loop()
    try:
        for _ in range(total // len(block)):
            await loop.sock_sendall(caller.sock, block)
    except OSError:
        return  # the server had enough


@pytest.mark.parametrize(
    ("head", "block", "status"),
    [
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"fff8\r\n" + b"a" * 65528 + b"\r\n", 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\naa\r\n" * 10000, 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 65536, 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 50000000\r\n\r\n", b"a" * 65536, 413),
        (b"GET / HTTP/1.1\r\n", b"a: " + b"b" * 65536 + b"\r\n", 431),
    ],
    ids=["chunks", "tiny chunks", "chunk extension", "length", "headers"],
)
def test_memory_is_flat_under_a_flood_that_is_refused(stage: Stage, head: bytes, block: bytes, status: int) -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.body(1_000_000)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(head)
        tracemalloc.start()
        try:
            flooding = asyncio.ensure_future(flood(caller, block, 50_000_000))
            assert (await caller.answer()).status == status
            await flooding
            await stage.until(lambda: bench.server.connections == 0)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 6_000_000

    stage(play, handler)


def test_an_unread_body_is_discarded_until_the_caller_has_its_answer(any_stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(401, [], 2)
        exchange.finish(b"no")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        answer = await caller.ask(b"POST / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" + b"a" * 1000)
        assert (answer.status, answer.header("connection")) == (401, "close")
        await caller.send(b"a" * 100_000)  # is taken: the connection is not reset
        assert await caller.end()
        await any_stage.until(lambda: bench.server.connections == 0)

    any_stage(play, handler)


def test_discarding_ends(any_stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(401, [], 2)
        exchange.finish(b"no")

    async def play(bench: Bench) -> None:
        head = b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n"
        caller = await bench.call()
        await caller.ask(head)  # and then nothing: the connection stays open on the caller's side
        await any_stage.until(lambda: bench.server.connections == 0)
        caller = await bench.call()
        await caller.ask(head)
        await flood(caller, b"a" * 65536, 9_000_000)
        assert bench.server.connections == 0

    any_stage(play, handler, Limits(linger_s=0.1, head_s=0.2))


# Time.


def test_a_slow_head(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for byte in b"GET / HTTP/1.1\r\nA: bcdef":
            if caller.answers or bench.server.connections == 0:
                break
            await caller.send(bytes([byte]))
            await asyncio.sleep(0.01)
        answer = await caller.answer()
        assert (answer.status, answer.json()["code"]) == (408, "request_timeout")
        assert await caller.end()

    any_stage(play, limits=Limits(head_s=0.1))


def test_an_idle_connection_is_closed_without_a_word(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        fresh, used = await bench.call(), await bench.call()
        await used.ask(GET)
        before = bytes(used.raw)
        assert await fresh.end()
        assert await used.end()
        assert (fresh.raw, used.raw) == (b"", before)

    any_stage(play, limits=Limits(keep_alive_s=0.1))


def test_a_long_answer_is_not_idle(stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        await asyncio.sleep(0.2)
        exchange.start(200, [], 0)
        exchange.finish()

    async def play(bench: Bench) -> None:
        assert (await (await bench.call()).ask(GET)).status == 200

    stage(play, handler, Limits(keep_alive_s=0.05, head_s=0.05, body_s=0.05))


# The caller leaves.


@pytest.mark.parametrize("how", ["close", "reset", "half"])
@pytest.mark.parametrize("start", [False, True])
def test_the_caller_leaves(any_stage: Stage, how: str, start: bool) -> None:
    handler = Waiting(start=start)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(POST)
        await any_stage.until(lambda: handler.running)
        assert bench.server.exchanges == 1
        if how == "close":
            caller.leave()
        elif how == "reset":
            caller.reset()
        else:
            caller.sock.shutdown(socket.SHUT_WR)
        await any_stage.settle()
        await any_stage.until(lambda: handler.ended == "cancelled")
        await any_stage.until(lambda: bench.server.connections == 0)
        assert bench.server.exchanges == 0

    any_stage(play, handler)


def test_the_caller_leaves_in_the_middle_of_its_body(any_stage: Stage) -> None:
    handler = Waiting(body=True)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(POST[:-1])
        await any_stage.until(lambda: handler.running)
        caller.leave()
        await any_stage.until(lambda: handler.ended == "cancelled")

    any_stage(play, handler)


def test_the_caller_leaves_before_the_handler_ran(any_stage: Stage) -> None:
    handler = Waiting()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        caller.sock.send(POST)
        caller.leave()
        await any_stage.settle()
        await any_stage.until(lambda: bench.server.connections == bench.server.exchanges == 0)
        assert handler.ended == "cancelled" or not handler.running

    any_stage(play, handler)


def test_the_caller_leaves_while_further_requests_wait(any_stage: Stage) -> None:
    handler = Waiting()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(POST + GET * 10)
        await any_stage.until(lambda: handler.running)
        caller.leave()
        await any_stage.until(lambda: handler.ended == "cancelled")

    any_stage(play, handler)


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="this system does not tell the state of a connection")
@pytest.mark.parametrize("how", ["close", "reset"])
def test_the_caller_leaves_while_nothing_is_read(any_stage: Stage, how: str) -> None:
    """Too many requests ahead of their turn, or too much of a body that nobody reads."""
    many = GET + b"GET / HTTP/1.1\r\n\r\n" * 6000
    large = b"POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n" + b"a" * 400_000

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(sent)
        await asyncio.sleep(0.02)
        assert handler.running
        caller.leave() if how == "close" else caller.reset()
        await any_stage.until(lambda: handler.ended == "cancelled")

    handler, sent = Waiting(), many
    any_stage(play, handler, Limits(head_s=0.2))
    handler, sent = Waiting(), large
    any_stage(play, handler, Limits(head_s=0.2))


def test_leaving_after_the_answer_does_not_disturb_the_handler(any_stage: Stage) -> None:
    after: list[str] = []

    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], 0)
        exchange.finish()
        await asyncio.sleep(0.05)
        after.append("recorded")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.ask(GET)
        assert bench.server.exchanges == 1
        caller.leave()
        await any_stage.until(lambda: after == ["recorded"])

    any_stage(play, handler)


@pytest.mark.parametrize("how", ["end", "garbage"])
def test_an_answer_that_waits_for_the_turn_to_end_is_sent_first(any_stage: Stage, how: str) -> None:
    """Whatever the caller sends in the same turn."""

    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], 2)
        exchange.finish(b"ok")
        if how == "end":
            exchange._link.eof_received()
        else:
            exchange._link.data_received(b"no request at all\r\n\r\n")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        answer = await caller.ask(GET)
        assert (answer.status, answer.body) == (200, b"ok")
        if how == "garbage":
            assert (await caller.answer()).status == 400
        assert await caller.end()

    any_stage(play, handler)


def test_an_answer_that_cannot_be_written_cuts_the_connection(any_stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], 2)
        exchange.finish(b"ok")
        waiting = exchange._link.departures._waiting
        waiting[:] = [(send, "text") for send, _ in waiting]  # type: ignore[misc]

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        await caller.end()
        assert caller.raw == b""

    any_stage(play, handler)
