"""Where a run writes down each sample when it has it, and finds again what an earlier part of it has done."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from typing import TYPE_CHECKING

import msgspec

from ajar.errors import JournalError, StateError
from ajar.evals.run.header import refuse_other
from ajar.evals.run.ledger import Ledger
from ajar.evals.run.lines import Found, Replay, scan

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.evals.run.header import Header
    from ajar.evals.sample import Sample

_NEW = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_OLD = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC

_encode = msgspec.json.Encoder().encode


class Journal:
    """An append-only file of JSON lines: the header, then one line for each sample; a later line replaces an earlier.

    Held by one run at a time. What `append` has returned for survives the death of the process; a power cut may take
    what the kernel had not yet written. The file may hold prompts and answers, so it is its owner's alone.
    """

    def __init__(self, path: Path, fd: int, found: Found) -> None:
        """Use `create` or `resume`."""
        self.path = path
        self.header = found.header
        self.ledger = found.ledger
        self._fd = fd
        self._size = found.end

    @classmethod
    def create(cls, path: Path, header: Header) -> Journal:
        """A new run's. Raises StateError where the file is there already, or cannot be made."""
        fd = -1
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(path, _NEW, 0o600)
            _lock(path, fd)
            line = _encode(header) + b"\n"
            _write(fd, line)
            os.fsync(fd)
        except FileExistsError:
            raise StateError(f"the run's journal {path} is there already: resume that run, or name another") from None
        except OSError as error:
            if fd != -1:
                os.close(fd)
                path.unlink()
            raise StateError(f"the run's journal {path} cannot be made: {_reason(error)}") from None
        return cls(path, fd, Found(header, Ledger(header.cases, header.repeats), len(line)))

    @classmethod
    def resume(cls, path: Path, header: Header | None = None, *, retry_errors: bool = False) -> Journal:
        """Go on with a run. A line that its end has torn is cut off.

        With `header`, it must be of the same questions and targets. With `retry_errors`, what ended in an error or
        could not be scored counts as not done. Raises StateError where another run has it, where it is damaged, or
        where the header is another.
        """
        try:
            fd = os.open(path, _OLD)
        except OSError as error:
            raise StateError(f"the run's journal {path} cannot be opened: {_reason(error)}") from None
        try:
            _lock(path, fd)
            with open(fd, "rb", closefd=False) as file:
                found = scan(path, file)
            if header is not None:
                refuse_other(found.header, header)
            os.ftruncate(fd, found.end)
        except BaseException as error:
            os.close(fd)
            if isinstance(error, OSError):
                raise StateError(f"the run's journal {path} cannot be read: {_reason(error)}") from None
            raise
        if retry_errors:
            found.ledger.forget_errors()
        return cls(path, fd, found)

    def append(self, sample: Sample) -> None:
        """Write one sample down. JournalError means that nothing of it is kept."""
        line = _line(sample)
        try:
            _write(self._fd, line)
        except OSError as error:
            with contextlib.suppress(OSError):  # what stays is a torn last line, and the next run cuts it off
                os.ftruncate(self._fd, self._size)
            raise JournalError(
                f"the run's journal {self.path} cannot be written: {_reason(error)}. Make room there; then resume the "
                "run: what is done is kept"
            ) from None
        self._size += len(line)
        self.ledger.add(sample)

    def replay(self) -> Replay:
        """All samples so far."""
        return Replay(self.path, Found(self.header, self.ledger, self._size))

    def close(self) -> None:
        """Let go of the file, once it lies on the disk."""
        if self._fd != -1:
            with contextlib.suppress(OSError):
                os.fsync(self._fd)
            os.close(self._fd)
            self._fd = -1


def _write(fd: int, line: bytes) -> None:
    written = os.write(fd, line)
    while written < len(line):
        written += os.write(fd, line[written:])


def _lock(path: Path, fd: int) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StateError(f"another run is writing to {path}: wait until it has ended, or stop it") from None


def _line(sample: Sample) -> bytes:
    try:
        return _encode(sample) + b"\n"
    except UnicodeEncodeError:  # half a pair of surrogates, which a scorer of one's own can make
        text = json.dumps(msgspec.to_builtins(sample), ensure_ascii=False)
        return text.encode("utf-8", "replace") + b"\n"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error) or "no reason given").lower()
