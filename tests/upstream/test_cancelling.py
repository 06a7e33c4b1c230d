"""Whoever leaves, leaves nothing behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ajar.errors import UpstreamClosed
from ajar.upstream.client import Client
from ajar.upstream.pool import Lane
from upstream.servers import HELLO, Peer, Server, answering, eventually, post

if TYPE_CHECKING:
    from ajar.upstream.connection import Connection
    from upstream.conftest import Run

PROMPT_S = 0.25
"""How soon the server must see that a caller left."""


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["nothing", "half a head", "1xx"]
)
def test_send(run: Run, said: bytes) -> None:
    async def main() -> None:
        async def script(peer: Peer) -> None:
            await peer.request()
            await peer.say(said)
            asked.set()
            await peer.gone()

        asked = asyncio.Event()
        async with Server(script) as server:
            client = Client(environ={})
            sending = asyncio.create_task(client.send(server.origin, *post(), connect_s=5))
            await asked.wait()
            await asyncio.sleep(0.02)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await eventually(lambda: server.finished == 1, PROMPT_S)
            await eventually(lambda: not next(iter(client._lanes.values())).open)
            await client.close()

    run(main())


def test_a_large_upload(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer) -> None:
            await peer.reader.readexactly(100_000)
            asked.set()
            await leave.wait()
            await peer.gone()

        asked, leave = asyncio.Event(), asyncio.Event()
        async with Server(script) as server:
            client = Client(environ={})
            sending = asyncio.create_task(client.send(server.origin, *post(bytes(24_000_000)), connect_s=5))
            await asked.wait()
            await asyncio.sleep(0.02)
            sending.cancel()
            leave.set()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await eventually(lambda: server.finished == 1, PROMPT_S)
            await client.close()

    run(main())


@pytest.mark.parametrize("how", ["cancel", "close"])
def test_a_body(run: Run, how: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await peer.gone()

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            response = await client.send(server.origin, *post(), connect_s=5)
            assert await response.chunk() == b"hello"
            waiting = asyncio.create_task(response.chunk())
            await asyncio.sleep(0.02)
            if how == "cancel":
                waiting.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await waiting
            else:
                response.close()
                with pytest.raises(UpstreamClosed, match="given up"):
                    await waiting
            await eventually(lambda: server.finished == 1, PROMPT_S)
            response.close()
            assert not response.ended
            with pytest.raises(UpstreamClosed):
                await response.chunk()
            await client.close()

    run(main())


def test_a_finished_response_leaves_its_connection_alone(run: Run) -> None:
    async def main() -> None:
        async with Server(answering(HELLO)) as server:
            client = Client(environ={})
            first = await client.send(server.origin, *post(), connect_s=5)
            await asyncio.sleep(0.01)
            second = asyncio.create_task(client.send(server.origin, *post(), connect_s=5))
            await asyncio.sleep(0)
            first.close()
            first.close()
            assert await (await second).read(100) == b"hello"
            assert await first.read(100) == b"hello"
            assert server.accepted == 1
            await client.close()

    run(main())


def test_cancelled_in_the_turn_in_which_the_answer_came(run: Run) -> None:
    """The connection may be another's by then."""

    async def main() -> None:
        async with Server(answering(HELLO)) as server:
            client = Client(environ={})
            for turns in range(40):
                sending = asyncio.create_task(client.send(server.origin, *post(), connect_s=5))
                for _ in range(turns):
                    await asyncio.sleep(0)
                sending.cancel()
                other = asyncio.create_task(client.send(server.origin, *post(), connect_s=5))
                await asyncio.gather(sending, return_exceptions=True)
                assert await (await other).read(100) == b"hello"
            await client.close()

    run(main())


def test_while_a_connection_is_made(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async def script(peer: Peer) -> None:
            await peer.gone()

        async with Server(script) as server:
            client = Client(environ={})
            sending: list[asyncio.Task[object]] = []
            add = Lane.add

            def leave(lane: Lane, connection: Connection) -> None:
                add(lane, connection)
                sending[0].cancel()  # the connection is made, and nobody has been given it yet

            monkeypatch.setattr(Lane, "add", leave)
            sending.append(asyncio.create_task(client.send(server.origin, *post(), connect_s=5)))
            with pytest.raises(asyncio.CancelledError):
                await sending[0]
            await eventually(lambda: server.finished == 1, PROMPT_S)
            async with asyncio.timeout(1):
                await client.close()

    run(main())
