"""The scripted model's HTTP server: one port, and each format at its provider's own path."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from doubles.scripted import chat, converse, gemini, messages, responses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Whole = Callable[[dict[str, Any]], dict[str, Any]]
    Events = Callable[[dict[str, Any]], Iterator[bytes]]

_PATHS: list[tuple[str, Whole, Events, bool | None]] = [
    (r"/chat/completions$", chat.whole, chat.events, None),
    (r"/responses$", responses.whole, responses.events, None),
    (r"/messages$", messages.whole, messages.events, None),
    (r":generateContent$", gemini.whole, gemini.events, False),
    (r":streamGenerateContent$", gemini.whole, gemini.events, True),
    (r"/converse$", converse.whole, converse.events, False),
    (r"/converse-stream$", converse.whole, converse.events, True),
]
"""Where, how, and whether it is a stream: None where the body says so."""


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


class ScriptedModel:
    """A context manager: the server listens on `port` while inside."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"model": self}))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    model: ScriptedModel
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.model.seen.append(Seen(self.path, headers, data))
        body = json.loads(data)
        path = self.path.partition("?")[0]
        if path.endswith("/count_tokens"):
            self._whole(200, {"input_tokens": 42})
            return
        for pattern, whole, events, streams in _PATHS:
            if re.search(pattern, path):
                if body.get("stream") if streams is None else streams:
                    self._stream(path, events(body))
                else:
                    self._whole(200, whole(body))
                return
        self._whole(404, {"error": {"message": f"no script for {path}", "type": "not_found_error"}})

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.model.seen.append(Seen(self.path, headers, b""))
        self._whole(200, {"got": self.path})

    def _whole(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, path: str, events: Iterator[bytes]) -> None:
        kind = "application/vnd.amazon.eventstream" if path.endswith("/converse-stream") else "text/event-stream"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in events:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: Any) -> None:
        """Nothing."""
