"""Where the supervisor writes down what is in force, for commands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.errors import StateError
from ajar.store import in_force
from ajar.supervisor.log import log

if TYPE_CHECKING:
    from pathlib import Path

    from ajar.config.snapshot import Snapshot


class Standing:
    """The file, and what it says. A disk that is full keeps nothing from being in force."""

    def __init__(self, state_dir: Path) -> None:
        """Takes away what an earlier service left."""
        self._state_dir = state_dir
        self._written: in_force.InForce | None = None
        self._failed = False
        try:
            in_force.path(state_dir).unlink(missing_ok=True)
        except OSError as error:
            raise StateError(f"{in_force.path(state_dir)}: {error.strerror}; let Ajar's user write there") from error

    def tell(self, snapshot: Snapshot) -> None:
        """All workers have it."""
        now = in_force.in_force(snapshot)
        if now == self._written:
            return
        try:
            in_force.write(self._state_dir, now)
        except OSError as error:
            if not self._failed:
                log(f"what is in force cannot be written to {in_force.path(self._state_dir)}: {error.strerror}")
            self._failed = True
        else:
            self._written, self._failed = now, False
