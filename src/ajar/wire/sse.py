"""Server-sent events from bytes, at any split (WHATWG HTML, section 9.2.6)."""

from __future__ import annotations

from typing import NamedTuple

from ajar.errors import UpstreamGarbage

_MOST = 16 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


class Sse(NamedTuple):
    """One event: its `event:` field, empty where there is none, and its data lines joined."""

    name: bytes
    data: bytes


class SseReader:
    """Cuts a stream into events. Comments, ids and events without data are left out."""

    __slots__ = ("_held", "_pieces", "_size")

    def __init__(self) -> None:
        self._held = b""
        """The last few held bytes: an event's end may begin there."""
        self._pieces: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Sse]:
        """The events that these bytes complete. Raises UpstreamGarbage where one is longer than 16 MB."""
        if not self._pieces:
            if data[-2:] == b"\n\n" and data[:6] == b"data: " and b"\n" not in data[6:-2] and b"\r" not in data:
                return [Sse(b"", data[6:-2])]
        elif not _may_end(self._held + data):
            self._hold(data)
            return []
        else:
            data = b"".join((*self._pieces, data))
            self._pieces, self._size = [], 0
        return self._cut(data)

    def _cut(self, data: bytes) -> list[Sse]:
        events: list[Sse] = []
        rest = b""
        if b"\r" in data:
            data, rest = _without_returns(data)
        at = 0
        while (end := data.find(b"\n\n", at)) >= 0:
            event = event_in(data[at:end])
            if event is not None:
                events.append(event)
            at = end + 2
        rest = data[at:] + rest
        if rest:
            self._hold(rest)
        return events

    def _hold(self, data: bytes) -> None:
        self._pieces.append(data)
        self._size += len(data)
        self._held = (self._held + data)[-3:] if len(self._pieces) > 1 else data[-3:]
        if self._size > _MOST:
            raise UpstreamGarbage("the upstream's stream holds an event of more than 16 MB")

    def finish(self) -> list[Sse]:
        """The stream is over: an event that only its empty line is missing from still counts."""
        held = b"".join(self._pieces)
        self._pieces, self._size = [], 0
        event = event_in(held.replace(b"\r", b"\n"))
        return [] if event is None else [event]


def _may_end(data: bytes) -> bool:
    """Whether two line ends may follow each other, in any spelling."""
    return b"\n\n" in data or b"\n\r" in data or b"\r\r" in data or b"\r\n\r" in data


def _without_returns(data: bytes) -> tuple[bytes, bytes]:
    r"""`data` with all line ends as `\n`; a last `\r`, which may be half of one, is kept back."""
    held = b""
    if data[-1:] == b"\r":
        data, held = data[:-1], b"\r"
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), held


def event_in(text: bytes) -> Sse | None:
    r"""The event in the lines of one, which end with `\n`; None where it has no data."""
    text = text.removeprefix(_BOM)  # the standard has one skipped that begins the stream
    name = b""
    lines: list[bytes] = []
    for line in text.split(b"\n"):
        field, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if field == b"data":
            lines.append(value)
        elif field == b"event":
            name = value
    return Sse(name, b"\n".join(lines)) if lines else None


def sse(data: bytes, name: bytes = b"") -> bytes:
    """The bytes of an event whose data has no line break."""
    if name:
        return b"event: %b\ndata: %b\n\n" % (name, data)
    return b"data: %b\n\n" % data
