"""What a handler can do, and what the caller gets of it."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from ajar.errors import BadRequest, BodyTooLarge, SlowRequest, UnknownPath
from ajar.gateway.http.server import Limits

if TYPE_CHECKING:
    from ajar.gateway.http.exchange import Exchange
    from conftest import Bench, Stage

GET = b"GET / HTTP/1.1\r\n\r\n"
EVENTS = [(b"content-type", b"text/event-stream")]


def test_an_answer_with_its_length(any_stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(201, [(b"x-a", b"b")], 5)
        assert not exchange.started
        exchange.write(b"ab")
        assert exchange.started
        assert not exchange.finished
        exchange.finish(b"cde")
        assert exchange.finished

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for _ in range(2):
            answer = await caller.ask(GET)
            assert (answer.status, answer.body) == (201, b"abcde")
            assert answer.headers == [("x-a", "b"), ("content-length", "5")]

    any_stage(play, handler)


def test_a_chunked_answer_is_one_chunk_a_write(any_stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(200, EVENTS, None)
        exchange.write(b"one")
        exchange.write(b"")
        await exchange.drain()
        exchange.write(b"x" * 180)
        exchange.finish(b"end")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for _ in range(2):
            assert (await caller.ask(GET)).body == b"one" + b"x" * 180 + b"end"
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        once = head + b"3\r\none\r\nb4\r\n" + b"x" * 180 + b"\r\n3\r\nend\r\n0\r\n\r\n"
        assert caller.raw == once * 2

    any_stage(play, handler)


def test_the_head_goes_alone_when_asked(stage: Stage) -> None:
    gate: list[asyncio.Event] = []

    async def handler(exchange: Exchange) -> None:
        gate.append(asyncio.Event())
        exchange.start(200, EVENTS, None)
        exchange.write(b"")
        await gate[0].wait()
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        await caller.until(b"\r\n\r\n")
        gate[0].set()
        assert (await caller.answer()).body == b""

    stage(play, handler)


def test_events_are_not_delayed(stage: Stage) -> None:
    """Each event arrives before the next is written."""
    step = asyncio.Semaphore(0)

    async def handler(exchange: Exchange) -> None:
        exchange.start(200, EVENTS, None)
        for number in range(5):
            await step.acquire()
            exchange.write(b"data: %d\n\n" % number)
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        for number in range(5):
            step.release()
            await caller.until(b"data: %d\n\n" % number)
        assert (await caller.answer()).complete

    stage(play, handler)


@pytest.mark.parametrize("length", [3, None])
def test_head_has_no_body_bytes(stage: Stage, length: int | None) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], length)
        exchange.write(b"a")
        exchange.finish(b"bc")

    async def play(bench: Bench) -> None:
        caller = await bench.call(parse=False)
        expected = b"HTTP/1.1 200 OK\r\n%b\r\n" % (b"content-length: 3\r\n" if length else b"")
        for times in (1, 2):
            await caller.send(GET.replace(b"GET", b"HEAD"))
            await caller.until(expected * times)
        assert caller.raw == expected * 2

    stage(play, handler)


def test_no_content_has_no_framing(stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(204, [], None)
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for _ in range(2):
            assert (await caller.ask(GET)).headers == []

    stage(play, handler)


def test_http_1_0(stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], None if exchange.path == b"/stream" else 2)
        exchange.write(b"a")
        exchange.finish(b"b")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        answer = await caller.ask(b"GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        assert answer.header("connection") == "keep-alive"
        answer = await caller.ask(b"GET / HTTP/1.0\r\n\r\n")
        assert answer.header("connection") == "close"
        assert await caller.end()
        caller = await bench.call()
        await caller.send(b"GET /stream HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        assert await caller.end()
        assert caller.raw == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nab"

    stage(play, handler)


def test_connection_close_is_obeyed(any_stage: Stage) -> None:
    async def play(bench: Bench) -> None:
        caller = await bench.call()
        answer = await caller.ask(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert answer.header("connection") == "close"
        assert await caller.end()

    any_stage(play)


def test_a_line_break_in_a_header_is_a_server_error(stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        with pytest.raises(ValueError, match="line break"):
            exchange.start(200, [(b"x", b"a\r\nset-cookie: b")], 0)
        exchange.start(500, [], 0)
        exchange.finish()

    async def play(bench: Bench) -> None:
        assert (await (await bench.call()).ask(GET)).status == 500

    stage(play, handler)


def test_misuse_is_told(stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        with pytest.raises(RuntimeError, match="no head"):
            exchange.write(b"a")
        with pytest.raises(RuntimeError, match="no head"):
            exchange.finish()
        exchange.start(500, [], None)
        exchange.start(200, [], 1)
        exchange.write(b"a")
        with pytest.raises(RuntimeError, match="started"):
            exchange.start(200, [], None)
        exchange.finish()
        for late in (lambda: exchange.write(b"a"), exchange.finish, lambda: exchange.start(200, [], None)):
            with pytest.raises(RuntimeError):
                late()
        exchange.abort()  # nothing is left to abort

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for _ in range(2):
            assert (await caller.ask(GET)).body == b"a"

    stage(play, handler)


@pytest.mark.parametrize("parts", [[b"toolong"], [b"t", b"oo"], [b"x"], []])
def test_a_length_that_is_not_kept_cuts_the_connection(stage: Stage, parts: list[bytes]) -> None:
    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], 2)
        exchange.write(b"")
        with pytest.raises(RuntimeError, match="length"):  # noqa: PT012
            for part in parts:
                exchange.write(part)
            exchange.finish()
        assert exchange.over

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        await caller.end()
        assert not any(answer.complete for answer in caller.answers)

    stage(play, handler)


def test_abort_never_looks_clean(any_stage: Stage) -> None:
    after: list[bool] = []

    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], None)
        exchange.write(b"half")
        await asyncio.sleep(0.01)
        exchange.abort()
        exchange.write(b"more")
        await asyncio.sleep(0.01)  # an abort of one's own does not cancel: the record is still to be written
        after.append(exchange.over)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        await caller.end()
        assert not caller.answers[0].complete
        await any_stage.until(lambda: after == [True])

    any_stage(play, handler)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit(any_stage: Stage, chunked: bool) -> None:
    async def handler(exchange: Exchange) -> None:
        with pytest.raises(BodyTooLarge, match="1,000 bytes"):
            await exchange.body(1000)
        exchange.start(413, [], 5)
        exchange.finish(b"large")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        if chunked:
            head = b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n"
            await caller.send(head + b"3e8\r\n" + b"a" * 1000 + b"\r\n")
            assert not caller.raw
            answer = await caller.ask(b"1\r\na\r\n")
        else:
            answer = await caller.ask(b"POST / HTTP/1.1\r\ncontent-length: 1001\r\n\r\n")
        assert (answer.status, answer.body, answer.header("connection")) == (413, b"large", "close")
        assert await caller.end()

    any_stage(play, handler)


def test_a_body_over_the_limit_that_is_all_there_keeps_the_connection(stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.body(3)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        for _ in range(2):
            answer = await caller.ask(b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nabcd")
            assert (answer.status, answer.json()["code"]) == (413, "body_too_large")
        for _ in range(2):
            framing = b"transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
            assert (await caller.ask(b"POST / HTTP/1.1\r\n" + framing)).status == 413

    stage(play, handler)


def test_a_body_may_be_read_twice(stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        assert await exchange.body(10) == await exchange.body(10) == b"abcd"
        exchange.start(200, [], 0)
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        assert (await caller.ask(b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nabcd")).status == 200
        await caller.send(b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nab")
        assert (await caller.ask(b"cd")).status == 200

    stage(play, handler)


def test_broken_chunks_are_the_callers_error(stage: Stage) -> None:
    caught: list[str] = []

    async def handler(exchange: Exchange) -> None:
        if exchange.path == b"/late":
            await asyncio.sleep(0.02)
        try:
            await exchange.body(1000)
        except BadRequest as error:
            caught.append(error.message)
            raise

    async def play(bench: Bench) -> None:
        for path in (b"/", b"/late"):
            caller = await bench.call()
            await caller.send(b"POST " + path + b" HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
            answer = await caller.ask(b"nonsense\r\n")
            assert (answer.status, answer.header("connection")) == (400, "close")
            assert await caller.end()
        assert len(caught) == 2

    stage(play, handler)


def test_continue_is_said_when_the_body_is_wanted(stage: Stage) -> None:
    go: list[asyncio.Event] = []

    async def handler(exchange: Exchange) -> None:
        go.append(asyncio.Event())
        await go[0].wait()
        body = await exchange.body(100)
        exchange.start(200, [], len(body))
        exchange.finish(body)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(b"POST / HTTP/1.1\r\ncontent-length: 4\r\nexpect: 100-Continue\r\n\r\n")
        assert not caller.raw
        go[0].set()
        await caller.until(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert (await caller.ask(b"abcd")).body == b"abcd"
        assert caller.raw.count(b"100 Continue") == 1

    stage(play, handler)


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\ncontent-length: 101\r\nexpect: 100-continue\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\nabcd",
        b"POST / HTTP/1.0\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\nabcd",
    ],
)
def test_continue_is_not_said_in_vain(stage: Stage, request_: bytes) -> None:
    async def handler(exchange: Exchange) -> None:
        await exchange.body(100)
        exchange.start(200, [], 0)
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        assert (await caller.ask(request_)).status in (200, 413)
        assert b"100 Continue" not in caller.raw

    stage(play, handler)


def test_a_body_that_stalls(any_stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        with pytest.raises(SlowRequest):
            await exchange.body(100)
        exchange.start(408, [], 4)
        exchange.finish(b"slow")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(b"POST / HTTP/1.1\r\ncontent-length: 50\r\n\r\n")
        for _ in range(8):  # longer than body_s in all, but without a pause as long
            await caller.send(b"a")
            await asyncio.sleep(0.05)
        assert not caller.raw
        answer = await caller.answer()
        assert (answer.status, answer.header("connection")) == (408, "close")
        assert await caller.end()

    any_stage(play, handler, Limits(body_s=0.3))


def test_back_pressure_on_the_body(any_stage: Stage) -> None:
    """While nobody reads the body, it stays with the caller; once it is read, all of it comes."""
    go: list[asyncio.Event] = []
    body = bytes(range(256)) * 20_000

    async def handler(exchange: Exchange) -> None:
        go.append(asyncio.Event())
        await go[0].wait()
        assert exchange.incoming is not None
        assert exchange.incoming.size < 700_000
        assert await exchange.body(len(body)) == body
        exchange.start(200, [], 0)
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        request = b"POST / HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % len(body) + body
        sending = asyncio.ensure_future(caller.send(request))
        await asyncio.sleep(0.1)
        go[0].set()
        await sending
        assert (await caller.answer()).status == 200

    any_stage(play, handler)


def test_body_and_answer_at_the_same_time(any_stage: Stage) -> None:
    """While the answer is stuck, the caller's pauses in sending do not count."""

    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], None)
        exchange.write(bytes(12_000_000))
        body = await exchange.body(100)
        await exchange.drain()
        exchange.finish(body)

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(b"POST / HTTP/1.1\r\ncontent-length: 4\r\n\r\nab")
        await asyncio.sleep(0.5)
        await caller.send(b"c")
        while len(caller.raw) < 12_000_000:
            await caller.receive()
        assert bytes((await caller.ask(b"d")).body[-4:]) == b"abcd"

    any_stage(play, handler, Limits(body_s=0.4))


def test_drain_holds_a_fast_handler_back(any_stage: Stage) -> None:
    total = 200
    written: list[int] = []

    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], None)
        for _ in range(total):
            exchange.write(b"x" * 65536)
            written.append(1)
            await exchange.drain()
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(GET)
        await asyncio.sleep(0.1)
        assert 0 < len(written) < total
        assert len((await caller.answer()).body) == total * 65536

    any_stage(play, handler)


def test_a_caller_that_takes_nothing_is_cut(any_stage: Stage) -> None:
    ended: list[str] = []

    async def handler(exchange: Exchange) -> None:
        try:
            exchange.start(200, [], None)
            while True:
                exchange.write(b"x" * 65536)
                await exchange.drain()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def play(bench: Bench) -> None:
        caller = await bench.call(buffer=4096)
        await caller.send(GET)
        await any_stage.until(lambda: ended == ["cancelled"])
        await any_stage.until(lambda: bench.server.connections == 0)

    any_stage(play, handler, Limits(send_s=0.1))


def test_a_slow_caller_that_takes_something_is_not_cut(any_stage: Stage) -> None:
    size = 12_000_000

    async def handler(exchange: Exchange) -> None:
        exchange.start(200, [], size)
        exchange.finish(bytes(size))

    async def play(bench: Bench) -> None:
        caller = await bench.call(parse=False)
        await caller.send(GET)
        while len(caller.raw) < size:
            for _ in range(5):
                if len(caller.raw) < size:
                    await caller.receive()
            await asyncio.sleep(0.02)

    any_stage(play, handler, Limits(send_s=0.3))


def test_an_answer_that_is_written_but_not_taken_is_cut_too(any_stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        body = b"x" * 20_000_000
        exchange.start(200, [], len(body))
        exchange.finish(body)

    async def play(bench: Bench) -> None:
        for how in (b"keep-alive", b"close"):
            caller = await bench.call(buffer=4096)
            await caller.send(b"GET / HTTP/1.1\r\nconnection: " + how + b"\r\n\r\n")
            assert bench.server.connections == 1
            await any_stage.until(lambda: bench.server.connections == 0)

    any_stage(play, handler, Limits(send_s=0.1))


def test_the_next_request_waits_until_the_caller_takes_the_answer(stage: Stage) -> None:
    """Or a caller that asks and never reads would pile up answers."""
    asked: list[bytes] = []

    async def handler(exchange: Exchange) -> None:
        asked.append(exchange.path)
        exchange.start(200, [], 10_000_000)
        exchange.finish(bytes(10_000_000))

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        await caller.send(b"GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n")
        await asyncio.sleep(0.05)
        assert asked == [b"/1"]
        assert len((await caller.answer()).body) == 10_000_000
        assert len((await caller.answer()).body) == 10_000_000

    stage(play, handler)


def test_small_answers_are_sent_at_once(stage: Stage) -> None:
    async def handler(exchange: Exchange) -> None:
        sock = exchange._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        exchange.start(200, [], 0)
        exchange.finish()

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        assert (await caller.ask(GET)).status == 200

    stage(play, handler)


def test_the_peer_is_known(stage: Stage) -> None:
    peers: list[object] = []

    async def handler(exchange: Exchange) -> None:
        peers.append(exchange.peer)
        raise UnknownPath("none")

    async def play(bench: Bench) -> None:
        caller = await bench.call()
        address = caller.sock.getsockname()
        answer = await caller.ask(GET)
        assert (answer.status, answer.json()["code"]) == (404, "unknown_path")
        assert peers == [address]

    stage(play, handler)
