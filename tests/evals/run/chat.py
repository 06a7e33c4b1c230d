"""A Chat Completions endpoint on loopback that says what a test wants, and else what follows from the question."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

import uvloop

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Asked:
    """A request. `running` counts those on their way, with this one; `number` counts from 0."""

    number: int
    raw: bytes
    head: bytes
    running: int
    at: float

    @property
    def body(self) -> dict[str, Any]:
        """What was asked."""
        return json.loads(self.raw)

    @property
    def text(self) -> str:
        """The last message."""
        return self.body["messages"][-1]["content"]

    def header(self, name: str) -> str | None:
        """A header's value."""
        for line in self.head.decode().split("\r\n")[1:]:
            key, _, value = line.partition(": ")
            if key == name:
                return value
        return None


@dataclass
class Said:
    """What to answer: after `delay_s`, and of the body only the first `cut` bytes before the connection is closed."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: int | None = None


def digest(text: str) -> str:
    """What the model says to a text, however often it is asked."""
    return sha256(text.encode()).hexdigest()[:8]


def completion(text: str, tokens: int = 7, **message: Any) -> bytes:
    """An answer."""
    return json.dumps(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "upstream-model-1",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": tokens, "completion_tokens": 2, "total_tokens": tokens + 2},
        }
    ).encode()


def honest(asked: Asked) -> Said:
    """An answer that follows from the question alone."""
    text = asked.text
    return Said(body=completion(digest(text), tokens=len(text)))


def error(status: int, message: str = "no", **fields: Any) -> Said:
    """A refusal in OpenAI's shape; `fields` with headers' names go there."""
    headers = {name.replace("_", "-"): str(value) for name, value in fields.items() if name.startswith(("x_", "retry"))}
    rest = {name: value for name, value in fields.items() if name.replace("_", "-") not in headers}
    return Said(status, json.dumps({"error": {"message": message, **rest}}).encode(), headers)


class Chat:
    """The server, on a thread of its own until the `with` ends. `script` may be changed at any time."""

    def __init__(self, script: Callable[[Asked], Said] = honest) -> None:
        self.script = script
        self.count = 0
        self.running = 0
        self.most = 0
        """The most requests that were ever on their way at once."""
        self.seen: list[Asked] = []
        self.keep = True
        """Whether `seen` is filled."""
        self.port = 0
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)

    def stop(self) -> None:
        """Listen no more, and drop all connections."""
        done = threading.Event()

        def close() -> None:
            self._server.close()
            for one in list(self.open):
                one.transport.abort()
            done.set()

        self._loop.call_soon_threadsafe(close)
        assert done.wait(10)

    def start(self) -> None:
        """Listen again, at the same place."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def _run(self) -> None:
        self._end = asyncio.Event()
        self.open: set[_Connection] = set()
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        await self._listen()
        self._ready.set()
        await self._end.wait()
        self._server.close()
        for one in list(self.open):
            one.transport.abort()
        await asyncio.sleep(0.01)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]


class _Connection(asyncio.Protocol):
    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._data = b""
        self._busy = False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._chat.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._chat.open.discard(self)
        self._free()

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        if len(rest) < length:
            return
        self._data = rest[length:]
        chat = self._chat
        self._busy = True
        chat.running += 1
        chat.most = max(chat.most, chat.running)
        asked = Asked(chat.count, rest[:length], head, chat.running, monotonic())
        chat.count += 1
        if chat.keep:
            chat.seen.append(asked)
        said = chat.script(asked)
        if said.delay_s:
            asyncio.get_running_loop().call_later(said.delay_s, self._say, said)
        else:
            self._say(said)

    def _say(self, said: Said) -> None:
        self._free()
        lines = [f"HTTP/1.1 {said.status} X", "content-type: application/json", f"content-length: {len(said.body)}"]
        lines += [f"{name}: {value}" for name, value in said.headers.items()]
        self.transport.write("\r\n".join(lines).encode() + b"\r\n\r\n" + said.body[: said.cut])
        if said.cut is not None:
            self.transport.close()

    def _free(self) -> None:
        if self._busy:
            self._busy = False
            self._chat.running -= 1
