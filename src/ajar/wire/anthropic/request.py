"""A caller's Messages or count_tokens request on the byte path: what planning reads, and what forwarding edits."""

from __future__ import annotations

from typing import Literal

import msgspec

from ajar.errors import InvalidField
from ajar.wire.toplevel import TopLevel

Operation = Literal["messages", "count_tokens"]

_PLANNED = frozenset({"model", "stream", "messages", "system", "tools", "metadata", "container"})
_string = msgspec.json.Decoder(str).decode


class MessagesRequest:
    """One parsed request. The body stays as it came; `outgoing` splices the model into it."""

    __slots__ = ("_top", "body", "meterable", "model", "stream")

    def __init__(self, body: bytes, operation: Operation) -> None:
        """Read the planning fields.

        Raises InvalidJson, or InvalidField naming the parameter that is missing or of a wrong type.
        """
        self.body = body
        self._top = top = TopLevel(body, _PLANNED)
        self.model = _model(top.get("model"))
        found = top.first("messages")
        if found is None:
            raise InvalidField("`messages` is missing", param="messages")
        if found != 0x5B:
            raise InvalidField("`messages` must be a list", param="messages")
        self.stream = operation == "messages" and _flag(top, "stream")
        self.meterable = False
        """Every Messages stream carries its usage."""

    def outgoing(self, model: bytes, *, meter: bool) -> bytes:
        """The body for the upstream: `model` (a JSON string) replaces the caller's, every other byte stays."""
        del meter
        start, end = self._top.span("model")
        return b"".join((self.body[:start], model, self.body[end:]))


def _model(text: bytes | None) -> str:
    if text is None:
        raise InvalidField("`model` is missing: give the name of a route", param="model")
    try:
        value = _string(text)
    except msgspec.DecodeError:
        value = ""
    if not value:
        raise InvalidField("`model` must be a non-empty string", param="model")
    return value


def _flag(top: TopLevel, name: str) -> bool:
    text = top.get(name)
    if text is None or text in (b"false", b"null"):
        return False
    if text == b"true":
        return True
    raise InvalidField(f"`{name}` must be true or false", param=name)
