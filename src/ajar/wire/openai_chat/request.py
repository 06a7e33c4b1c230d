"""A caller's Chat Completions or Embeddings request: what planning reads, and what forwarding edits."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ajar.errors import InvalidField
from ajar.wire.toplevel import TopLevel
from ajar.wire.view import RequestView, flag_in, model_in

Operation = Literal["chat", "embeddings"]

_PLANNED = frozenset({"model", "stream", "stream_options", "messages", "input", "user"})
_OPTIONS = frozenset({"include_usage"})
_METERING = b'"stream_options":{"include_usage":true},'


class Request(RequestView):
    """One parsed request."""

    __slots__ = ()

    def __init__(self, body: bytes, operation: Operation) -> None:
        """Read the planning fields.

        Raises InvalidJson, or InvalidField naming the parameter that is missing or of a wrong type.
        """
        self.body = body
        self._top = top = TopLevel(body, _PLANNED)
        self.model = model_in(top)
        if operation == "chat":
            _require(top, "messages", b"[", "a list")
            self.stream = flag_in(top, "stream") is True
        else:
            _require(top, "input", b'["', "a string or a list")
            self.stream = False
        self.meterable = self.stream and not _asks_for_usage(top)

    def outgoing(self, model: bytes, *, meter: bool) -> bytes:
        """The body for the upstream, the caller's in every byte but two places.

        `model` (a JSON string) replaces the caller's; with `meter`, a streamed answer is asked for its usage.
        """
        body = self.body
        start, end = self._top.span("model")
        if not (meter and self.meterable):
            return b"".join((body[:start], model, body[end:]))
        parts: list[bytes] = []
        at = 0
        for first, last, text in sorted([(start, end, model), self._metering()]):
            parts += (body[at:first], text)
            at = last
        parts.append(body[at:])
        return b"".join(parts)

    def _metering(self) -> tuple[int, int, bytes]:
        given = self._top.get("stream_options")
        if given is None:
            first = self.body.index(b"{") + 1
            return first, first, _METERING
        options: dict[str, Any] = msgspec.json.decode(given) or {}
        return *self._top.span("stream_options"), msgspec.json.encode({**options, "include_usage": True})


def _require(top: TopLevel, name: str, first: bytes, kind: str) -> None:
    found = top.first(name)
    if found is None:
        raise InvalidField(f"`{name}` is missing", param=name)
    if found not in first:
        raise InvalidField(f"`{name}` must be {kind}", param=name)


def _asks_for_usage(top: TopLevel) -> bool:
    text = top.get("stream_options")
    if text is None:
        return False
    if text[0] not in b"{n":
        raise InvalidField("`stream_options` must be an object", param="stream_options")
    return text[:1] == b"{" and TopLevel(text, _OPTIONS).get("include_usage") == b"true"
