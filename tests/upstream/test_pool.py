"""Connections are kept, reused, and let go."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from ajar.errors import ConnectFailed
from ajar.upstream import client as client_module
from ajar.upstream.client import Client
from ajar.upstream.origin import Origin
from upstream.servers import HELLO, Peer, Server, answering, eventually, once, post

if TYPE_CHECKING:
    from upstream.conftest import Run


async def ask(client: Client, origin: Origin) -> None:
    response = await client.send(origin, *post(), connect_s=5)
    assert await response.read(100) == b"hello"


def idle(client: Client) -> int:
    return sum(len(lane.idle) for lane in client._lanes.values())


def opened(client: Client) -> int:
    return sum(len(lane.open) for lane in client._lanes.values())


def test_a_thousand_requests_use_one_connection(run: Run) -> None:
    async def main() -> None:
        async with Server(answering(HELLO)) as server:
            client = Client(environ={})
            for _ in range(1000):
                await ask(client, server.origin)
            assert server.accepted == 1
            assert opened(client) == idle(client) == 1
            await client.close()
            assert opened(client) == idle(client) == 0

    run(main())


def test_nagle_is_off(run: Run) -> None:
    async def main() -> None:
        async with Server(answering(HELLO)) as server:
            client = Client(environ={})
            await ask(client, server.origin)
            (connection,) = next(iter(client._lanes.values())).open
            sock = connection._transport.get_extra_info("socket")
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            await client.close()

    run(main())


def test_the_one_used_last_is_taken_first(run: Run) -> None:
    used: list[int] = []

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            used.append(peer.number)
            await asyncio.sleep(0.01 * (peer.number + 1))
            await peer.say(HELLO)

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={})
            await asyncio.gather(*(ask(client, server.origin) for _ in range(3)))
            assert sorted(used) == [0, 1, 2]
            for _ in range(3):
                await ask(client, server.origin)
            assert used[3:] == [2, 2, 2]
            await client.close()

    run(main())


def test_origins_do_not_share(run: Run) -> None:
    async def main() -> None:
        async with Server(answering(HELLO)) as one, Server(answering(HELLO)) as two:
            client = Client(environ={})
            for _ in range(3):
                await ask(client, one.origin)
                await ask(client, two.origin)
            assert one.accepted == two.accepted == 1
            await client.close()

    run(main())


def test_an_old_connection_is_not_used(run: Run) -> None:
    async def main() -> None:
        async with Server(answering(HELLO)) as server:
            client = Client(environ={}, idle_s=60)
            await ask(client, server.origin)
            (lane,) = client._lanes.values()
            lane.idle[0].expires -= 60
            await ask(client, server.origin)
            assert server.accepted == 2
            await eventually(lambda: opened(client) == 1)
            await client.close()

    run(main())


def test_unused_connections_are_swept(run: Run) -> None:
    async def main() -> None:
        async with Server(answering(HELLO)) as server:
            client = Client(environ={}, idle_s=0.3)
            await asyncio.gather(*(ask(client, server.origin) for _ in range(5)))
            assert idle(client) == 5
            await eventually(lambda: opened(client) == 0)
            assert idle(client) == 0
            await eventually(lambda: client._sweeper is None)
            await ask(client, server.origin)
            assert server.accepted == 6
            assert client._sweeper is not None
            await client.close()
            assert client._sweeper is None

    run(main())


def test_an_origin_that_is_long_unused_is_forgotten(run: Run) -> None:
    """As that of a runtime that was started anew, on another port."""

    async def main() -> None:
        async with Server(answering(HELLO)) as lasting:
            client = Client(environ={}, idle_s=0.4, forget_s=0.3)
            for _ in range(20):
                async with Server(answering(HELLO)) as passing:
                    await ask(client, passing.origin)
                with pytest.raises(ConnectFailed):
                    await ask(client, passing.origin)
            assert len(client._lanes) == 20
            deadline = time.monotonic() + 3
            while len(client._lanes) > 1:
                assert time.monotonic() < deadline
                await ask(client, lasting.origin)
                await asyncio.sleep(0.02)
            assert list(client._lanes) == [lasting.origin]
            await ask(client, lasting.origin)
            assert lasting.accepted == 1, "one in use is kept, with its connections"
            await client.close()

    run(main())


def test_an_origin_to_which_a_connection_is_being_made_is_not_forgotten(run: Run, monkeypatch: Any) -> None:
    real = client_module.dial

    async def slowly(*given: Any) -> Any:
        await asyncio.sleep(0.6)
        return await real(*given)

    async def main() -> None:
        async with Server(answering(HELLO)) as one, Server(answering(HELLO)) as two:
            client = Client(environ={}, idle_s=0.4, forget_s=0.05)
            await ask(client, one.origin)
            monkeypatch.setattr(client_module, "dial", slowly)
            asking = asyncio.create_task(ask(client, two.origin))
            while not asking.done():
                await ask(client, one.origin)
                await asyncio.sleep(0.02)
            assert two.origin in client._lanes
            assert opened(client) == 2
            await client.close()

    run(main())


def test_a_sweep_spares_what_is_answering(run: Run) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(0.15)
        await peer.say(HELLO)

    async def main() -> None:
        async with Server(script) as server:
            client = Client(environ={}, idle_s=0.02)
            await ask(client, server.origin)
            await client.close()

    run(main())


def test_only_so_many_are_kept(run: Run) -> None:
    async def main() -> None:
        async with Server(answering(HELLO)) as server:
            client = Client(environ={}, max_idle_per_origin=2)
            await asyncio.gather(*(ask(client, server.origin) for _ in range(5)))
            assert server.accepted == 5
            await eventually(lambda: opened(client) == 2)
            assert idle(client) == 2
            await client.close()

    run(main())


def test_one_that_the_peer_closes_is_dropped_at_once(run: Run) -> None:
    async def main() -> None:
        async with Server(once(HELLO)) as server:
            client = Client(environ={})
            await ask(client, server.origin)
            await eventually(lambda: opened(client) == 0)
            assert idle(client) == 0
            await ask(client, server.origin)
            assert server.accepted == 2
            await client.close()

    run(main())


def test_one_that_the_peer_closed_in_this_very_turn_is_not_used(run: Run) -> None:
    """The event loop has not heard of it yet: the socket is asked. Nothing is sent twice."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(3)

        async def main() -> None:
            loop = asyncio.get_running_loop()
            client = Client(environ={})
            origin = Origin("http", *listening.getsockname())
            asking = asyncio.create_task(ask(client, origin))
            peer, _ = await loop.run_in_executor(None, listening.accept)
            with peer:
                await loop.run_in_executor(None, peer.recv, 1000)
                peer.sendall(HELLO)
                await asking
                peer.shutdown(socket.SHUT_WR)
                asking = asyncio.create_task(ask(client, origin))
                second, _ = await loop.run_in_executor(None, listening.accept)
                with second:
                    await loop.run_in_executor(None, second.recv, 1000)
                    second.sendall(HELLO)
                    await asking
                assert peer.recv(1000) == b""
            await client.close()

        run(main())


def test_idle_connections_do_not_keep_a_loop_alive(run: Run) -> None:
    async def main() -> None:
        async with Server(answering(HELLO)) as server:
            client = Client(environ={}, idle_s=3600)
            await ask(client, server.origin)
            await client.close()

    start = time.monotonic()
    run(main())
    assert time.monotonic() - start < 5
