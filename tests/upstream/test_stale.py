"""A connection that was reused and ended before any byte of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.errors import UpstreamClosed, UpstreamError
from ajar.upstream.client import Client
from upstream.servers import HELLO, Peer, Server, post

if TYPE_CHECKING:
    from upstream.conftest import Run


@pytest.mark.parametrize("farewell", ["close", "reset"])
def test_it_is_tried_once_more(run: Run, farewell: str) -> None:
    bodies: list[bytes] = []

    async def script(peer: Peer) -> None:
        bodies.append((await peer.request())[1])
        await peer.say(HELLO)
        bodies.append((await peer.request())[1])
        if peer.number == 0:
            if farewell == "reset":
                peer.reset()
            return
        await peer.say(HELLO)

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            for body in (b"1", b"2", b"3"):
                response = await client.send(server.origin, *post(body), connect_s=5)
                assert await response.read(100) == b"hello"
            assert server.accepted == 2
            await client.close()

    run(main())
    assert bodies == [b"1", b"2", b"2", b"3"]


def test_it_is_tried_with_a_large_body_too(run: Run) -> None:
    body = bytes(3_000_000)

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(HELLO)
        if peer.number == 0:
            await peer.reader.readexactly(10)
            peer.reset()

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            for _ in range(2):
                response = await client.send(server.origin, *post(body), connect_s=5)
                assert await response.read(100) == b"hello"
            assert server.accepted == 2
            await client.close()

    run(main())


def test_it_is_not_tried_twice(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        if peer.number == 0:
            await peer.say(HELLO)
            await peer.request()

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            await (await client.send(server.origin, *post(), connect_s=5)).read(100)
            with pytest.raises(UpstreamClosed, match="closed the connection before its answer"):
                await client.send(server.origin, *post(), connect_s=5)
            assert server.accepted == 2
            await client.close()

    run(main())


def test_a_new_one_is_not_connection(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            with pytest.raises(UpstreamClosed, match=f"127.0.0.1:{server.port} closed the connection before"):
                await client.send(server.origin, *post(), connect_s=5)
            assert server.accepted == 1
            await client.close()

    run(main())


def test_one_that_said_a_byte_is_not(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(HELLO)
        await peer.request()
        await peer.say(b"H")

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            await (await client.send(server.origin, *post(), connect_s=5)).read(100)
            with pytest.raises(UpstreamClosed, match="in the middle of its answer"):
                await client.send(server.origin, *post(), connect_s=5)
            assert server.accepted == 1
            await client.close()

    run(main())


def test_the_fault_does_not_claim_that_nothing_was_sent(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(HELLO)
            await peer.request()
            await server.stop_listening()

        async with Server(script) as server:
            client = Client(environ={})
            await (await client.send(server.origin, *post(), connect_s=5)).read(100)
            with pytest.raises(UpstreamError, match="connection refused") as caught:
                await client.send(server.origin, *post(), connect_s=5)
            assert caught.value.sent
            await client.close()

    run(main())
