"""A table of fixed size in one memory-mapped file, which several processes read and write at once without a lock.

File: a page of header (magic, version, slots, key, CRC-32 of these), then buckets of eight entries. An entry is a
digest (16 bytes), what is known of it (16 bytes), a time (seconds since 1970 UTC, 4 bytes) and the CRC-32 of these 36
bytes. The digest names the bucket; in there, an entry may stand anywhere. An entry that is half written, or that two
wrote at once, fails its CRC and is none.
"""

from __future__ import annotations

import logging
import mmap
import os
import secrets
from contextlib import suppress
from struct import Struct
from typing import TYPE_CHECKING, Final, Self
from zlib import crc32

from ajar.errors import StateError
from ajar.store import atomic

if TYPE_CHECKING:
    from pathlib import Path

_log = logging.getLogger(__name__)

_MAGIC: Final = b"ajarorig"
_VERSION: Final = 1
_header = Struct("<8sII32s")
_HEADER_BYTES: Final = 4096
_WAYS: Final = 8
_checked = Struct("<16s16sI")
_CHECKED_BYTES: Final = _checked.size
_crc = Struct("<I")
_whole = Struct("<16s16sII")
_ENTRY_BYTES: Final = _whole.size
_BUCKET_BYTES: Final = _WAYS * _ENTRY_BYTES
_times = Struct("<" + "32xI4x" * _WAYS)
AHEAD_S: Final = 86_400
"""An entry from further in the future than that was not written by a clock that can be trusted."""


class OriginTable:
    """One process's view of the table. `key` is random, made with the file, and for whoever makes digests."""

    __slots__ = ("_map", "_mask", "key", "slots")

    def __init__(self, path: Path) -> None:
        """Map the file. Raises OSError, and ValueError where it is no such table or was cut."""
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            header = os.pread(fd, _header.size + 4, 0)
            if len(header) < _header.size + 4 or crc32(header[:-4]) != int.from_bytes(header[-4:], "little"):
                raise ValueError("its header is damaged")
            magic, version, self.slots, self.key = _header.unpack(header[:-4])
            if (magic, version) != (_MAGIC, _VERSION) or self.slots != _rounded(self.slots):
                raise ValueError("it is of another kind or version")
            if os.fstat(fd).st_size != _file_bytes(self.slots):
                raise ValueError("its size is wrong")
            self._map = mmap.mmap(fd, 0)
        finally:
            os.close(fd)
        self._map.madvise(mmap.MADV_WILLNEED)  # a disk must not be waited for later, in the middle of a request
        self._mask = self.slots // _WAYS - 1

    @classmethod
    def create_or_open(cls, path: Path, slots: int) -> Self:
        """The table at `path`; a new one, readable by its owner only, where there is none.

        A new one has `slots` entries, rounded up to a power of two; one that is there keeps its size. One that is
        damaged is set aside, its name ending in `.damaged`. Raises StateError where the file system does not let it.
        """
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with atomic.locked(path.with_name(f"{path.name}.lock")):
                if not path.exists():
                    _create(path, _rounded(slots))
                try:
                    return cls(path)
                except ValueError as error:
                    aside = path.with_name(f"{path.name}.damaged")
                    _log.warning("%s: %s; it is set aside as %s, and a new one begins", path, error, aside.name)
                    path.replace(aside)
                    _create(path, _rounded(slots))
                    return cls(path)
        except OSError as error:
            raise StateError(
                f"{path}: {(error.strerror or str(error)).lower()}. The operator has to free space on that disk, or let"
                " Ajar's user read and write there."
            ) from error

    def put(self, digest: bytes, known: bytes, now: int, fresh_s: int) -> None:
        """Keep `known` (16 bytes) under `digest` (16 bytes).

        Nothing is written where the same is there and at most `fresh_s` old. A full bucket's oldest entry gives way.
        """
        start = _HEADER_BYTES + (int.from_bytes(digest[:4], "little") & self._mask) * _BUCKET_BYTES
        bucket = self._map[start : start + _BUCKET_BYTES]
        at = _place(bucket, digest, 0)
        if at < 0:
            times = _times.unpack(bucket)
            oldest = min(times)
            if oldest and max(times) > now + AHEAD_S:
                oldest = max(times)
            at = times.index(oldest) * _ENTRY_BYTES
        else:
            _, there, when, crc = _whole.unpack_from(bucket, at)
            if there == known and 0 <= now - when <= fresh_s and crc == crc32(bucket[at : at + _CHECKED_BYTES]):
                return
        entry = _checked.pack(digest, known, now)
        at += start
        self._map[at : at + _ENTRY_BYTES] = entry + _crc.pack(crc32(entry))

    def get(self, digest: bytes) -> tuple[bytes, int] | None:
        """What was kept under `digest` last, and when; None where nothing is, or no more."""
        start = _HEADER_BYTES + (int.from_bytes(digest[:4], "little") & self._mask) * _BUCKET_BYTES
        bucket = self._map[start : start + _BUCKET_BYTES]
        best: tuple[bytes, int] | None = None
        at = _place(bucket, digest, 0)
        while at >= 0:  # two processes that add the same at once may take a slot each
            _, known, when, crc = _whole.unpack_from(bucket, at)
            if crc == crc32(bucket[at : at + _CHECKED_BYTES]) and (best is None or when > best[1]):
                best = known, when
            at = _place(bucket, digest, at + _ENTRY_BYTES)
        return best

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


def _place(bucket: bytes, digest: bytes, start: int) -> int:
    """Where in the bucket an entry of that digest begins, from `start` on; -1 where there is none."""
    at = bucket.find(digest, start)
    while at > 0 and at % _ENTRY_BYTES:
        at = bucket.find(digest, at + 1)
    return at


def _create(path: Path, slots: int) -> None:
    """Put an empty table there, whole. Its space is taken now: writing to a hole of a mapped file on a full disk would
    kill the process.
    """
    temporary = path.with_name(f".{path.name}.new")
    header = _header.pack(_MAGIC, _VERSION, slots, secrets.token_bytes(32))
    with suppress(FileNotFoundError):
        temporary.unlink()
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, header + _crc.pack(crc32(header)))
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(fd, 0, _file_bytes(slots))
        else:
            os.ftruncate(fd, _file_bytes(slots))
        os.fsync(fd)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    finally:
        os.close(fd)
    temporary.rename(path)


def _rounded(slots: int) -> int:
    return 1 << max(slots - 1, _WAYS - 1).bit_length()


def _file_bytes(slots: int) -> int:
    return _HEADER_BYTES + slots // _WAYS * _BUCKET_BYTES
