"""A caller's request on the byte path, in whichever format: what planning reads of each, and what forwarding edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.errors import InvalidField

if TYPE_CHECKING:
    from ajar.wire.toplevel import TopLevel

_string = msgspec.json.Decoder(str).decode


class RequestView:
    """One parsed request, whose fields a format's own class sets. The body stays as it came."""

    __slots__ = ("_top", "body", "meterable", "model", "stream")

    body: bytes
    model: str
    stream: bool
    meterable: bool
    """A streamed answer that carries usage only if Ajar asks for it."""
    _top: TopLevel

    def field(self, name: str) -> bytes | None:
        """The JSON text of a field of the body; None where it is absent."""
        return self._top.get(name)

    def outgoing(self, model: bytes, *, meter: bool) -> bytes:
        """The body for the upstream: `model` (a JSON string) replaces the caller's, every other byte stays."""
        del meter
        start, end = self._top.span("model")
        return b"".join((self.body[:start], model, self.body[end:]))


def model_in(top: TopLevel) -> str:
    """The request's `model`. Raises InvalidField where it is missing, empty or no string."""
    text = top.get("model")
    if text is None:
        raise InvalidField("`model` is missing: give the name of a route", param="model")
    try:
        value = _string(text)
    except msgspec.DecodeError:
        value = ""
    if not value:
        raise InvalidField("`model` must be a non-empty string", param="model")
    return value


def flag_in(top: TopLevel, name: str) -> bool | None:
    """A flag; None where it is absent or null. Raises InvalidField where it is anything else."""
    text = top.get(name)
    if text is None or text == b"null":
        return None
    if text == b"true":
        return True
    if text == b"false":
        return False
    raise InvalidField(f"`{name}` must be true or false", param=name)
