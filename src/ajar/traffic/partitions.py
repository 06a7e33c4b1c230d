"""The Parquet files of past traffic: `traffic/date=YYYY-MM-DD/<segment id>.parquet`.

Many small files of a day are replaced by one. That cannot be done in one step, so three rules hold:

* `<new>.replaces` lists the names of the files that `<new>.parquet` stands for. As soon as both exist, the listed files
  no longer count, whether they are still there or not.
* Who reads holds a shared lock on `traffic/.lock`; who replaces takes it alone, and for that moment only.
* A segment that is still in the journal is skipped by readers if a Parquet file of its name exists. Such a file is not
  merged into another before the segment is gone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path


def parquet_files(directory: Path) -> list[Path]:
    """Every file that counts, oldest day first. Hold `reading` for as long as the files are used."""
    return [path for day in days(directory) for path in files_of_day(day)]


def days(directory: Path) -> list[Path]:
    """The folders `date=…`, oldest first."""
    return sorted(directory.glob("date=*"))


def files_of_day(day: Path) -> list[Path]:
    """The files of one day that count, oldest first."""
    names = {entry.name for entry in os.scandir(day)}
    parquet = {name for name in names if name.endswith(".parquet") and not name.startswith(".")}
    for name in names:
        if name.endswith(".replaces") and name.replace(".replaces", ".parquet") in parquet:
            parquet.difference_update(replaced_by(day / name))
    return [day / name for name in sorted(parquet)]


def mark_replaced(new: Path, files: list[Path]) -> None:
    """Say on disk that `new`, once it is there, stands for `files` of the same day."""
    with new.with_suffix(".replaces").open("wb") as marker:
        marker.write(msgspec.json.encode([path.name for path in files]))
        marker.flush()
        os.fsync(marker.fileno())
    sync_directory(new.parent)


def replaced_by(marker: Path) -> list[str]:
    """The file names in a `.replaces` file."""
    return msgspec.json.decode(marker.read_bytes(), type=list[str])


def file_of_segment(directory: Path, segment_id: str) -> Path | None:
    """The Parquet file made of this segment, if there is one."""
    return next(iter(directory.glob(f"date=*/{segment_id}.parquet")), None)


def prepare(directory: Path) -> None:
    """Make the directory, for Ajar's user only, with the lock in it: readers hold that before there is a file."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(_open_lock(directory))


def _open_lock(directory: Path) -> int:
    return os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextlib.contextmanager
def reading(directory: Path) -> Generator[None]:
    """Keep files from being replaced meanwhile. Nothing to keep where no traffic was ever sealed."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(FileNotFoundError):
            file = stack.enter_context((directory / ".lock").open("rb"))
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def replacing(directory: Path) -> Generator[bool]:
    """The right to replace files; False while somebody reads, then try again later."""
    fd = _open_lock(directory)
    try:
        yield _lock_alone(fd)
    finally:
        os.close(fd)


def _lock_alone(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_directory(path: Path) -> None:
    """Make renames and removals in a directory survive a power cut."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
