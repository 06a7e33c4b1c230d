"""The upstream of the benchmark: a program that speaks OpenAI's API with ready-made bytes, as cheaply as Python can.

`python mock_upstream.py` prints `{"port": N}` and serves until its stdin ends. Plain requests are answered at once. A
streamed request names its pace in its message (see `payload.py`); each event is one write of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from functools import cache

import uvloop

import payload

_BODY = payload.answer_body()
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
_STREAM = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\n"
    b"transfer-encoding: chunked\r\n\r\n"
)
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_PACE = re.compile(rb"\[pace=(\d+) events=(\d+)\]")
_IS_STREAM = re.compile(rb'"stream": ?true')
_ASKS_USAGE = re.compile(rb'"include_usage": ?true')


@cache
def frames(events: int, with_usage: bool) -> list[bytes]:
    """Each write of a stream, in HTTP chunks: the events, then the end of the stream in one."""
    writes = [_chunk(payload.event(index, events, with_usage)) for index in range(events)]
    last = payload.usage_event() + payload.DONE if with_usage else payload.DONE
    writes.append(_chunk(last) + b"0\r\n\r\n")
    return writes


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class Connection(asyncio.Protocol):
    """One connection of the proxy under test; at most one request at a time, as HTTP/1.1 clients do."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._pending = b""
        self._timer: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Answer once the whole request is here."""
        if self._pending:
            data = self._pending + data
        head_end = data.find(b"\r\n\r\n")
        if head_end < 0 or not _complete(data, head_end):
            self._pending = data
            return
        self._pending = b""
        if not data.startswith(b"POST"):
            self._transport.write(_NOT_FOUND)
        elif _IS_STREAM.search(data, head_end):
            self._begin_stream(data)
        else:
            self.answer(data)

    def answer(self, request: bytes) -> None:  # noqa: ARG002 - another upstream looks at it
        """Answer a plain request."""
        self._transport.write(_ANSWER)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._timer is not None:
            self._timer.cancel()

    def _begin_stream(self, data: bytes) -> None:
        found = _PACE.search(data)
        pace, events = (int(found[1]), int(found[2])) if found else (payload.PACE_MS, payload.EVENTS)
        self._frames = iter(frames(events, _ASKS_USAGE.search(data) is not None))
        self._pace = pace / 1000
        self._later = asyncio.get_running_loop().call_later
        self._transport.write(_STREAM)
        self._timer = self._later(self._pace, self._write_event)

    def _write_event(self) -> None:
        frame = next(self._frames, None)
        if frame is None:
            self._timer = None
            return
        self._transport.write(frame)
        self._timer = self._later(self._pace, self._write_event)


def _complete(data: bytes, head_end: int) -> bool:
    length = _LENGTH.search(data, 0, head_end + 2)
    if length:
        return len(data) >= head_end + 4 + int(length[1])
    if _CHUNKED.search(data, 0, head_end + 2):
        return data.endswith(b"\r\n0\r\n\r\n")
    return True


async def serve(connection: type[Connection] = Connection) -> None:
    """Listen on a free port of the loopback until stdin ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(connection, "127.0.0.1", 0, backlog=4096)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(serve())
