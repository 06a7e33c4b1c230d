"""Bodies: where they end, and what happens when they do not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ajar.errors import UpstreamClosed, UpstreamError, UpstreamGarbage
from ajar.upstream.client import Client, Response
from upstream.servers import HELLO, Peer, Server, eventually, once, post

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from upstream.conftest import Run

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


def ask(run: Run, script: Callable[[Peer], Awaitable[None]], then: Callable[[Response], Awaitable[None]]) -> int:
    """Send one request, hand the response on; the number of connections that are kept afterwards."""
    kept = 0

    async def main() -> None:
        nonlocal kept
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(), connect_s=5)
            await then(response)
            kept = sum(len(lane.idle) for lane in client._lanes.values())
            await client.close()

    run(main())
    return kept


async def drain(response: Response, arrived: bytearray) -> None:
    """Take chunks to the end."""
    while data := await response.chunk():
        arrived += data


@pytest.mark.parametrize(
    ("answer", "body", "kept"),
    [
        (HELLO, b"hello", 1),
        (OK + b"content-length: 0\r\n\r\n", b"", 1),
        (CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", b"hello", 1),
        (CHUNKED + b"3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: t\r\n\r\n", b"hello", 1),
        (OK + b"transfer-encoding: Chunked\r\n\r\n0\r\n\r\n", b"", 1),
        (OK + b"\r\nhello", b"hello", 0),
        (OK + b"connection: close\r\ncontent-length: 5\r\n\r\nhello", b"hello", 0),
        (OK + b"connection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"hello", 0),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", b"hello", 0),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello", 0),
        (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 5\r\n\r\nhello", b"hello", 1),
        (b"HTTP/1.1 204 None\r\n\r\n", b"", 1),
        (b"HTTP/1.1 304 Same\r\ncontent-length: 5\r\n\r\n", b"", 1),
        (b"HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok", b"ok", 1),
    ],
)
def test_where_a_body_ends(run: Run, answer: bytes, body: bytes, kept: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(answer)
        if kept:
            await peer.gone()

    async def then(response: Response) -> None:
        assert await response.read(100) == body
        assert response.ended
        assert await response.chunk() == b""
        response.close()

    assert ask(run, script, then) == kept


@pytest.mark.parametrize(("answer", "kept"), [(HELLO[:-5], 1), (HELLO, 0), (OK + b"\r\n", 0), (CHUNKED, 1)])
def test_an_answer_to_head_has_no_body(run: Run, answer: bytes, kept: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(answer)
        await peer.gone()

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(b"", "HEAD"), connect_s=5)
            assert response.ended
            assert await response.chunk() == b""
            assert sum(len(lane.idle) for lane in client._lanes.values()) == kept
            await client.close()

    run(main())


def test_chunks_come_as_they_arrive_and_joined_when_late(run: Run) -> None:
    async def main() -> None:
        said, ask_on = asyncio.Event(), asyncio.Event()

        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(CHUNKED)
            await peer.say(b"1\r\na\r\n")
            await ask_on.wait()
            await peer.say(b"1\r\nb\r\n", b"1\r", b"\nc\r\n")
            said.set()
            ask_on.clear()
            await ask_on.wait()
            await peer.say(b"0\r\n\r\n")
            await peer.gone()

        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(), connect_s=5)
            assert not response.ended
            assert await response.chunk() == b"a"
            ask_on.set()
            await said.wait()
            await asyncio.sleep(0.02)
            assert await response.chunk() == b"bc"
            assert not response.ended
            ask_on.set()
            assert await response.chunk() == b""
            assert response.ended
            await client.close()

    run(main())


def test_ended_is_known_with_the_last_bytes(run: Run) -> None:
    async def then(response: Response) -> None:
        assert await response.chunk() == b"hello"
        assert response.ended

    ask(run, once(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n"), then)


@pytest.mark.parametrize(
    "answer",
    [
        HELLO[:-1],
        HELLO[:-5],
        CHUNKED,
        CHUNKED + b"5\r\nhel",
        CHUNKED + b"5\r\nhello\r\n",
        CHUNKED + b"5\r\nhello\r\n0\r\n",
        CHUNKED + b"5\r\nhello\r\n0\r\nx: y\r\n",
    ],
)
def test_a_cut_body_is_not_a_whole_one(run: Run, answer: bytes) -> None:
    body = answer.partition(b"\r\n\r\n")[2].removeprefix(b"5\r\n").partition(b"\r")[0]

    async def then(response: Response) -> None:
        arrived = bytearray()
        with pytest.raises(UpstreamClosed, match="closed the connection in the middle of its answer"):
            await drain(response, arrived)
        assert arrived == body
        assert not response.ended
        with pytest.raises(UpstreamClosed):
            await response.read(100)

    assert ask(run, once(answer), then) == 0


def test_a_reset_is_never_an_end(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK + b"\r\nhello")
        await asyncio.sleep(0.02)
        peer.writer.get_extra_info("socket").setsockopt(1, 13, b"\1\0\0\0\0\0\0\0")  # SO_LINGER 0: RST on close
        peer.reset()

    async def then(response: Response) -> None:
        assert await response.chunk() == b"hello"
        with pytest.raises(UpstreamClosed, match="reset the connection"):
            await response.chunk()

    ask(run, script, then)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"<html>no</html>", "Expected HTTP/"),
        (b"\x16\x03\x01\0\0", "Expected HTTP/"),
        (b"SSH-2.0-OpenSSH\r\n", "Expected HTTP/"),
        (b"HTTP/9.9 200 OK\r\n\r\n", "version"),
        (b"HTTP/1.1 99 OK\r\n\r\n", "status"),
        (b"HTTP/1.1 099 OK\r\n\r\n", "status 99"),
        (b"HTTP/1.1 600 OK\r\n\r\n", "status 600"),
        (b"HTTP/1.1 101 Switch\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nraw", "switch of protocols"),
        (b"HTTP/1.1 101 Switch\r\n\r\n", "switch of protocols"),
        (OK + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", "Content-Length"),
        (OK + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\nhello", "Transfer-Encoding"),
        (OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello!", "Content-Length"),
        (OK + b"content-length: 5, 6\r\n\r\nhello!", "Content-Length"),
        (OK + b"content-length: -5\r\n\r\nhello", "Content-Length"),
        (OK + b"content-length: 99999999999999999999999\r\n\r\n", "overflow"),
        (OK + b"transfer-encoding: gzip\r\n\r\nhello", "other than chunked"),
        (OK + b"transfer-encoding: chunked, identity\r\n\r\nhello", "other than chunked"),
        (OK + b"bad header\r\n\r\n", "header"),
        (OK + b"bad\0: x\r\n\r\n", "header"),
        (OK + b"x: a\r\n folded\r\n\r\n", "whitespace"),
        (OK + b"x: 1\r\n" * 257 + b"\r\n", "HTTP/1.1"),
        (OK + b"".join(b"x: 1\r\n" for _ in range(257)) + b"\r\n", "more than 256 headers"),
        (OK + b"x: " + b"y" * 70_000 + b"\r\n\r\n", "a head of more than 65536 bytes"),
        (OK + b"x: " + b"y" * 700_000, "a head of more than 65536 bytes"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 4_000, "a head of more than 65536 bytes"),
        (b"\r\n" * 40_000, "a head of more than 65536 bytes"),
    ],
)
def test_a_head_that_is_not_sound(run: Run, answer: bytes, why: str) -> None:
    async def main() -> None:
        async with Server(once(answer)) as server:
            client = Client(environ={})
            with pytest.raises(UpstreamGarbage, match=why) as caught:
                await client.send(server.origin, *post(), connect_s=5)
            assert server.origin.label in str(caught.value)
            assert server.accepted == 1
            assert not any(lane.idle for lane in client._lanes.values())
            await client.close()

    run(main())


def test_heads_within_the_limits(run: Run) -> None:
    headers = b"".join(b"x-%d: %s\r\n" % (number, b"y" * 200) for number in range(255)) + b"content-length: 0\r\n"

    async def then(response: Response) -> None:
        assert len(response.headers) == 256
        assert response.ended

    ask(run, once(OK + headers + b"\r\n"), then)


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nhello\r\n",
        b"5\r\nhelloX\r\n",
        b"ffffffffffffffffff\r\n",
        b"0x5\r\nhello\r\n",
        b"-5\r\nhello\r\n",
        b"5 \r\n",
    ],
)
def test_a_body_that_is_not_sound(run: Run, body: bytes) -> None:
    async def then(response: Response) -> None:
        with pytest.raises(UpstreamGarbage, match=r"not sound HTTP/1\.1"):
            await drain(response, bytearray())

    assert ask(run, once(CHUNKED + body), then) == 0


@pytest.mark.parametrize("endless", [b"5;" + b"x" * 1000, b"0\r\n" + b"t: x\r\n" * 200])
def test_framing_without_end(run: Run, endless: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(CHUNKED + endless)
        for _ in range(2000):
            await peer.say(b"t: x\r\n" * 100 if endless.startswith(b"0") else b"x" * 1000)

    async def then(response: Response) -> None:
        with pytest.raises(UpstreamGarbage, match="chunk extensions or trailers without end"):
            await response.chunk()

    ask(run, script, then)


@pytest.mark.parametrize("limit", [4, 5])
@pytest.mark.parametrize("pieces", [[HELLO], [HELLO[:-2], b"lo"], [CHUNKED, b"5\r\nhello\r\n", b"0\r\n\r\n"]])
def test_read_has_a_limit(run: Run, limit: int, pieces: list[bytes]) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        for piece in pieces:
            await peer.say(piece)
            await asyncio.sleep(0.005)
        await peer.gone()

    async def then(response: Response) -> None:
        if limit == 5:
            assert await response.read(limit) == b"hello"
        else:
            with pytest.raises(UpstreamGarbage, match="a body of more than 4 bytes"):
                await response.read(limit)

    ask(run, script, then)


def test_reading_stops_while_nobody_takes_the_body(run: Run) -> None:
    size = 48_000_000

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK + b"content-length: %d\r\n\r\n" % size)
        await peer.say(bytes(size))
        await peer.request()
        await peer.say(HELLO)

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(), connect_s=5)
            await eventually(lambda: response.source is not None and response.source.held)
            await asyncio.sleep(0.05)
            assert 256_000 < sum(map(len, response.parts)) <= 600_000
            assert not response.ended
            arrived = 0
            while data := await response.chunk():
                assert len(data) <= 600_000
                arrived += len(data)
            assert arrived == size
            again = await client.send(server.origin, *post(), connect_s=5)
            assert await again.read(10) == b"hello"
            assert server.accepted == 1
            await client.close()

    run(main())


def test_closing_a_held_response(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK + b"\r\n")
        while True:
            await peer.say(bytes(100_000))

    async def then(response: Response) -> None:
        await eventually(lambda: response.source is not None and response.source.held)
        response.close()
        while True:
            try:
                await response.chunk()
            except UpstreamError:
                break

    assert ask(run, script, then) == 0


class TestPouring:
    """The body goes to a function, without a task being woken for each piece."""

    def test_pieces_as_they_arrive(self, run: Run) -> None:
        taken: list[bytes] = []

        def sink(data: bytes) -> bool:
            taken.append(data)
            return False

        async def main() -> None:
            async def script(peer: Peer) -> None:
                await peer.request()
                await peer.say(CHUNKED)
                for number in range(5):
                    await peer.say(b"2\r\n%02d\r\n" % number)
                    await eventually(lambda number=number: len(taken) == number + 1)
                await peer.say(b"2\r\n", b"05\r", b"\n", b"0\r\n\r\n")
                await peer.request()
                await peer.say(HELLO)

            async with Server(script) as server:
                client = Client(environ={})
                response = await client.send(server.origin, *post(), connect_s=5)
                assert await response.pour(sink)
                assert response.ended
                assert await response.pour(sink)
                assert b"".join(taken) == b"000102030405"
                response = await client.send(server.origin, *post(), connect_s=5)
                assert await response.read(10) == b"hello"
                assert server.accepted == 1
                await client.close()

        run(main())

    def test_a_whole_body_at_once(self, run: Run) -> None:
        async def then(response: Response) -> None:
            taken: list[bytes] = []
            assert not await response.pour(lambda data: taken.append(data) is None)
            assert await response.pour(lambda data: taken.append(data) is None)
            assert taken == [b"hello"]

        ask(run, once(HELLO), then)

    def test_a_sink_that_is_full_gets_no_more(self, run: Run) -> None:
        size = 32_000_000
        taken: list[bytes] = []

        def sink(data: bytes) -> bool:
            taken.append(data)
            return True

        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(OK + b"content-length: %d\r\n\r\n" % size, bytes(size))
            await peer.gone()

        async def then(response: Response) -> None:
            assert not await response.pour(sink)
            assert len(taken) == 1
            await eventually(lambda: response.source is not None and response.source.held)
            assert len(taken) == 1
            while not await response.pour(sink):
                assert len(taken[-1]) <= 600_000
            assert sum(map(len, taken)) == size
            assert response.ended

        assert ask(run, script, then) == 1

    def test_a_cut_comes_after_what_arrived(self, run: Run) -> None:
        taken: list[bytes] = []

        async def then(response: Response) -> None:
            assert not await response.pour(lambda data: taken.append(data) is None)
            with pytest.raises(UpstreamClosed, match="in the middle"):
                await response.pour(lambda data: taken.append(data) is None)
            assert b"".join(taken) == b"hel"

        ask(run, once(CHUNKED + b"5\r\nhel"), then)

    def test_cancelled_it_leaves_nothing_behind(self, run: Run) -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(CHUNKED + b"5\r\nhello\r\n")
            await peer.gone()

        async def main() -> None:
            async with Server(script) as server:
                client = Client(environ={})
                response = await client.send(server.origin, *post(), connect_s=5)
                pouring = asyncio.create_task(response.pour(lambda _: False))
                await asyncio.sleep(0.02)
                pouring.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await pouring
                await eventually(lambda: server.finished == 1, 0.25)
                await client.close()

        run(main())

    def test_framing_without_end(self, run: Run) -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(CHUNKED + b"5\r\nhello\r\n5;")
            for _ in range(2000):
                await peer.say(b"x" * 1000)

        async def then(response: Response) -> None:
            with pytest.raises(UpstreamGarbage, match="chunk extensions"):
                await response.pour(lambda _: False)

        ask(run, script, then)


def test_rest_does_not_wait(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(OK + b"content-length: 3000000\r\n\r\n", bytes(3_000_000))
        await peer.gone()

    async def then(response: Response) -> None:
        await eventually(lambda: response.source is not None and response.source.held)
        arrived = len(response.rest())
        assert arrived > 256_000
        assert response.rest() == b""
        assert len(await response.read(3_000_000)) == 3_000_000 - arrived  # reading went on
        assert response.rest() == b""

    assert ask(run, script, then) == 1
