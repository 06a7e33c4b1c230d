"""Requests and responses over real sockets."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING

import pytest

from ajar.errors import ConnectFailed, ConnectTimeout, UpstreamClosed, UpstreamError, UpstreamGarbage
from ajar.upstream import dial
from ajar.upstream.client import Client
from ajar.upstream.origin import Origin
from upstream.servers import HELLO, Peer, Server, eventually, once, post

if TYPE_CHECKING:
    from upstream.conftest import Run


def test_the_request_goes_out_as_it_is(run: Run) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.request())
        await peer.say(HELLO)

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(b'{"a": 1}'), connect_s=5)
            assert response.status == 200
            assert response.headers == [(b"content-length", b"5")]
            assert await response.read(100) == b"hello"
            await client.close()

    run(main())
    assert seen == [post(b'{"a": 1}')]


def test_head_and_body_in_one_segment_wake_the_caller_once(run: Run) -> None:
    async def main() -> None:
        async with Server(once(HELLO)) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(), connect_s=5)
            assert response.ended
            with pytest.raises(StopIteration) as done:
                response.chunk().send(None)  # returns without suspending
            assert done.value.value == b"hello"
            assert await response.chunk() == b""
            await client.close()

    run(main())


def test_header_names_are_lower_case_and_values_trimmed(run: Run) -> None:
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After:  7 \t\r\nX-Two: a\r\nx-two: b\r\nEmpty:\r\nContent-Length: 0\r\n\r\n"

    async def main() -> None:
        async with Server(once(answer)) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(), connect_s=5)
            assert response.status == 429
            assert response.header(b"retry-after") == b"7"
            assert response.header(b"x-two") == b"a"
            assert response.header(b"empty") == b""
            assert response.header(b"absent") is None
            assert response.headers.count((b"x-two", b"b")) == 1
            await client.close()

    run(main())


@pytest.mark.parametrize("apart", [True, False])
def test_interim_responses_are_skipped(run: Run, apart: bool) -> None:
    pieces = [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n", HELLO]

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(*(pieces if apart else [b"".join(pieces)]))

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(), connect_s=5)
            assert response.status == 200
            assert response.header(b"link") is None
            assert await response.read(100) == b"hello"
            await client.close()

    run(main())


@pytest.mark.parametrize("size", [65_536, 65_537, 5_000_000])
def test_a_large_body_arrives_whole(run: Run, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    seen: list[bytes] = []

    async def script(peer: Peer) -> None:
        for _ in range(2):
            seen.append((await peer.request())[1])
            await peer.say(HELLO)

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            for _ in range(2):
                response = await client.send(server.origin, *post(body), connect_s=5)
                assert await response.read(100) == b"hello"
            assert server.accepted == 1
            await client.close()

    run(main())
    assert seen == [body, body]


def test_writing_waits_for_a_slow_reader(run: Run) -> None:
    size = 24_000_000

    async def main() -> None:
        read_on = asyncio.Event()

        async def script(peer: Peer) -> None:
            head = await peer.reader.readuntil(b"\r\n\r\n")
            assert str(size).encode() in head
            await read_on.wait()
            await peer.reader.readexactly(size)
            await peer.say(HELLO)

        async with Server(script) as server:
            client = Client(environ={})
            sending = asyncio.create_task(client.send(server.origin, *post(bytes(size)), connect_s=5))
            await eventually(lambda: server.accepted == 1)
            await asyncio.sleep(0.1)
            (lane,) = client._lanes.values()
            (connection,) = lane.open
            assert not sending.done()
            assert 0 < connection._transport.get_write_buffer_size() <= 400_000
            read_on.set()
            response = await sending
            assert await response.read(100) == b"hello"
            await client.close()

    run(main())


@pytest.mark.parametrize("keep", [b"", b"connection: close\r\n"])
def test_an_early_answer_to_a_large_body(run: Run, keep: bytes) -> None:
    answer = b"HTTP/1.1 413 Too Large\r\n" + keep + b"content-length: 3\r\n\r\nbig"

    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.say(answer)
        await peer.gone()

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(bytes(24_000_000)), connect_s=5)
            assert response.status == 413
            assert await response.read(100) == b"big"
            await eventually(lambda: server.finished == 1)  # never reused: its request is half sent
            await client.close()

    run(main())


def test_an_answer_may_begin_while_the_request_goes_on(run: Run) -> None:
    size = 24_000_000

    async def script(peer: Peer) -> None:
        await peer.reader.readuntil(b"\r\n\r\n")
        await peer.say(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")
        await peer.reader.readexactly(size)
        await peer.say(b"ok")

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(bytes(size)), connect_s=5)
            assert await response.read(100) == b"ok"
            await client.close()

    run(main())


class TestNoConnection:
    """Nothing was sent, and the sentence says why."""

    def test_refused(self, run: Run) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            origin = Origin("http", "127.0.0.1", unused.getsockname()[1])

            async def main() -> None:
                client = Client(environ={})
                with pytest.raises(ConnectFailed, match=f"127.0.0.1:{origin.port}: connection refused") as caught:
                    await client.send(origin, *post(b"secret"), connect_s=5)
                assert not caught.value.sent
                assert "secret" not in str(caught.value)
                await client.close()

            run(main())

    def test_unknown_host(self, run: Run) -> None:
        async def main() -> None:
            client = Client(environ={})
            with pytest.raises(ConnectFailed, match=r"no-such-host\.invalid:80: the host name cannot be resolved"):
                await client.send(Origin("http", "no-such-host.invalid", 80), *post(), connect_s=5)
            await client.close()

        run(main())

    def test_invalid_host(self, run: Run) -> None:
        async def main() -> None:
            client = Client(environ={})
            with pytest.raises(ConnectFailed, match="the host name"):
                await client.send(Origin("http", "a" * 300, 80), *post(), connect_s=5)
            await client.close()

        run(main())

    def test_in_no_time(self, run: Run) -> None:
        with socket.socket() as full, socket.socket() as first, socket.socket() as second:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            for filler in (first, second):
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())

            async def main() -> None:
                client = Client(environ={})
                start = time.monotonic()
                with pytest.raises(ConnectTimeout, match=r"within 0\.1 s"):
                    await client.send(Origin("http", *full.getsockname()), *post(), connect_s=0.1)
                assert time.monotonic() - start < 4
                await client.close()

            run(main())

    def test_after_close(self, run: Run) -> None:
        async def main() -> None:
            async with Server(once(HELLO)) as server:
                client = Client(environ={})
                await client.close()
                await client.close()
                with pytest.raises(ConnectFailed, match="the client is closed"):
                    await client.send(server.origin, *post(), connect_s=5)
                assert server.accepted == 0

        run(main())


def test_close_ends_what_is_still_answering(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\n\r\nbegun")
        await peer.gone()

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(), connect_s=5)
            assert await response.chunk() == b"begun"
            await client.close()
            with pytest.raises(UpstreamClosed):
                await response.chunk()
            await eventually(lambda: server.finished == 1)

    run(main())


class TestUnasked:
    """Bytes that nobody asked for never become an answer."""

    @pytest.mark.parametrize(("early", "kind"), [(HELLO, UpstreamGarbage), (b"", ConnectFailed)])
    def test_before_the_first_request(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, early: bytes, kind: type[UpstreamError]
    ) -> None:
        """What lies on the socket when it is connected is seen before anything is sent."""
        ours, theirs = socket.socketpair()

        async def connected(*_: object) -> socket.socket:
            ours.setblocking(False)
            return ours

        async def main() -> None:
            client = Client(environ={})
            with pytest.raises(kind, match=r"api\.test:80"):
                await client.send(Origin("http", "api.test", 80), *post(), connect_s=5)
            await client.close()

        monkeypatch.setattr(dial, "_tcp", connected)
        with theirs:
            theirs.sendall(early)
            if not early:
                theirs.shutdown(socket.SHUT_WR)
            run(main())
            assert theirs.recv(100) == b""

    def test_between_two_requests(self, run: Run) -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(HELLO)
            if peer.number == 0:
                await asyncio.sleep(0.02)
                await peer.say(HELLO.replace(b"hello", b"WRONG"))
            await peer.request()
            await peer.say(HELLO)

        async def main() -> None:
            async with Server(script) as server:
                client = Client(environ={})
                assert await (await client.send(server.origin, *post(), connect_s=5)).read(100) == b"hello"
                await asyncio.sleep(0.06)
                assert await (await client.send(server.origin, *post(), connect_s=5)).read(100) == b"hello"
                assert server.accepted == 2
                await client.close()

        run(main())

    def test_in_the_turn_in_which_the_next_request_waits_to_leave(self, run: Run) -> None:
        """Nothing of it went out, so it is asked anew even where no request may be asked twice."""

        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(HELLO)
            await peer.request()

        async def main() -> None:
            async with Server(script) as server:
                client = Client(environ={})
                assert await (await client.send(server.origin, *post(), connect_s=5)).read(100) == b"hello"
                (connection,) = client._lanes[server.origin].idle
                sending = asyncio.create_task(client.send(server.origin, *post(), connect_s=5, again=False))
                asyncio.get_running_loop().call_soon(connection.eof_received)
                assert await (await sending).read(100) == b"hello"
                assert server.accepted == 2
                await client.close()

        run(main())

    def test_that_the_loop_has_not_read_yet(self, run: Run) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(3)
            origin = Origin("http", *listening.getsockname())

            async def main() -> None:
                loop = asyncio.get_running_loop()
                client = Client(environ={})
                sending = asyncio.create_task(client.send(origin, *post(), connect_s=5))
                peer, _ = await loop.run_in_executor(None, listening.accept)
                with peer:
                    await loop.run_in_executor(None, peer.recv, 1000)
                    peer.sendall(HELLO)
                    assert await (await sending).read(100) == b"hello"
                    peer.sendall(HELLO.replace(b"hello", b"WRONG"))
                    # No turn of the loop lies between those bytes and this request.
                    sending = asyncio.create_task(client.send(origin, *post(), connect_s=5))
                    peer2, _ = await loop.run_in_executor(None, listening.accept)
                    with peer2:
                        await loop.run_in_executor(None, peer2.recv, 1000)
                        peer2.sendall(HELLO)
                        assert await (await sending).read(100) == b"hello"
                await client.close()

            run(main())

    @pytest.mark.parametrize("excess", [b"H", b"x", HELLO, b"\0", b" "])
    def test_right_behind_an_answer(self, run: Run, excess: bytes) -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(HELLO + excess if peer.number == 0 else HELLO)
            await peer.gone()

        async def main() -> None:
            async with Server(script) as server:
                client = Client(environ={})
                for number in (1, 2):
                    response = await client.send(server.origin, *post(), connect_s=5)
                    assert await response.read(100) == b"hello"
                    assert response.ended
                    assert server.accepted == number
                await client.close()

        run(main())
