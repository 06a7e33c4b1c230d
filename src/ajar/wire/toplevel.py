"""The top level of a JSON object, with no doubt about which value counts.

JSON parsers disagree on `{"model": "a", "model": "b"}`: some take the first, some the last, and parsers that ignore
case also read `Model`. A gateway that plans by one reading and forwards bytes that are read another way can be walked
around. So a key that stands twice at the top level is an error, and so is one that differs from a planned key only in
case.
"""

from __future__ import annotations

import re

import msgspec

from ajar.errors import InvalidJson

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode
_key = re.compile(rb'[ \t\r\n]*"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*').match
_separator = re.compile(rb"[ \t\r\n]*([,}])").match
_open = re.compile(rb"[ \t\r\n]*\{").match

_MANY_QUOTES = 20_000
_MOST_OUTSIDE = 262_144


class _Large(msgspec.Struct):
    messages: msgspec.Raw = msgspec.Raw()
    input: msgspec.Raw = msgspec.Raw()
    system: msgspec.Raw = msgspec.Raw()
    instructions: msgspec.Raw = msgspec.Raw()
    tools: msgspec.Raw = msgspec.Raw()
    functions: msgspec.Raw = msgspec.Raw()


_large = msgspec.json.Decoder(_Large).decode

Span = tuple[int, int]
"""Start and end offset of a value in the body."""


class TopLevel:
    """The top-level values of the object `body`, undecoded, by key; and on demand their places.

    Raises InvalidJson where the body is not a JSON object, where a key stands twice, or where a key differs from one of
    `planned` (in lower case) only in case.
    """

    __slots__ = ("_body", "_raws", "_spans")

    def __init__(self, body: bytes, planned: frozenset[str]) -> None:
        if len(body) > _MANY_QUOTES and body.count(b'"') > _MANY_QUOTES:
            _refuse_flood(body)
        self._body = body
        self._raws = _parse(body)
        self._spans: dict[str, Span] | None = None
        for key in self._raws:
            if key not in planned and key.casefold() in planned:
                raise InvalidJson(f"`{key}` differs from `{key.casefold()}` only in case: write it in lower case")
        # Encoding the parsed object anew drops repeated keys and white space, and no key grows by it. The same length
        # therefore proves that there were none. Most clients send compact JSON; the others pay for the walk.
        if len(_encode(self._raws)) != len(body):
            self._spans = _walk(body, self._raws)

    def get(self, key: str) -> bytes | None:
        """The JSON text of a value; None where the key is absent."""
        raw = self._raws.get(key)
        return None if raw is None else bytes(raw)

    def first(self, key: str) -> int | None:
        """The first byte of a value's JSON text, which tells its type; None where the key is absent."""
        raw = self._raws.get(key)
        return None if raw is None else memoryview(raw)[0]

    def span(self, key: str) -> Span:
        """Where the value of a key that is there stands in the body."""
        if self._spans is None:
            needle = b'"%b":' % key.encode()
            at = self._body.find(needle)
            if at >= 0 and self._body.find(needle, at + 1) < 0:
                # The body is compact and has the key, so its only occurrence is the key.
                start = at + len(needle)
                return start, start + memoryview(self._raws[key]).nbytes
            self._spans = _walk(self._body, self._raws)
        return self._spans[key]


def spans(body: bytes) -> dict[str, Span]:
    """The place of every value of the object `body`. Raises InvalidJson where it is none, or a key stands twice."""
    return _walk(body, _parse(body))


def _refuse_flood(body: bytes) -> None:
    """Millions of small keys would cost seconds and a gigabyte. The large fields of honest requests are known."""
    try:
        known = _large(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # for `_parse` to say
    inside = sum(memoryview(value).nbytes for value in (known.messages, known.input, known.tools, known.functions))
    if len(body) - inside > _MOST_OUTSIDE:
        raise InvalidJson(
            f"more than {_MOST_OUTSIDE} bytes stand in many small keys outside of messages, input and tools"
        )


def _walk(body: bytes, raws: dict[str, msgspec.Raw]) -> dict[str, Span]:
    """The place of every value. Raises InvalidJson where a key stands twice.

    The parser gave each key's (last) value; walking the keys in order with those values as rulers ends exactly at the
    closing brace if, and only if, no key stands twice: a valid JSON value that is a proper prefix of another is a
    number, and then a digit follows where a comma must.
    """
    spans: dict[str, Span] = {}
    opened = _open(body)
    assert opened is not None  # it was parsed as an object
    at = opened.end()
    for _ in range(len(raws)):
        match = _key(body, at)
        if match is None:
            raise _twice(None)
        key = _text(match[1])
        raw = raws.get(key)
        if raw is None or key in spans:
            raise _twice(key)
        start = match.end()
        end = start + memoryview(raw).nbytes
        after = _separator(body, end)
        if after is None or body[start:end] != bytes(raw):
            raise _twice(key)
        spans[key] = (start, end)
        at = after.end()
    if raws and body[at - 1] != 0x7D:
        raise _twice(None)
    return spans


def _parse(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return _decode(body)
    except msgspec.ValidationError:
        raise InvalidJson("the body must be a JSON object") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        reason = "the body is empty" if not body else f"the body is not valid JSON: {error}"
        raise InvalidJson(reason) from None
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def _text(key: bytes) -> str:
    if b"\\" in key:
        return msgspec.json.decode(b'"' + key + b'"', type=str)
    return key.decode()


def _twice(key: str | None) -> InvalidJson:
    named = f"`{key}`" if key else "a key"
    return InvalidJson(f"{named} stands twice at the top level: servers disagree on which one counts")
