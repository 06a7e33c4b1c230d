"""How deployments are, as all workers of a machine know it: one memory-mapped file.

File: a page of header (magic, version, workers, slots, slots in use), one word for each process that counts its
changes, the table of names, and the cells that `vitals` describes, slot by slot. A process writes its own words and
cells only; the supervisor comes after the workers, and keeps there what dead ones knew of breakers.

Locks on single bytes stand for what must end with a process: the first byte for the supervisor, a slot's for the worker
that probes its deployment. They are POSIX record locks: a process that closes ANY descriptor of the file loses all that
it has. So a process opens the file once, and closes it when it ends.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from ajar.errors import ConfigError, StateError
from ajar.traffic.name_table import ENTRY_BYTES, NameTable
from ajar.traffic.vitals import CLOSED, FIELDS, OPENED, PROBES, UNTIL, Vitals

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MAGIC: Final = int.from_bytes(b"ajarvita", "little")
_VERSION: Final = 1
_HEADER_BYTES: Final = 4096
_USED: Final = 4
_SUPERVISOR_BYTE: Final = 0
_FEWEST_SLOTS: Final = 1024
_ROOM: Final = 4


class HealthFile:
    """One process's view of the file. Use from one thread."""

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        """Map the file at `path`. Raises OSError, or StateError where it is another kind of file."""
        self._fd = os.open(path, (os.O_RDWR if writable else os.O_RDONLY) | os.O_CLOEXEC)
        size = os.fstat(self._fd).st_size
        head = os.pread(self._fd, 8 * _USED, 0)
        magic, version, self.workers, self._slots = (
            int.from_bytes(head[at : at + 8], "little") for at in (0, 8, 16, 24)
        )
        if (magic, version) != (_MAGIC, _VERSION) or size != _size(self.workers, self._slots):
            os.close(self._fd)
            raise StateError(f"{path} is not a health file of this Ajar. Restart Ajar as a whole.")
        self._map = mmap.mmap(self._fd, 0, access=mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ)
        self._bytes = memoryview(self._map)
        self._words = self._bytes.cast("Q")
        self.values = self._bytes.cast("d")
        """All cells; `cell` says which is where."""
        self._columns = self.workers + 1
        table = _HEADER_BYTES + 8 * self._columns
        self._first_cell = (table + self._slots * ENTRY_BYTES) // 8
        self.names = NameTable(self._bytes, table, self._slots, _USED)
        self.changes = self._bytes[_HEADER_BYTES:table]
        """One word for each process, that grows whenever it opened or closed a breaker."""

    @classmethod
    def create(cls, path: Path, workers: int, deployments: int) -> Self:
        """Put an empty file in place of any old one, with room for four times as many deployments. For the supervisor.

        The space is reserved on disk at once. StateError where that cannot be done.
        """
        temporary = path.with_name(f".{path.name}.new")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            _write_new(temporary, workers, max(_FEWEST_SLOTS, _ROOM * deployments))
            file = cls(temporary)
            file.lock(None)  # before anybody can see the file
            temporary.rename(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise StateError(
                f"Cannot make the health file {path}: {error.strerror}."
                " The operator has to free space on that disk, or let Ajar's user write there."
            ) from error
        return file

    def name(self, names: Iterable[str]) -> None:
        """These deployments are in the config, and no others. By the supervisor, before workers hear of them.

        ConfigError, with nothing changed, where there is no room.
        """
        wanted = dict.fromkeys(names)
        known = self.names.all()
        new = [name for name in wanted if name not in known]
        kept = {known[name] for name in wanted if name in known}
        # An inference that still runs at a deployment that left ends its attempt in the old slot.
        free = [slot for slot in self.names.free() if slot not in kept and not self.vitals(slot).in_flight]
        if len(new) > len(free):
            raise ConfigError(
                [
                    f"the config brings {len(new)} new deployments, and there is room for {len(free)}: those that left"
                    " it while inferences run at them count too. Let those end, or start `ajar serve` again"
                ]
            )
        for name, slot in zip(new, free, strict=False):
            start, end = self.cell(slot, 0, 0), self.cell(slot + 1, 0, 0)
            self._bytes[8 * start : 8 * end] = bytes(8 * (end - start))
            self.names.give(slot, name)
        self.names.keep(wanted, monotonic())
        self.note_change(self.workers)

    def retire(self, worker: int) -> None:
        """Forget a dead worker's attempts; what it knew of breakers stays. By the supervisor, once it is dead."""
        for slot in self.names.used:
            self._inherit(slot, worker)
            for field in range(FIELDS):
                self.values[self.cell(slot, field, worker)] = 0.0
        self.note_change(self.workers)

    def note_change(self, process: int) -> None:
        """Say that a breaker changed. `process` is the worker, or the number of workers for the supervisor."""
        self._words[_HEADER_BYTES // 8 + process] += 1

    def cell(self, slot: int, field: int, process: int) -> int:
        """Where the field of a process is among `values`."""
        return self._first_cell + (slot * FIELDS + field) * self._columns + process

    def vitals(self, slot: int) -> Vitals:
        """The cells of a slot as they are now."""
        start = self.cell(slot, 0, 0)
        return Vitals(self.values[start : start + FIELDS * self._columns].tolist(), self._columns)

    def lock(self, slot: int | None) -> bool:
        """Take the lock of a slot (None: the supervisor's); False where another process has it."""
        try:
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self._lock_byte(slot))
        except BlockingIOError:
            return False
        return True

    def unlock(self, slot: int) -> None:
        """Give the lock of a slot back."""
        fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, self._lock_byte(slot))

    def close(self) -> None:
        """Let go of the file, and of all locks of this process."""
        self.names.release()
        for view in (self.changes, self.values, self._words, self._bytes):
            view.release()
        self._map.close()
        os.close(self._fd)

    def _lock_byte(self, slot: int | None) -> int:
        return _SUPERVISOR_BYTE if slot is None else self.names.offset(slot)

    def _inherit(self, slot: int, worker: int) -> None:
        """Keep a worker's last opening and closing in the supervisor's own cells."""

        def of(field: int, process: int) -> float:
            return self.values[self.cell(slot, field, process)]

        heir = self.workers
        if (of(OPENED, worker), of(UNTIL, worker)) > (of(OPENED, heir), of(UNTIL, heir)):
            for field in (UNTIL, PROBES, OPENED):
                self.values[self.cell(slot, field, heir)] = of(field, worker)
        self.values[self.cell(slot, CLOSED, heir)] = max(of(CLOSED, worker), of(CLOSED, heir))


def is_served(path: Path) -> bool:
    """Whether the supervisor that made the file at `path` lives. Only for processes that use it no further.

    Raises OSError where there is a file that cannot be read.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _SUPERVISOR_BYTE)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _size(workers: int, slots: int) -> int:
    return _HEADER_BYTES + 8 * (workers + 1) * (1 + slots * FIELDS) + slots * ENTRY_BYTES


def _write_new(path: Path, workers: int, slots: int) -> None:
    """A new file with its header, and zeros behind it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, b"".join(word.to_bytes(8, "little") for word in (_MAGIC, _VERSION, workers, slots)))
        # Now: writing to a hole of a mapped file on a full disk would kill the process.
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(fd, 0, _size(workers, slots))
        else:
            os.ftruncate(fd, _size(workers, slots))
    finally:
        os.close(fd)
