"""The steward, as the supervisor sees it: nothing waits for it, and inference goes on without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.supervisor.backoff import Backoff
from ajar.supervisor.child import Child

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ajar.supervisor.said import Said


class Steward:
    """Keeps the background process running."""

    def __init__(self, command: Sequence[str], state_dir: Path) -> None:
        self._state_dir = str(state_dir)
        self.child = Child("steward", command, self, Backoff())

    def first_line(self) -> bytes:
        """The steward's start message."""
        return msgspec.json.encode({"kind": "start", "state_dir": self._state_dir}) + b"\n"

    def heard(self, message: Said) -> None:
        """Nothing waits for what it says."""

    def died(self, how: str) -> None:
        """Nothing else changes."""
