"""A scripted model API: a real HTTP/1.1 server on loopback that says exactly what a test wants said."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Seen:
    """A request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass
class Reply:
    """Bytes to send, piece by piece, `pause` seconds apart; then close, or hold the connection open."""

    pieces: list[bytes]
    pause: float = 0.0
    close: bool = False
    hang_s: float = 0.0
    reset: bool = False


def answer(body: bytes | dict[str, Any], status: int = 200, kind: str = "application/json", **headers: str) -> Reply:
    """A complete answer with a content-length."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return Reply(["\r\n".join(lines).encode() + b"\r\n\r\n" + data])


def stream(events: list[bytes], *, pause: float = 0.0, cut: bool = False) -> Reply:
    """An event stream, chunked, each event in a write of its own; `cut` closes before the last chunk."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    pieces = [head, *(b"%x\r\n%b\r\n" % (len(event), event) for event in events)]
    return Reply(pieces if cut else [*pieces, b"0\r\n\r\n"], pause=pause, close=cut)


def completion(text: str = "hello", **fields: Any) -> dict[str, Any]:
    """A chat completion."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "upstream-model-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
        **fields,
    }


def chunk(text: str | None, finish: str | None = None, **fields: Any) -> bytes:
    """A streamed chunk; `text` None makes the usage chunk at the end."""
    choices = [] if text is None else [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "upstream-model-1", "choices": choices}
    return b"data: " + json.dumps({**base, **fields}, separators=(",", ":")).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


@dataclass
class Upstream:
    """The server. `replies` are used up in order; then `default` answers."""

    default: Reply = field(default_factory=lambda: answer(completion()))
    replies: deque[Reply] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    hung_up: list[float] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL for a deployment."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def stop(self) -> None:
        """Close the listener and every connection."""
        for sock in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in it; close alone does not
            sock.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as reader:
                while request := _read(reader):
                    self.seen.append(request)
                    reply = self.replies.popleft() if self.replies else self.default
                    if not self._send(connection, reply):
                        return
        except (OSError, ValueError):
            self.hung_up.append(time.monotonic())

    def _send(self, connection: socket.socket, reply: Reply) -> bool:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in reply.pieces:
            connection.sendall(piece)
            if reply.pause:
                time.sleep(reply.pause)
        if reply.hang_s:
            connection.settimeout(reply.hang_s)
            try:
                if connection.recv(1) == b"":
                    self.hung_up.append(time.monotonic())
            except TimeoutError:
                pass
            return False
        if reply.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return not (reply.close or reply.reset)


def _read(reader: Any) -> Seen | None:
    line = reader.readline().decode("latin-1").strip()
    if not line:
        return None
    headers: dict[str, str] = {}
    while raw := reader.readline().decode("latin-1").strip():
        name, _, value = raw.partition(":")
        headers[name.lower()] = value.strip()
    return Seen(line, headers, reader.read(int(headers.get("content-length", "0"))))
