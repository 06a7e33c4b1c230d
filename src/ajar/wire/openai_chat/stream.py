"""A Chat Completions event stream on its way through: forwarded byte for byte, and read at its tail.

Two readers with one face: `Tail` forwards everything; `Metered` also takes out what Ajar's own `include_usage` put in,
the usage chunk at the end and the `"usage":null` of each chunk before it. Neither holds back a whole event.
"""

from __future__ import annotations

import re

import msgspec

from ajar.errors import UpstreamGarbage
from ajar.wire.openai_chat.answer import ABSENT, Facts

_TAIL_BYTES = 16 * 1024
_MARK_ROOM = 12
_HOLD_BYTES = 1024 * 1024
_LAST_KEY = b',"usage":null}\n\n'
_event_end = re.compile(rb"\r?\n\r?\n")
_null_usage = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,')
_data = re.compile(rb"^data: ?(.*?)\r?$", re.MULTILINE)


class _Chunk(msgspec.Struct):
    usage: msgspec.Raw = ABSENT
    choices: list[msgspec.Raw] | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


class Tail:
    """Forwards every byte and keeps the last 16 kB, enough for the final events, to read the facts from."""

    __slots__ = ("_kept", "_size")

    def __init__(self) -> None:
        self._kept: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they arrived; returns the bytes to forward now."""
        self._kept.append(data)
        self._size += len(data)
        if self._size > 2 * _TAIL_BYTES:
            self._trim()
        return data

    def marks_end(self, data: bytes) -> bool:
        """Whether `data`, just returned by `feed`, ends with the end mark `[DONE]`."""
        if len(data) < _MARK_ROOM and len(self._kept) > 1:
            data = b"".join(self._kept[-_MARK_ROOM:])
        return b"[DONE]" in data[-_MARK_ROOM:]

    def flush(self) -> bytes:
        """What is still held when the stream has ended."""
        return b""

    def facts(self) -> tuple[Facts, bool]:
        """What the last events say, and whether the stream came to its own end (`[DONE]` or a finish reason)."""
        facts, done = Facts(), False
        for event in _data.findall(b"".join(self._kept)):
            if event == b"[DONE]":
                done = True
                continue
            try:
                facts.update(event)
            except UpstreamGarbage:
                continue  # the first event of the tail may be cut in two; others are the upstream's own business
        return facts, done or facts.finish_reason is not None

    def _trim(self) -> None:
        tail = b"".join(self._kept)[-_TAIL_BYTES:]
        self._kept = [tail]
        self._size = len(tail)


class Metered(Tail):
    """Takes out the usage that the caller did not ask for. Holds at most the unfinished last event."""

    __slots__ = ("_held", "_raw")

    def __init__(self) -> None:
        super().__init__()
        self._held = b""
        self._raw = False

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they arrived; returns the bytes of all complete events, cleaned."""
        self._kept.append(data)
        self._size += len(data)
        if self._size > 2 * _TAIL_BYTES:
            self._trim()
        if self._raw:
            return data
        if self._held:
            data = self._held + data
            self._held = b""
        if not data.endswith(b"\n\n"):
            data = self._hold(data)
        if b'"usage"' not in data:
            return data
        return self._clean(data)

    def flush(self) -> bytes:
        """An event that never got its end is forwarded as it came."""
        held, self._held = self._held, b""
        return held

    def _hold(self, data: bytes) -> bytes:
        end = 0
        for match in _event_end.finditer(data):
            end = match.end()
        if len(data) - end > _HOLD_BYTES:
            # An event this large is no usage chunk: stop cleaning rather than hold memory.
            self._raw = True
            return data
        self._held = data[end:]
        return data[:end]

    def _clean(self, data: bytes) -> bytes:
        if data.endswith(_LAST_KEY) and data.count(b'"usage"') == 1:
            return data[: -len(_LAST_KEY)] + b"}\n\n"
        if data.count(b'"usage"') == 1 and data.count(b"\n\n") == 1:
            return _clean_event(data)
        parts: list[bytes] = []
        at = 0
        for match in _event_end.finditer(data):
            parts.append(_clean_event(data[at : match.end()]))
            at = match.end()
        parts.append(data[at:])
        return b"".join(parts)


def _clean_event(event: bytes) -> bytes:
    """One whole event without the top-level usage that `include_usage` adds; b"" where nothing else is in it.

    A raw `"` cannot stand inside a JSON string, so one single `"usage"` in an event whose top level has that key is
    that key.
    """
    if b'"usage"' not in event or not event.startswith(b"data:"):
        return event
    try:
        chunk = _decode(event[5:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return event
    if not chunk.usage:
        return event
    if bytes(chunk.usage) != b"null":
        return event if chunk.choices else b""
    if event.count(b'"usage"') == 1:
        return _null_usage.sub(b"", event, count=1)
    return _drop_top_level_usage(event)


def _drop_top_level_usage(event: bytes) -> bytes:
    """The rare event in which `"usage"` also stands deeper down: the right one is at depth one."""
    depth = 0
    for match in re.finditer(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', event):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and token == b'"usage"':
            for found in _null_usage.finditer(event):
                if found.start() <= match.start() < found.end():
                    return event[: found.start()] + event[found.end() :]
    return event
