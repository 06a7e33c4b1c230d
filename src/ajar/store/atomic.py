"""Files that are changed whole or not at all, one writer at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

_ROOM: Final = 16_384


@contextlib.contextmanager
def locked(path: Path) -> Generator[None]:
    """Hold the exclusive lock on this file, which is created empty; waits for whoever holds it. Raises OSError.

    The lock ends with the process, however it ends. The file stays: removing it would let two in at once.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _keep_owner(descriptor, path.parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Make `data` the content of the file, readable by its owner only, and durable before this returns.

    A crash at any moment leaves the old content or the new one. Callers take turns by a lock. Raises OSError.
    """
    beside = path.with_name(f"{path.name}.new")
    _write(beside, data)
    beside.replace(path)
    _sync_folder(path.parent)


def replace_at_any_rate(path: Path, data: bytes, spare: Path) -> None:
    """`replace`, which finds room on a full disk too, once, where `spare` was filled before by `keep_room`.

    `spare` becomes the file then: what is written over needs no room where the file system does not copy on write.
    """
    try:
        replace(path, data)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not spare.exists():
            raise
        with open(os.open(spare, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "wb") as file:  # noqa: PTH123
            file.write(data)
            file.flush()
            file.truncate()
            os.fsync(file.fileno())
        spare.replace(path)
        _sync_folder(path.parent)


def keep_room(spare: Path) -> None:
    """Fill `spare` for a full disk, where it is missing. Raises OSError."""
    if not spare.exists():
        replace(spare, bytes(_ROOM))


def _write(path: Path, data: bytes | Iterable[bytes]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o600), "wb") as file:  # noqa: PTH123 - Path.open cannot set the mode
        os.fchmod(file.fileno(), 0o600)
        _keep_owner(file.fileno(), path.parent)
        file.writelines((data,) if isinstance(data, bytes) else data)
        file.flush()
        os.fsync(file.fileno())


def _keep_owner(descriptor: int, folder: Path) -> None:
    """What root writes with `sudo` must stay readable to the user whose folder it is."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
