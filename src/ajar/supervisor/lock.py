"""The state directory, and the lock that lets one supervisor at a time use it."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from ajar.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path


class Lock:
    """Held from `__init__` until the process ends or `release` is called; the kernel frees it however that happens."""

    def __init__(self, state_dir: Path) -> None:
        """Make `state_dir` (for its owner only) where it is missing, and lock it.

        Raises StateError where another process holds it, or where it cannot be used safely.
        """
        try:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            _refuse_unsafe(state_dir)
            run = state_dir / "run"
            run.mkdir(mode=0o700, exist_ok=True)
            self._fd = os.open(run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StateError(
                f"the state directory {state_dir} cannot be used ({error.strerror}): give this user the right to "
                "write there, or choose another with --state-dir"
            ) from error
        self._take(state_dir)

    def release(self) -> None:
        """Give it back."""
        os.close(self._fd)

    def _take(self, state_dir: Path) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._fd, 32).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise StateError(
                f"another ajar (process {holder or 'unknown'}) uses the state directory {state_dir}: stop that one, "
                "or choose another directory with --state-dir"
            ) from error
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)


def _refuse_unsafe(state_dir: Path) -> None:
    found = state_dir.stat()
    if found.st_uid != os.geteuid():
        raise StateError(
            f"the state directory {state_dir} belongs to user {found.st_uid}, and ajar runs as user {os.geteuid()}: "
            "run it as that user, or choose another directory with --state-dir"
        )
    if found.st_mode & 0o077:
        raise StateError(
            f"the state directory {state_dir} is open to other users (mode {found.st_mode & 0o777:o}): "
            f"run `chmod 700 {state_dir}`, or choose another directory with --state-dir"
        )
