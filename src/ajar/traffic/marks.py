"""How far the records of experiments are complete, as all workers know it together: one memory-mapped file.

File: a page of header (magic, version, workers), and one word for each worker, its mark: no inference of an experiment
that began before it is still to be recorded by that worker. 0: there is none at all. A worker writes its own word only;
the supervisor clears a dead one's.
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from ajar.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path

_MAGIC: Final = int.from_bytes(b"ajarmark", "little")
_VERSION: Final = 1
_HEADER_BYTES: Final = 4096


class Marks:
    """One process's view of the file. Times are in microseconds since 1970 UTC."""

    def __init__(self, path: Path) -> None:
        """Map the file at `path`; `create` and `open` are the ways in."""
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            size = os.fstat(fd).st_size
            head = os.pread(fd, 24, 0)
            magic, version, self.workers = (int.from_bytes(head[at : at + 8], "little") for at in (0, 8, 16))
            if (magic, version) != (_MAGIC, _VERSION) or size != _HEADER_BYTES + 8 * self.workers:
                raise StateError(f"{path} is not a file of marks of this Ajar. Restart Ajar as a whole.")
            self._map = mmap.mmap(fd, 0)
        finally:
            os.close(fd)
        self._bytes = memoryview(self._map)[_HEADER_BYTES:]
        self._words = self._bytes.cast("q")

    @classmethod
    def create(cls, path: Path, workers: int) -> Self:
        """Put an empty file in place of any old one. For the supervisor. StateError where that cannot be done."""
        temporary = path.with_name(f".{path.name}.new")
        head = b"".join(word.to_bytes(8, "little") for word in (_MAGIC, _VERSION, workers))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                os.write(fd, head.ljust(_HEADER_BYTES, b"\0") + bytes(8 * workers))
            finally:
                os.close(fd)
            marks = cls(temporary)
            temporary.rename(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise StateError(
                f"Cannot make the file of marks {path}: {error.strerror}."
                " The operator has to free space on that disk, or let Ajar's user write there."
            ) from error
        return marks

    @classmethod
    def open(cls, path: Path) -> Self:
        """The file at `path`. Raises OSError, or StateError where it is another kind of file."""
        return cls(path)

    def write(self, worker: int, micros: int) -> None:
        """Set the mark of worker `worker`, counted from 0. No two processes may write the same."""
        self._words[worker] = micros  # one aligned word: a reader sees the old one or the new one

    def retire(self, worker: int) -> None:
        """A dead worker records nothing more."""
        self.write(worker, 0)

    def watermark(self, now: int) -> int:
        """Up to when every inference of an experiment that began is recorded, if it ever will be.

        Read the journal after asking: what was recorded by then is in it.
        """
        return min((mark for mark in self._words.tolist() if mark), default=now)

    def close(self) -> None:
        """Let go of the file."""
        self._words.release()
        self._bytes.release()
        self._map.close()
