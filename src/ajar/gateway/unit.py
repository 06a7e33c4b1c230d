"""Who or what a request is for, read where the route's `unit` says it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ajar.gateway.ask import Ask
    from ajar.gateway.head import Head

HEADER = b"x-ajar-unit"
"""The header that is read where a route says nothing else."""

Reader = Callable[["Head", "Ask"], bytes | None]
"""A request's unit as it says it; None or empty where it says none. Never raises: a unit is not what is asked for."""

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items = msgspec.json.Decoder(list[msgspec.Raw]).decode
_string = msgspec.json.Decoder(str).decode


def reader(unit: str) -> Reader | None:
    """How to read the unit of a route with this `unit`; None where it is what `HEADER` says."""
    kind, _, what = unit.partition(":")
    if kind == "user":
        return _user
    if kind == "body":
        return _at(tuple(part.replace("~1", "/").replace("~0", "~") for part in what[1:].split("/")))
    name = what.lower().encode()
    return None if name == HEADER else _header(name)


def as_text(value: bytes) -> bytes:
    """The unit as UTF-8, so that it is the same one in whichever way it is said."""
    if value.isascii():
        return value
    try:
        value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1").encode()  # as many clients send headers that are no ASCII
    return value


def _header(name: bytes) -> Reader:
    def read(head: Head, ask: Ask) -> bytes | None:
        del ask
        # Lines of one name are one list, as in `Head`.
        return b", ".join(value for key, value in head.headers if key == name)

    return read


def _at(pointer: tuple[str, ...]) -> Reader:
    """A string or a number at a JSON pointer (RFC 6901), whose first part is a field of the body."""
    first, *rest = pointer

    def read(head: Head, ask: Ask) -> bytes | None:
        del head
        return _text(_down(ask.view.field(first), rest))

    return read


_USERS: dict[str, tuple[Reader, ...]] = {
    "anthropic": (_at(("metadata", "user_id")),),
    "openai-chat": (_at(("user",)), _at(("safety_identifier",))),
    "openai-responses": (_at(("user",)), _at(("safety_identifier",))),
}
"""Where each of the callers' formats names the end user; the first that says something counts."""


def _user(head: Head, ask: Ask) -> bytes | None:
    return next(filter(None, (read(head, ask) for read in _USERS[ask.front.format])), None)


def _down(value: bytes | msgspec.Raw | None, pointer: list[str]) -> bytes | None:
    """The JSON text that `pointer` leads to from `value`; None where it leads nowhere."""
    for part in pointer:
        if value is None:
            return None
        first = bytes(memoryview(value)[:1])
        try:
            if first == b"{":
                value = _members(value).get(part)
            elif first == b"[" and part.isdecimal() and part.isascii() and (part == "0" or part[0] != "0"):
                value = _items(value)[int(part)]
            else:
                return None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, IndexError, ValueError):
            return None
    return None if value is None else bytes(value)


def _text(value: bytes | None) -> bytes | None:
    """A string's text, or a number as it is written."""
    if not value:
        return None
    if value[:1] == b'"':
        try:
            return _string(value).encode()
        except (msgspec.DecodeError, UnicodeError):
            return None
    return value if value[:1] in b"-0123456789" else None
