"""A request body in gzip or zstd, decoded under the size limit."""

from __future__ import annotations

import zlib

import zstandard

from ajar.errors import BodyTooLarge, InvalidJson, UnsupportedEncoding

_STEP = 256


def decode(data: bytes, encoding: bytes, limit: int) -> bytes:
    """`data` without its content-encoding; never holds much more than `limit` bytes.

    Raises UnsupportedEncoding, BodyTooLarge, or InvalidJson where the compressed data is damaged.
    """
    name = encoding.strip().lower()
    if name in (b"", b"identity"):
        return data
    if name in (b"gzip", b"x-gzip"):
        return _gunzip(data, limit)
    if name == b"zstd":
        return _unzstd(data, limit)
    raise UnsupportedEncoding("the body's content-encoding must be gzip, zstd or identity")


def _gunzip(data: bytes, limit: int) -> bytes:
    engine = zlib.decompressobj(wbits=31)
    try:
        text = engine.decompress(data, limit + 1)
    except zlib.error as error:
        raise InvalidJson(f"the gzip body is damaged: {error}") from None
    if len(text) > limit:
        raise _too_large(limit)
    if not engine.eof or engine.unused_data:
        raise InvalidJson("the gzip body is cut short, or something follows it")
    return text


def _unzstd(data: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    size = at = 0
    # The window bounds what a hostile frame can make the decoder allocate: 8 MiB, as RFC 9659 asks for. So do small
    # steps: four bytes of input can stand for a block of 128 kB.
    engine = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).decompressobj()
    try:
        for at in range(0, len(data), _STEP):
            if engine.eof:
                break
            part = engine.decompress(data[at : at + _STEP])
            parts.append(part)
            size += len(part)
            if size > limit:
                raise _too_large(limit)
    except zstandard.ZstdError as error:
        raise InvalidJson(f"the zstd body is damaged: {error}") from None
    if not engine.eof or engine.unused_data or at + _STEP < len(data):
        raise InvalidJson("the zstd body is cut short, or something follows it")
    return b"".join(parts)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the decoded body is over the limit of {limit / 1e6:g} MB")
