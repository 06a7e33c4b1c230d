"""A server and raw callers on loopback, in one event loop: what one sends, the other has read two turns later."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING, Any

import httptools
import pytest
import uvloop

from ajar.gateway.http.server import Limits, Server

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ajar.errors import AjarError
    from ajar.gateway.http.exchange import Exchange

PATIENCE_S = 5


class Answer:
    """One answer, as llhttp reads it."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.complete = False

    def header(self, name: str) -> str | None:
        return dict(reversed(self.headers)).get(name)

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """One connection to the server."""

    def __init__(self, sock: socket.socket, *, parse: bool = True) -> None:
        self.sock = sock
        self.raw = bytearray()
        self.ended = False
        self.answers: list[Answer] = []
        self.taken = 0
        self._parse = parse
        self._parser = httptools.HttpResponseParser(self)

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, data)
        await settle()

    async def answer(self) -> Answer:
        """The next whole answer."""
        async with asyncio.timeout(PATIENCE_S):
            while not (len(self.answers) > self.taken and self.answers[self.taken].complete):
                assert await self.receive(), f"the connection ended early: {self.raw[-300:]!r}"
        self.taken += 1
        return self.answers[self.taken - 1]

    async def ask(self, data: bytes) -> Answer:
        await self.send(data)
        return await self.answer()

    async def until(self, text: bytes) -> None:
        """Receive until `text` has come."""
        async with asyncio.timeout(PATIENCE_S):
            while text not in self.raw:
                assert await self.receive(), f"the connection ended early: {self.raw[-300:]!r}"

    async def end(self) -> bool:
        """Wait until the server has closed; False where it was a reset."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while await self.receive():
                    pass
        except ConnectionError:
            return False
        return True

    async def receive(self) -> bool:
        data = await asyncio.get_running_loop().sock_recv(self.sock, 65536)
        self.raw += data
        if data and self._parse:
            self._parser.feed_data(data)
        if not data and not self.ended:
            self.ended = True
            self.sock.close()
        return bool(data)

    def leave(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    # What llhttp calls.

    def on_message_begin(self) -> None:
        self.answers.append(Answer())

    def on_header(self, name: bytes, value: bytes) -> None:
        self.answers[-1].headers.append((name.decode().lower(), value.decode()))

    def on_headers_complete(self) -> None:
        self.answers[-1].status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self.answers[-1].body += body

    def on_message_complete(self) -> None:
        if self.answers[-1].status == 100:
            self.answers.pop()
        else:
            self.answers[-1].complete = True


class Bench:
    """One server, and the callers that were opened to it."""

    def __init__(self, server: Server, address: tuple[str, int]) -> None:
        self.server = server
        self.address = address
        self.callers: list[Caller] = []

    async def call(self, *, parse: bool = True, buffer: int = 0) -> Caller:
        sock = socket.socket()
        sock.setblocking(False)
        if buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.get_running_loop().sock_connect(sock, self.address)
        except OSError:
            sock.close()
            raise
        await settle()
        self.callers.append(Caller(sock, parse=parse))
        return self.callers[-1]


async def settle() -> None:
    """Let the server read what was sent."""
    for _ in range(4):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens soon."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.002)


async def echo(exchange: Exchange) -> None:
    """Answer with what was asked."""
    body = await exchange.body(1_000_000)
    said = {
        "method": exchange.method.decode(),
        "path": exchange.path.decode(),
        "query": exchange.query.decode(),
        "headers": [[name.decode(), value.decode("latin-1")] for name, value in exchange.headers],
        "body": body.decode("latin-1"),
    }
    answer = json.dumps(said).encode()
    exchange.start(200, [(b"content-type", b"application/json")], len(answer))
    exchange.finish(answer)


def on_error(error: AjarError) -> tuple[int, bytes]:
    return error.status, json.dumps({"code": error.code, "message": error.message}).encode()


async def _scene(play: Callable[[Bench], Awaitable[None]], handler: Callable[[Exchange], Any], limits: Limits) -> None:
    wrong: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: wrong.append(context))
    sock = socket.create_server(("127.0.0.1", 0))
    address = sock.getsockname()
    server = Server(handler, on_error=on_error, limits=limits)
    await server.start(sock)
    bench = Bench(server, address)
    try:
        async with asyncio.timeout(4 * PATIENCE_S):
            await play(bench)
    finally:
        for caller in bench.callers:
            caller.leave()
        await server.drain(PATIENCE_S)
    assert server.connections == 0
    assert server.exchanges == 0
    assert not wrong


class Stage:
    """Runs a scene: `stage(play, handler=..., limits=...)`."""

    echo = staticmethod(echo)
    until = staticmethod(until)
    settle = staticmethod(settle)

    def __init__(self, run: Callable[[Any], None] = uvloop.run) -> None:
        self._run = run

    def __call__(
        self,
        play: Callable[[Bench], Awaitable[None]],
        handler: Callable[[Exchange], Any] = echo,
        limits: Limits | None = None,
    ) -> None:
        self._run(_scene(play, handler, limits or Limits()))


@pytest.fixture(scope="session")
def stage() -> Stage:
    """On uvloop, as in service."""
    return Stage()


@pytest.fixture(params=[uvloop.run, asyncio.run], ids=["uvloop", "asyncio"])
def any_stage(request: pytest.FixtureRequest) -> Stage:
    """On both event loops: their transports differ in detail."""
    return Stage(request.param)
