"""Files that are there whole or not at all, for their owner's eyes: an export holds prompts and answers."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ajar.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from typing import BinaryIO


@contextmanager
def whole(path: Path) -> Generator[BinaryIO]:
    """Write a file, which takes the place of another only once this ends without an error.

    What is no file, such as /dev/stdout, is written as it comes. Raises StateError where it cannot be written.
    """
    if path.is_dir():
        raise StateError(f"{path} is a folder: name a file in it")
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as out:
                yield out
            return
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as out:
            yield out
        beside.replace(path.resolve())
    except BrokenPipeError:  # whoever read it has left, which is no fault
        raise
    except OSError as error:
        raise _failed(path, error) from None
    finally:
        _remove(beside)


def folder(path: Path) -> None:
    """Make the folder and those above it that are not there. Raises StateError."""
    try:
        for missing in reversed([each for each in (path, *path.parents) if not each.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise _failed(path, error) from None
    if not path.is_dir():
        raise StateError(f"{path} cannot be made a folder: it is there, and is none")


def _failed(path: Path, error: OSError) -> StateError:
    return StateError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}")


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        return
