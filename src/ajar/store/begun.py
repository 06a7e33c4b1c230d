"""Whether a state directory holds anything of a rollout or a roll-back yet, told without loading what reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

DATABASE: Final = "ajar.db"
ROUTES: Final = "routes"
REVISION: Final = ".json"


def begun(state_dir: Path) -> bool:
    """Whether there is a database, or a revision of a route."""
    return (state_dir / DATABASE).exists() or any((state_dir / ROUTES).glob(f"*{REVISION}"))
