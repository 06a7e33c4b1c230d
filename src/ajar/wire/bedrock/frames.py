"""Frames of `application/vnd.amazon.eventstream` from bytes, at any split.

A frame is: its whole length and its headers' length (4 bytes each, big-endian), the CRC-32 of these 8 bytes, the
headers, the payload, and the CRC-32 of everything before. A header is: the length of its name (1 byte), the name, the
type of its value (1 byte), the value; the lengths of types are those of the AWS SDKs' event stream specification.
"""

from __future__ import annotations

import struct
from typing import NamedTuple
from zlib import crc32

from ajar.errors import UpstreamGarbage

_MOST_HEADERS = 128 * 1024
_MOST = 24 * 1024 * 1024 + _MOST_HEADERS
_LEAST = 16
_PRELUDE = 12
_MOST_KNOWN = 64

_prelude = struct.Struct(">III").unpack_from
_word = struct.Struct(">I").unpack_from
_half = struct.Struct(">H").unpack_from

_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a value by its type: true, false, byte, short, integer, long, timestamp, UUID."""
_BYTES, _STRING = 6, 7


class Frame(NamedTuple):
    """One message: `kind` is `event`, `exception` or `error`, `name` the event's type or the error's."""

    kind: str
    name: str
    payload: bytes
    message: str = ""
    """`:error-message`, of an `error`."""


class FrameReader:
    """Cuts a stream into frames and checks both of each frame's checksums."""

    __slots__ = ("_held", "_known", "_need")

    def __init__(self) -> None:
        self._held = bytearray()
        self._need = 0
        self._known: dict[bytes, tuple[str, str, str]] = {}

    @property
    def partial(self) -> bool:
        """Whether a frame has begun and not ended."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete.

        Raises UpstreamGarbage where a checksum or a length is wrong, or a frame is longer than the 24 MB (and 128 kB of
        headers) that AWS allows.
        """
        held = self._held
        if held:
            held += data
            if len(held) < self._need:
                return []
            data = bytes(held)
            held.clear()
        frames: list[Frame] = []
        at, size = 0, len(data)
        need = _PRELUDE
        while size - at >= _PRELUDE:
            total, headers, checksum = _prelude(data, at)
            if crc32(data[at : at + 8]) != checksum:
                raise UpstreamGarbage("the upstream's stream is not one of AWS events: a frame's prelude is damaged")
            if headers > _MOST_HEADERS or not headers + _LEAST <= total <= _MOST:
                raise UpstreamGarbage("the upstream's stream holds a frame of an impossible length")
            if size - at < total:
                need = total
                break
            end = at + total
            # The checksum of the first 8 bytes is where that of the whole goes on from.
            if crc32(data[at + 8 : end - 4], checksum) != _word(data, end - 4)[0]:
                raise UpstreamGarbage("the upstream's stream holds a damaged frame")
            payload = at + _PRELUDE + headers
            frames.append(self._frame(data[at + _PRELUDE : payload], data[payload : end - 4]))
            at = end
        if at < size:
            held += data[at:] if at else data
            self._need = need
        return frames

    def _frame(self, headers: bytes, payload: bytes) -> Frame:
        # All frames of one type have the same headers, byte for byte.
        known = self._known.get(headers)
        if known is None:
            known = _meaning(headers)
            if len(self._known) < _MOST_KNOWN:
                self._known[headers] = known
        return Frame(known[0], known[1], payload, known[2])


def _meaning(raw: bytes) -> tuple[str, str, str]:
    """A frame's kind, name and message."""
    headers = _headers(raw)
    kind = headers.get(":message-type")
    if kind == "event":
        return kind, headers.get(":event-type", ""), ""
    if kind == "exception":
        return kind, headers.get(":exception-type", ""), ""
    if kind == "error":
        return kind, headers.get(":error-code", ""), headers.get(":error-message", "")
    raise UpstreamGarbage("the upstream's stream holds a frame without a known `:message-type`")


def _headers(raw: bytes) -> dict[str, str]:
    """The headers whose values are strings."""
    found: dict[str, str] = {}
    at, size = 0, len(raw)
    try:
        while at < size:
            start = at + 1
            at = start + raw[at]
            name, kind = raw[start:at], raw[at]
            at += 1
            if kind in (_BYTES, _STRING):
                (length,) = _half(raw, at)
                at += 2
                if kind == _STRING and at + length <= size:
                    found[name.decode()] = raw[at : at + length].decode()
                at += length
            else:
                at += _FIXED[kind]
    except (LookupError, ValueError, struct.error):
        at = -1
    if at != size:
        raise UpstreamGarbage("the upstream's stream holds a frame with damaged headers")
    return found
