"""A caller on a raw connection, who sees what the wire says and when."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Self

from httptools import HttpParserError, HttpResponseParser

PATHS = {
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "anthropic": "/v1/messages",
}
PROMPT = "hi, what can you count?"
PATIENCE_S = 8.0
"""How long a caller waits for the end of an answer before it is taken to hang."""

_KEPT = 1024 * 1024
_READ = 65_536
"""Bytes at once. What is kept of a very long body is so many pieces, and this makes the most of each."""


def request(front: str, model: str, *, stream: bool) -> dict[str, Any]:
    """A request in this format."""
    turns = [{"role": "user", "content": PROMPT}]
    said: dict[str, dict[str, Any]] = {
        "openai-chat": {"messages": turns},
        "openai-responses": {"input": turns},
        "anthropic": {"messages": turns, "max_tokens": 100},
    }
    return {"model": model, "stream": stream, **said[front]}


def message(front: str, model: str, *, stream: bool) -> bytes:
    """The same as bytes of HTTP."""
    body = json.dumps(request(front, model, stream=stream)).encode()
    head = f"POST {PATHS[front]} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class Heard:
    """An answer as it arrived. Of a very long body only beginning and end are kept."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    """Body bytes, each with the time of their arrival."""
    whole: bool = False
    """The body came to the end that its framing announced."""
    hung: bool = False
    """No end within the caller's patience."""
    asked_at: float = 0
    ended_at: float = 0
    size: int = 0

    @property
    def body(self) -> bytes:
        """All of it, or what was kept."""
        return b"".join(data for _, data in self.pieces)

    @property
    def seconds(self) -> float:
        """From the request to the end of the answer."""
        return self.ended_at - self.asked_at


class Caller:
    """One connection. A context manager."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.heard = Heard()

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> float:
        """Close without farewell; returns when that was."""
        self.writer.transport.abort()
        return monotonic()

    def send(self, data: bytes) -> None:
        """Ask."""
        self.heard = Heard(asked_at=monotonic())
        self._parser = HttpResponseParser(self)
        self.writer.write(data)

    async def listen(self, until: bytes | None = None, seconds: float = PATIENCE_S) -> Heard:
        """Hear the answer to its end, or until it holds these bytes."""
        heard = self.heard
        try:
            async with asyncio.timeout(seconds):
                while not heard.whole and (until is None or until not in heard.body):
                    data = await self.reader.read(_READ)
                    if not data:
                        break
                    self._parser.feed_data(data)
        except TimeoutError:
            heard.hung = True
        except (ConnectionError, HttpParserError):
            pass
        heard.ended_at = monotonic()
        return heard

    # The parser's side.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self.heard.headers[name.decode().lower()] = value.decode()

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self.heard.status = self._parser.get_status_code()

    def on_body(self, data: bytes) -> None:
        """Called by the parser."""
        heard = self.heard
        heard.size += len(data)
        heard.pieces.append((monotonic(), data))
        if heard.size > _KEPT and len(heard.pieces) > 64:
            del heard.pieces[32:-16]

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self.heard.whole = True


async def ask(port: int, front: str, model: str, *, stream: bool, seconds: float = PATIENCE_S) -> Heard:
    """One question and its answer."""
    async with Caller(port) as caller:
        caller.send(message(front, model, stream=stream))
        return await caller.listen(seconds=seconds)
