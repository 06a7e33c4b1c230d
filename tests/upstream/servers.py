"""Real servers on loopback whose every byte a test decides."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from ajar.upstream.origin import Origin

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

HELLO = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"


class Peer:
    """The server's end of one connection. `number` counts the server's connections from 0."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self.reader = reader
        self.writer = writer

    async def request(self) -> tuple[bytes, bytes]:
        """The next request: its head and its body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = 0
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b": ")
            if name == b"content-length":
                length = int(value)
        return head, await self.reader.readexactly(length)

    async def say(self, *pieces: bytes) -> None:
        """Write pieces, each its own TCP segment as far as the kernel allows."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    def reset(self) -> None:
        """Close without farewell."""
        self.writer.transport.abort()

    async def gone(self) -> None:
        """Wait until the client's end is closed."""
        try:
            while await self.reader.read(65_536):
                pass
        except ConnectionError:
            pass


class Server:
    """Listens on 127.0.0.1 and runs `script` for each connection; the connection is closed when the script ends."""

    def __init__(self, script: Callable[[Peer], Awaitable[None]], tls: ssl.SSLContext | None = None) -> None:
        self.accepted = 0
        self.finished = 0
        self._script = script
        self._tls = tls
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.origin = Origin("https" if self._tls else "http", "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def stop_listening(self) -> None:
        """New connections are refused from now on."""
        self._server.close()
        await asyncio.sleep(0.01)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(self.accepted, reader, writer)
        self.accepted += 1
        self._tasks.append(asyncio.get_running_loop().create_task(self._serve(peer)))

    async def _serve(self, peer: Peer) -> None:
        try:
            await self._script(peer)
            self.finished += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left
        finally:
            peer.writer.transport.abort() if peer.writer.is_closing() else peer.writer.close()
            try:
                await asyncio.wait_for(peer.writer.wait_closed(), 1)
            except (ConnectionError, TimeoutError):
                peer.writer.transport.abort()


def answering(*answers: bytes) -> Callable[[Peer], Awaitable[None]]:
    """A script: one answer for each request on a connection, the last one again and again."""

    async def script(peer: Peer) -> None:
        number = 0
        while True:
            await peer.request()
            await peer.say(answers[min(number, len(answers) - 1)])
            number += 1

    return script


def once(answer: bytes) -> Callable[[Peer], Awaitable[None]]:
    """A script: one request, one answer, the end."""

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.say(answer)

    return script


def post(body: bytes = b"{}", method: str = "POST", path: str = "/v1/x") -> tuple[bytes, bytes]:
    """A request's head and body."""
    head = f"{method} {path} HTTP/1.1\r\nhost: test\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode(), body


async def eventually(holds: Callable[[], bool], within: float = 4.0) -> None:
    """Wait until `holds()`; fails after `within` seconds, counted in turns, so that a busy machine fails no test."""
    for _ in range(int(within / 0.002)):
        if holds():
            return
        await asyncio.sleep(0.002)
    raise AssertionError("it never came true")
