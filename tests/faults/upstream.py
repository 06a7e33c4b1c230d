"""A deployment's API that can do every wrong thing on the wire: a real server on loopback, with its own framing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from faults.speech import Speech

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterable

    Act = Callable[["Peer", Speech], Awaitable[None]]


@dataclass
class Seen:
    """A request as it arrived, and what became of it. Times are `monotonic`."""

    path: str
    head: bytes
    body: bytes
    at: float
    left_at: float | None = None
    """When the other side closed the connection under it."""
    done: bool = False
    """The act was played to its end."""

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.gone = asyncio.Event()
        """The other side has closed."""
        self.sent = 0
        """Bytes given to the kernel, or waiting for it."""
        self.under: Seen | None = None
        """The request that is being answered."""
        self.closed = False
        """This side has closed."""
        self.lost = False
        """There is no connection any more."""
        self._chunked = False

    async def say(self, data: bytes) -> None:
        """These bytes as they are."""
        self.writer.write(data)
        self.sent += len(data)
        await self.writer.drain()

    async def start(
        self, kind: str, *, status: int = 200, length: int | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        """A head. Without a `length`, which may be a lie, the body is chunked."""
        self._chunked = length is None
        framing = ("transfer-encoding", "chunked") if length is None else ("content-length", str(length))
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in (("content-type", kind), framing))]
        lines += [f"{name}: {value}" for name, value in headers]
        await self.say("\r\n".join(lines).encode() + b"\r\n\r\n")

    async def piece(self, data: bytes) -> None:
        """Bytes of the body, in a write of their own."""
        await self.say(b"%x\r\n%b\r\n" % (len(data), data) if self._chunked else data)
        await asyncio.sleep(0)

    async def pieces(self, *pieces: bytes) -> None:
        """Several."""
        for data in pieces:
            await self.piece(data)

    async def end(self) -> None:
        """The end of a chunked body."""
        await self.say(b"0\r\n\r\n")

    async def whole(self, body: bytes, kind: str = "application/json", **options: Any) -> None:
        """A whole answer with its true length."""
        await self.start(kind, length=len(body), **options)
        await self.say(body)

    async def answer(self, speech: Speech) -> None:
        """What a healthy deployment says."""
        if not speech.stream:
            await self.whole(speech.whole)
            return
        await self.start(speech.kind)
        await self.pieces(*speech.events)
        await self.end()

    def close(self) -> None:
        """Orderly, whatever was promised."""
        self.closed = True
        self.writer.close()

    def reset(self) -> None:
        """Without farewell."""
        self.closed = True
        with contextlib.suppress(OSError):
            linger = b"\1\0\0\0\0\0\0\0"
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def hang(self) -> None:
        """Nothing more, until the other side has had enough."""
        await self.gone.wait()


async def healthy(peer: Peer, speech: Speech) -> None:
    """A whole and correct answer."""
    await peer.answer(speech)


@dataclass
class Upstream:
    """Plays `acts`, one for each request, the last one again and again. A context manager.

    `on_connect` is played in place of reading a request.
    """

    format: str
    acts: tuple[Act, ...] = (healthy,)
    on_connect: Callable[[Peer], Awaitable[None]] | None = None
    tls: ssl.SSLContext | None = None
    connections: int = 0
    seen: list[Seen] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._protocol, "127.0.0.1", 0, ssl=self.tls, backlog=1024)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def url(self) -> str:
        """Its address."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for peer in self.peers:
            if not peer.lost:
                peer.writer.transport.abort()

    def _protocol(self) -> asyncio.Protocol:
        return _Protocol(self)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Peer:
        """A caller is there."""
        peer = Peer(reader, writer)
        self.connections += 1
        self.peers.append(peer)
        task = asyncio.get_running_loop().create_task(self._serve(peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return peer

    async def _serve(self, peer: Peer) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            if self.on_connect is not None:
                await self.on_connect(peer)
                return
            while not peer.writer.is_closing():
                seen = await _read(peer.reader)
                self.seen.append(seen)
                peer.under = seen
                await self.acts[min(len(self.seen), len(self.acts)) - 1](peer, self._speech(seen))
                seen.done = True

    def _speech(self, seen: Seen) -> Speech:
        body = seen.json
        stream = "streamGenerateContent" in seen.path if self.format == "gemini" else bool(body.get("stream"))
        return Speech(self.format, body, stream=stream)


class _Protocol(asyncio.StreamReaderProtocol):
    """Tells at once, and not only whoever reads, that the other side has closed."""

    def __init__(self, upstream: Upstream) -> None:
        self._peer: Peer | None = None

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._peer = upstream.accept(reader, writer)

        super().__init__(asyncio.StreamReader(), accept)

    def eof_received(self) -> bool | None:
        self._gone()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone()
        if self._peer is not None:
            self._peer.lost = True
        super().connection_lost(exc)

    def _gone(self) -> None:
        peer = self._peer
        if peer is not None and not peer.gone.is_set():
            peer.gone.set()
            seen = peer.under
            if seen is not None and not seen.done and not peer.closed:
                seen.left_at = monotonic()


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = await reader.readexactly(length)
    return Seen(head.split(b" ")[1].decode(), head, body, monotonic())
