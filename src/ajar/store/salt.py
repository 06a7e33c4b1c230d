"""The secret that units are hashed with: one for each state directory, so that no hash tells who a unit is."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from ajar.errors import StateError
from ajar.store import atomic

if TYPE_CHECKING:
    from pathlib import Path

_BYTES: Final = 32


def salt(state_dir: Path) -> bytes:
    """The 32 random bytes in `state_dir/salt`, which are made where there are none.

    Raises StateError where they cannot be read or made. With others every unit would be assigned anew.
    """
    path = state_dir / "salt"
    try:
        with atomic.locked(state_dir / "salt.lock"):
            if not path.exists():
                atomic.replace(path, secrets.token_bytes(_BYTES))
            found = path.read_bytes()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise StateError(
            f"{error.filename or path}: {why}; see that the user who runs `ajar serve` may read and write {state_dir}"
        ) from error
    if len(found) != _BYTES:
        raise StateError(
            f"{path} is damaged: restore it from a backup. To begin anew, remove it: every unit of a running rollout "
            "is then assigned anew, so end those first"
        )
    return found
