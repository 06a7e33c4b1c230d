"""One keep-alive connection of a caller: sends a ready-made request, and checks and counts what comes back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httptools

import payload

if TYPE_CHECKING:
    from collections.abc import Callable

_OK = b"HTTP/1.1 200"
_BODY = payload.answer_body()
_TEXT = payload.answer_text()
_DATA = b"data: "


class Caller(asyncio.Protocol):
    """Sends its request at each `send()`; `on_answer(self)` is called with each answer.

    `error` then says what is wrong with the answer, None where it is what the upstream said.
    """

    def __init__(self, request: bytes, on_answer: Callable[[Any], None]) -> None:
        self._request = request
        self.on_answer = on_answer
        self._parser: httptools.HttpResponseParser | None = None
        self._waiting = False
        self.error: str | None = None
        self.sent_at = 0.0

    def send(self) -> None:
        """Send the request once."""
        self._waiting = True
        self._begin()
        self._transport.write(self._request)

    def close(self) -> None:
        """Leave, also in the midst of an answer."""
        self._waiting = False
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting:
            self._finish(f"the connection was closed before the answer was complete ({exc})")

    def data_received(self, data: bytes) -> None:
        if self._parser is None:
            self._parser = httptools.HttpResponseParser(self)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._finish(f"not HTTP: {error!r}: {data[:200]!r}")

    def on_message_complete(self) -> None:
        """Called by the parser at the end of an answer."""
        assert self._parser is not None
        status = self._parser.get_status_code()
        self._parser = None
        self._finish(self._wrong() if status == 200 else f"status {status}: {self._beginning()!r}")

    def _finish(self, error: str | None) -> None:
        self._waiting = False
        self.error = error
        self.on_answer(self)

    def _begin(self) -> None:
        """Forget the last answer."""

    def _wrong(self) -> str | None:
        """What is wrong with the complete answer."""
        raise NotImplementedError

    def _beginning(self) -> bytes:
        """The first bytes of the answer's body, for an error."""
        raise NotImplementedError


class PlainCaller(Caller):
    """Takes plain answers. One that came whole and unchanged needs no parser."""

    def data_received(self, data: bytes) -> None:
        if self._parser is None and data.endswith(_BODY) and data.startswith(_OK):
            self._finish(None)
        else:
            super().data_received(data)

    def on_body(self, body: bytes) -> None:
        """Called by the parser with each piece of the body."""
        self._body += body

    def _begin(self) -> None:
        self._body = b""

    def _wrong(self) -> str | None:
        return None if _TEXT in self._body else f"not the upstream's text: {self._beginning()!r}"

    def _beginning(self) -> bytes:
        return self._body[:300]


class StreamCaller(Caller):
    """Takes streamed answers of `expected` events. Counts `events`, the body's `bytes`, and `reads` from the socket."""

    def __init__(self, request: bytes, on_answer: Callable[[Any], None], expected: int) -> None:
        super().__init__(request, on_answer)
        self._expected = expected
        self.on_first: Callable[[], None] | None = None

    def data_received(self, data: bytes) -> None:
        self.reads += 1
        super().data_received(data)

    def on_body(self, body: bytes) -> None:
        """Called by the parser with each piece of the body."""
        if not self._first and self.on_first is not None:
            self.on_first()
        self._first = self._first or body
        self.bytes += len(body)
        tail = self._tail
        seen = tail + body
        self.events += seen.count(_DATA, max(0, len(tail) - len(_DATA) + 1))
        self._tail = seen[-len(payload.DONE) :]

    def _begin(self) -> None:
        self._first = self._tail = b""
        self.events = self.bytes = self.reads = 0

    def _wrong(self) -> str | None:
        if not self._tail.rstrip().endswith(payload.DONE.rstrip()):
            return f"the stream does not end with [DONE] but {self._tail!r}"
        self.events -= 1
        # A proxy that writes events anew may leave out the one that names the role, or add one with the usage.
        if abs(self.events - self._expected) > 2:
            return f"{self.events} events instead of {self._expected}"
        return None

    def _beginning(self) -> bytes:
        return self._first[:300]


def http_request(port: int, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """The bytes of one POST."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        "content-type: application/json",
        f"content-length: {len(body)}",
    ]
    lines.extend(f"{name}: {value}" for name, value in headers.items())
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
