"""An event stream that goes through as it is: whole events only, and the last of them kept to be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from ajar.wire.sse import Sse, event_in

if TYPE_CHECKING:
    from collections.abc import Iterator

TAIL_BYTES = 16 * 1024
MOST_HELD = 1024 * 1024

event_end = re.compile(rb"\r?\n\r?\n")

_DONE = b"[DONE]"
_decode = msgspec.json.Decoder(msgspec.Raw).decode


def events_in(data: bytes, *, backwards: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """The events in `data`, name and data, from its first or from its last one on. Those without data are left out.

    Lines of data that are no JSON together are events of their own: some servers forget the empty line between two.
    What follows the last empty line may be cut off: it counts where its data is whole.
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    *texts, rest = data.split(b"\n\n")
    last = [event for event in _read(rest) if event.data == _DONE or _is_json(event.data)]
    if backwards:
        yield from reversed(last)
        texts.reverse()
    for text in texts:
        # As nearly all servers write them: at most a name, and then one line of data.
        start = text.find(b"\n") + 1 if text[:7] == b"event: " else 0
        if text[start : start + 6] == b"data: " and text.find(b"\n", start) < 0:
            yield text[7 : start - 1] if start else b"", text[start + 6 :]
        else:
            yield from reversed(_read(text)) if backwards else _read(text)
    if not backwards:
        yield from last


def _read(text: bytes) -> list[Sse]:
    event = event_in(text)
    if event is None:
        return []
    if b"\n" not in event.data or _is_json(event.data):
        return [event]
    return [Sse(event.name, line) for line in event.data.split(b"\n")]


def _is_json(data: bytes) -> bool:
    try:
        _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


class PassingEvents:
    """Forwards every event. Keeps the last 16 kB (at least the last event), from which a format reads its facts.

    An unfinished event is held back, so that a broken stream never leaves half an event with the caller. One of more
    than `most_held` bytes is not held: from then on bytes are forwarded as they come.
    """

    __slots__ = ("_held", "_kept", "_raw", "_size", "most_held")

    def __init__(self) -> None:
        self.most_held = MOST_HELD
        self._kept: list[bytes] = []
        self._size = 0
        self._held = b""
        self._raw = False

    @property
    def whole(self) -> bool:
        """Whether what was forwarded so far ends where an event does."""
        return not self._raw

    @property
    def tail(self) -> bytes:
        """The last events, and what is held of another."""
        return b"".join(self._kept) + self._held

    def feed(self, data: bytes) -> bytes:
        """Take bytes as they arrived; returns those to forward now: whole events."""
        known = len(self._held)
        if known:
            data = self._held + data
            self._held = b""
        if data[-2:] != b"\n\n":
            data = self._hold(data, max(0, known - 3))
        self._kept.append(data)
        self._size += len(data)
        if self._size > 2 * TAIL_BYTES:
            self._trim()
        return data

    def flush(self) -> bytes:
        """What never became a whole event, for a stream that ended well without an empty line."""
        held, self._held = self._held, b""
        return held

    def _hold(self, data: bytes, start: int) -> bytes:
        """Keep back what is no whole event yet; no event ends before `start`."""
        if self._raw:
            return data
        end = 0
        for match in event_end.finditer(data, start):
            end = match.end()
        if len(data) - end > self.most_held:
            self._raw = True
            return data
        self._held = data[end:]
        return data[:end]

    def _trim(self) -> None:
        kept, size = self._kept, self._size
        drop = 0
        while drop < len(kept) - 1 and size - len(kept[drop]) >= TAIL_BYTES:
            size -= len(kept[drop])
            drop += 1
        del kept[:drop]
        if size > 2 * self.most_held:
            kept[:] = [kept[-1][-TAIL_BYTES:]]
            size = len(kept[0])
        self._size = size
