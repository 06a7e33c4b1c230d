"""Many callers at once, each on a keep-alive connection of its own, and the model that they all ask."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from doubles.upstream import DONE, chunk, completion

WORDS = ("one ", "two ", "three")


@dataclass
class Answer:
    """An answer as its caller saw it; `whole` says whether it came to its proper end."""

    status: int
    headers: dict[str, str]
    body: bytes = b""
    whole: bool = False

    @property
    def good(self) -> bool:
        """A whole answer with all that the model said."""
        return self.whole and self.status == 200 and all(word.encode() in self.body for word in WORDS)


class Caller:
    """One connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, model: str, *, stream: bool) -> Answer:
        """One request, on the connection of the last one if it is still open. Raises OSError and EOFError."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        assert self._reader is not None
        body = json.dumps({"model": model, "stream": stream, "messages": [{"role": "user", "content": "hi"}]}).encode()
        head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body)
        self._writer.write(head + body)
        try:
            first, headers = await _head(self._reader)
            answer = Answer(int(first.split()[1]), headers)
            await _body(self._reader, answer)
        except BaseException:
            self.leave()
            raise
        if answer.headers.get("connection") == "close":
            self.leave()
        return answer

    def leave(self) -> None:
        """Close the connection."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, str]]:
    """The first line of a message, and its headers."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if line)
    return first, {name.lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, answer: Answer) -> None:
    length = answer.headers.get("content-length")
    if length is not None:
        answer.body = await reader.readexactly(int(length))
        answer.whole = True
        return
    with suppress(asyncio.IncompleteReadError):  # what came of it is the answer
        while size := int(await reader.readuntil(b"\r\n"), 16):
            answer.body += (await reader.readexactly(size + 2))[:-2]
        await reader.readexactly(2)
        answer.whole = answer.body.endswith(DONE)


@dataclass
class Crowd:
    """`size` callers who ask `model` again and again, every other answer as a stream; an async context manager.

    `excused`: a connection may break, as it does where a process is killed; the caller then makes a new one.
    """

    port: int
    size: int
    model: str = "r"
    excused: bool = False
    answers: list[Answer] = field(default_factory=list[Answer])
    broken: list[str] = field(default_factory=list[str])

    async def __aenter__(self) -> Self:
        self._over = asyncio.Event()
        self._tasks = [asyncio.create_task(self._call(number)) for number in range(self.size)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await asyncio.gather(*self._tasks)

    async def _call(self, number: int) -> None:
        caller = Caller(self.port)
        while not self._over.is_set():
            number += 1
            try:
                self.answers.append(await caller.ask(self.model, stream=bool(number % 2)))
            except (OSError, EOFError) as error:
                self.broken.append(repr(error))
                if not self.excused:
                    break
        caller.leave()

    @property
    def bad(self) -> list[Any]:
        """Everything that was not a good answer."""
        return [*self.broken, *((each.status, each.body) for each in self.answers if not each.good)]


class Model:
    """A Chat Completions API in this event loop, `pause_s` between two pieces; an async context manager."""

    def __init__(self, pause_s: float = 0.01) -> None:
        self.pause_s = pause_s
        self.asked = 0
        self.at_work = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # a transport closes a turn later

    @property
    def url(self) -> str:
        """The base URL for a deployment."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, EOFError, asyncio.CancelledError):
                while True:
                    await self._serve_one(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, headers = await _head(reader)
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.asked += 1
        self.at_work += 1
        try:
            await self._answer(writer, stream=body.get("stream", False))
        finally:
            self.at_work -= 1

    async def _answer(self, writer: asyncio.StreamWriter, *, stream: bool) -> None:
        if not stream:
            await asyncio.sleep(self.pause_s)
            body = json.dumps(completion("".join(WORDS))).encode()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            writer.write(b"content-length: %d\r\n\r\n" % len(body) + body)
            return
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for event in (*map(chunk, WORDS), chunk("", "stop") + DONE):
            writer.write(b"%x\r\n%b\r\n" % (len(event), event))
            await writer.drain()
            await asyncio.sleep(self.pause_s)
        writer.write(b"0\r\n\r\n")
