"""The nulls that OpenAI's schema requires in a whole answer, put in where a server leaves them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.errors import InvalidJson
from ajar.wire.toplevel import spans

if TYPE_CHECKING:
    from collections.abc import Callable

OMITS_NULLS = "omits_nulls"
"""The quirk of the deployments that do."""

_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def with_nulls(body: bytes) -> bytes:
    """The answer with a `logprobs` in every choice, and a `refusal` in every message and in every `logprobs`.

    Those that are absent are put in as null; every other byte stays. What is no such answer, or has a key twice, is
    returned as it is.
    """
    try:
        return _edited(body, "choices", _choices)
    except (InvalidJson, KeyError, RecursionError, msgspec.ValidationError):
        return body


def _edited(text: bytes, name: str, edit: Callable[[bytes], bytes]) -> bytes:
    """An object, with one of its values edited."""
    start, end = spans(text)[name]
    return b"".join((text[:start], edit(text[start:end]), text[end:]))


def _choices(text: bytes) -> bytes:
    parts: list[bytes] = []
    done = 0
    for raw in _list(text):
        choice = bytes(raw)
        start = text.index(choice, done)  # nothing but a comma and white space stands before it
        parts += (text[done:start], _choice(choice))
        done = start + len(choice)
    parts.append(text[done:])
    return b"".join(parts)


def _choice(text: bytes) -> bytes:
    text = _edited(text, "message", _with_refusal)
    return _edited(_with_null(text, "logprobs"), "logprobs", _with_refusal_unless_null)


def _with_refusal(text: bytes) -> bytes:
    return _with_null(text, "refusal")


def _with_refusal_unless_null(text: bytes) -> bytes:
    return text if text == b"null" else _with_refusal(text)


def _with_null(text: bytes, name: str) -> bytes:
    """An object, with this field last if it was absent."""
    fields = spans(text)
    if name in fields:
        return text
    return b'%b%b"%b":null}' % (text[:-1], b"," if fields else b"", name.encode())
