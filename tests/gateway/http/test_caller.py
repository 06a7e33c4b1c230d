"""The state of a connection that is not read."""

from __future__ import annotations

import asyncio
import socket

import pytest

from ajar.gateway.http.caller import has_left


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="this system does not tell the state of a connection")
def test_tcp() -> None:
    async def scene() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            caller = socket.create_connection(listener.getsockname())
            ours, _ = listener.accept()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, ours)
        transport.pause_reading()
        caller.send(b"unread")
        assert not has_left(transport)
        caller.close()
        assert has_left(transport)
        transport.abort()

    asyncio.run(scene())


def test_other_sockets_do_not_tell() -> None:
    async def scene() -> None:
        ours, theirs = socket.socketpair()
        transport, _ = await asyncio.get_running_loop().connect_accepted_socket(asyncio.Protocol, ours)
        theirs.close()
        assert not has_left(transport)
        transport.abort()

    asyncio.run(scene())
