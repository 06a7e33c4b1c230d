"""Where a process writes down what must not be lost: of a worker, every inference before its answer is finished."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import math
import os
import stat
from time import monotonic
from typing import TYPE_CHECKING

from ajar.domain.ids import uuid7
from ajar.errors import JournalError
from ajar.traffic.frame import TRIAL, pack

if TYPE_CHECKING:
    from pathlib import Path

    from msgspec import Struct

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_DISK = {errno.EIO, errno.EROFS}
_LEAST_TRIAL = 65536
"""As long as some dozens of records."""
_MOST_TRIAL = 1024 * 1024
"""More would take the room from others meanwhile, and an enormous record that fits nowhere would stop all others."""


class Journal:
    """Append-only segment files of one writer, `<uuid7>-<writer>.open`, locked while the writer lives.

    The writer is a worker's number (`w0`), or another process by its name.

    A segment is renamed to `.sealed` when it holds `max_bytes` or its first record is `max_age_s` old. What `append`
    has returned for survives the death of the process. It does not wait for the disk: a power cut may take the
    seconds that the kernel had not written. Use from one thread.
    """

    def __init__(
        self,
        directory: Path,
        writer: int | str,
        *,
        max_bytes: int = 16 * 1024 * 1024,
        max_age_s: float = 30,
        must_start: bool = True,
    ) -> None:
        """Make the directory (0700) and a first segment (0600). JournalError says what stands in the way.

        Without `must_start` it is not raised: `append` tries again.
        """
        self._directory = directory
        self._writer = f"w{writer}" if isinstance(writer, int) else writer
        self._max_bytes = max_bytes
        self._max_age = max_age_s
        self._fd = -1
        self._path = directory
        self._size = 0
        self._limit: float = 0
        self._deadline = math.inf
        self._failed_bytes = 0
        try:
            self._open_segment()
        except JournalError:
            if must_start:
                raise

    @property
    def path(self) -> Path:
        """The segment that the next record goes to."""
        return self._path

    def append(self, record: Struct) -> None:
        """Write one record. JournalError means that nothing of it is kept; the next call tries anew."""
        now = monotonic()
        if self._size >= self._limit or now >= self._deadline:
            self._rotate()
        frame = pack(record)
        try:
            self._write(frame)
        except JournalError:
            self._failed_bytes = max(self._failed_bytes, len(frame))
            raise
        if not self._size:
            self._deadline = now + self._max_age
        self._size += len(frame)

    def require(self) -> None:
        """Raise JournalError if there is no room for some dozens of records, and for twice the longest that failed.

        That is tried with 1 MB at most, and what was written is taken back.
        """
        if self._size >= self._limit:
            self._rotate()
        self._write(TRIAL * min(max(_LEAST_TRIAL, 2 * self._failed_bytes), _MOST_TRIAL))
        try:
            os.ftruncate(self._fd, self._size)
        except OSError:
            self._limit = 0  # there is room, and what it was tried with must stay the segment's last
        self._failed_bytes = 0

    def rotate_if_old(self) -> None:
        """Seal the segment if its first record is `max_age_s` old. For a timer: without traffic nothing appends."""
        if monotonic() >= self._deadline:
            with contextlib.suppress(JournalError):  # `append` will say so
                self._rotate()

    def close(self) -> None:
        """Seal the segment, or remove it if it is empty. Appending afterwards raises JournalError."""
        if self._fd != -1:
            self._retire(self._fd, self._path, empty=not self._size)
            self._fd = -1
        self._deadline = self._limit = math.inf

    def _write(self, frame: bytes) -> None:
        try:
            written = os.write(self._fd, frame)
            if written != len(frame):
                self._write_rest(frame, written)
        except OSError as error:
            raise self._failed("append to", self._path, error) from error

    def _write_rest(self, frame: bytes, written: int) -> None:
        """Complete a frame of which the disk took a part only, or take that part back and raise OSError.

        Where neither can be done, the torn frame must stay the segment's last: the next record starts a new segment.
        """
        try:
            while written < len(frame):
                written += os.write(self._fd, frame[written:])
        except OSError:
            try:
                os.ftruncate(self._fd, self._size)
            except OSError:
                self._limit = 0
            raise

    def _rotate(self) -> None:
        """Go on in a new segment; where none can be made, in the old one for as long again."""
        fd, path, empty = self._fd, self._path, not self._size
        try:
            self._open_segment()
        except JournalError:
            if not self._limit:
                raise
            self._limit += self._max_bytes
            self._deadline = monotonic() + self._max_age
        else:
            if fd != -1:
                self._retire(fd, path, empty=empty)

    def _retire(self, fd: int, path: Path, *, empty: bool) -> None:
        # Without its new name the segment is still found: whoever can take its lock knows that its writer is done.
        with contextlib.suppress(OSError):
            if empty:
                path.unlink()
            else:
                path.rename(path.with_suffix(".sealed"))
        os.close(fd)

    def _open_segment(self) -> None:
        path = self._directory
        try:
            _make_private(path)
            while True:
                path = self._directory / f"{uuid7()}-{self._writer}.open"
                fd = os.open(path, _FLAGS, 0o600)
                if _locked(fd, path):
                    break
                os.close(fd)
        except OSError as error:
            raise self._failed("start", path, error) from error
        self._fd, self._path, self._size = fd, path, 0
        self._limit = self._max_bytes
        self._deadline = math.inf

    @staticmethod
    def _failed(what: str, path: Path, error: OSError) -> JournalError:
        hint = "let Ajar's user write it"
        if error.errno in _NO_ROOM:
            hint = "free space on that disk"
        elif error.errno in _NO_DISK:
            hint = "see to that disk"
        return JournalError(
            f"Cannot {what} the traffic journal {path}: {error.strerror or error}. The operator has to {hint}."
        )


def _make_private(directory: Path) -> None:
    """Records may hold prompts: nobody but Ajar's user may look into the directory."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(directory.stat().st_mode) != 0o700:
        directory.chmod(0o700)


def _locked(fd: int, path: Path) -> bool:
    """Take the lock by which others see that the writer lives. False if the sealer took the new file for an orphan."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.stat().st_ino == os.fstat(fd).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False
