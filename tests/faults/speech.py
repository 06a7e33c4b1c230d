"""The same small answer in every format, whole and as a stream, and the places where a stream can be cut."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from doubles.scripted import chat, gemini, messages, responses

if TYPE_CHECKING:
    from types import ModuleType

WORDS = ("Öne ", "two ", "three.")
"""The pieces of the text; the first holds a letter of two bytes."""
TEXT = "".join(WORDS)
USAGE = (11, 7)
"""The tokens of a whole answer: input and output."""

_SCRIPTS: dict[str, ModuleType] = {
    "openai-chat": chat,
    "openai-responses": responses,
    "anthropic": messages,
    "gemini": gemini,
}


class Speech:
    """What a deployment whose format has this `name` says to one request, of which `body` is the decoded body."""

    def __init__(self, name: str, body: dict[str, Any], *, stream: bool) -> None:
        self.format = name
        self.stream = stream
        self._body = body

    @property
    def kind(self) -> str:
        """The content type of an answer."""
        return "text/event-stream" if self.stream else "application/json"

    @cached_property
    def whole(self) -> bytes:
        """The whole answer."""
        return _spell(json.dumps(_SCRIPTS[self.format].whole(self._body)).encode())

    @cached_property
    def events(self) -> list[bytes]:
        """The stream, an event at a time; the last one is the end mark."""
        return [_spell(event) for event in _SCRIPTS[self.format].events(self._body)]

    @property
    def first(self) -> int:
        """Which event is the first that holds content; those before it are about the answer's life only."""
        return next(number for number, event in enumerate(self.events) if WORDS[0].encode() in event)

    @property
    def middle(self) -> int:
        """The event behind which two of three words are said."""
        return self.first + 2

    def refusal(self, status: int) -> bytes:
        """The body of a refusal. It names a key, as providers do: callers must never see that of a 401."""
        text = f"refused with {status}, Incorrect API key provided: sk-secret"
        if self.format == "anthropic":
            return json.dumps({"type": "error", "error": {"type": _anthropic(status), "message": text}}).encode()
        if self.format == "gemini":
            delay = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.4s"}
            error: dict[str, Any] = {"code": status, "message": text, "status": "RESOURCE_EXHAUSTED"}
            return json.dumps({"error": {**error, "details": [delay]}}).encode()
        return json.dumps({"error": {"message": text, "type": "x", "param": None, "code": None}}).encode()

    @property
    def error(self) -> dict[str, Any]:
        """An error that says why, as it comes under a status 200: the upstream is overloaded."""
        if self.format == "anthropic":
            return {"type": "error", "error": {"type": "overloaded_error", "message": "overloaded"}}
        if self.format == "openai-responses":
            return {"type": "error", "code": "server_is_overloaded", "message": "overloaded", "param": None}
        return {"error": {"message": "overloaded", "type": "server_error", "code": 503}}

    def error_event(self, number: int) -> bytes:
        """The same as an event; `number` is its place in the stream."""
        if self.format == "openai-responses":
            data = json.dumps({**self.error, "sequence_number": number})
            return f"event: error\ndata: {data}\n\n".encode()
        name = "event: error\n" if self.format == "anthropic" else ""
        return f"{name}data: {json.dumps(self.error)}\n\n".encode()


def reported(name: str, *, closing: bool) -> tuple[int, int] | None:
    """The usage that a broken stream of this format has told; `closing`: all but the end mark was said."""
    if closing:
        return None if name == "openai-responses" else USAGE
    return {"anthropic": (USAGE[0], 1), "gemini": USAGE}.get(name)


def _spell(data: bytes) -> bytes:
    return data.replace(b"One ", WORDS[0].encode())


def _anthropic(status: int) -> str:
    names = {400: "invalid_request_error", 401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
    return names.get(status, "overloaded_error" if status in (503, 529) else "api_error")
