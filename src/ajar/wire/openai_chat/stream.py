"""A Chat Completions event stream on its way through: forwarded byte for byte, and read at its tail.

Whole events are forwarded as they come and an unfinished one is held back, so that a broken stream never leaves half an
event with the caller. On a metered stream, what Ajar's own `include_usage` put in is taken out again: the usage chunk
at the end, and the `"usage":null` of each chunk before it.
"""

from __future__ import annotations

import re

import msgspec

from ajar.wire.openai_chat.answer import ABSENT, Facts
from ajar.wire.passing import PassingEvents, event_end, events_in

_LAST_KEY = b',"usage":null}\n\n'
_LAST = len(_LAST_KEY)
MARK = b"[DONE]"
"""The end mark is an event of its own; text may hold these bytes too."""

_null_usage = re.compile(rb',\s*"usage"\s*:\s*null|"usage"\s*:\s*null\s*,')
_mark_line = re.compile(rb"(?:^|\n)data: ?\[DONE\]\r?\n")


class _Chunk(msgspec.Struct):
    usage: msgspec.Raw = ABSENT
    choices: list[msgspec.Raw] | None = None


_decode = msgspec.json.Decoder(_Chunk).decode


class EventStream(PassingEvents):
    """Forwards every event. Keeps the last 16 kB (at least the last event) to read the facts from.

    With `clean`, the usage that the caller did not ask for is taken out. An event of more than 1 MB is not held: from
    then on bytes are forwarded as they come.
    """

    __slots__ = ("_clean",)

    def __init__(self, *, clean: bool = False) -> None:
        super().__init__()
        self._clean = clean

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they arrived; returns those to forward now: whole events."""
        data = PassingEvents.feed(self, data)
        if not self._clean or self._raw:
            return data
        if data[-_LAST:] == _LAST_KEY and data.count(b'"usage"') == 1 == data.count(b"\n\n") and data[:5] == b"data:":
            return data[:-_LAST] + b"}\n\n"  # the usual: one whole chunk with the null usage at its end
        return self._cleaned(data) if b'"usage"' in data else data

    def mark_in(self, out: bytes) -> int:
        """Where in `out`, just returned by `feed`, the end mark `data: [DONE]` begins; -1 where it is not there."""
        if MARK not in out:
            return -1  # the usual, for a tenth of what the search costs
        match = _mark_line.search(out)
        if match is None:
            return -1
        return match.start() + (out[match.start() : match.start() + 1] == b"\n")

    def facts(self) -> tuple[Facts, bool]:
        """What the last events say, and whether the end mark is among them."""
        tail = self.tail
        all_count = _may_fail(tail)
        facts, marked = Facts(), False
        for name, data in events_in(tail, backwards=True):
            if data == MARK:
                marked = True
                continue
            earlier = Facts()
            earlier.update_from_event(name, data)
            facts.add_earlier(earlier)
            if facts.complete and not all_count and (marked or MARK not in tail):
                break
        return facts, marked

    def _cleaned(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        at = 0
        for match in event_end.finditer(data):
            parts.append(_clean(data[at : match.end()]))
            at = match.end()
        parts.append(data[at:])
        return b"".join(parts)


def _may_fail(events: bytes) -> bool:
    return b'"error"' in events or b"event: error" in events or b"event:error" in events


def _clean(event: bytes) -> bytes:
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
        # The whole usage chunk goes: callers who did not ask for it may rely on every chunk having a choice.
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
