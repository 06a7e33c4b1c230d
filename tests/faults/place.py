"""The address of a deployment, and what there is at it."""

from __future__ import annotations

import socket
import ssl
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

import trustme

from faults.upstream import Upstream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from faults.table import Fault
    from faults.upstream import Peer


@asynccontextmanager
async def place(fault: Fault, speech: str) -> AsyncIterator[tuple[str, Upstream]]:
    """The faulty deployment's address, and the server there; it is never asked where nothing listens."""
    upstream = Upstream(speech, (fault.act,))
    async with AsyncExitStack() as stack:
        if fault.listens == "own certificate":
            upstream.tls = _certificate()
        if not fault.reads and fault.listens == "tcp":
            upstream.on_connect = _reset
        if fault.listens == "plain text":
            upstream.on_connect = _plain
        if fault.listens in ("tcp", "own certificate", "plain text"):
            await stack.enter_async_context(upstream)
            yield upstream.url.replace("http:", "http:" if fault.listens == "tcp" else "https:"), upstream
        elif fault.listens == "no name":
            yield "http://no-such-host.invalid", upstream
        else:
            port = _closed(stack) if fault.listens == "nothing" else _full(stack)
            yield f"http://127.0.0.1:{port}", upstream


async def _reset(peer: Peer) -> None:
    peer.reset()


async def _plain(peer: Peer) -> None:
    """What a server without TLS makes of it."""
    await peer.reader.read(1)
    await peer.say(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    peer.close()


def _closed(stack: AsyncExitStack) -> int:
    """A port that is taken, and on which nobody listens."""
    taken = stack.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    return taken.getsockname()[1]


def _full(stack: AsyncExitStack) -> int:
    """A port whose queue is full, so that the kernel answers nothing."""
    full = stack.enter_context(socket.socket())
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    for _ in range(2):
        filler = stack.enter_context(socket.socket())
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
    return full.getsockname()[1]


@cache
def _certificate() -> ssl.SSLContext:
    """Of an authority that nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context
