"""Who gives a command, and whether there is a running service that it is for."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from ajar.errors import StateError
from ajar.traffic.health import is_served

if TYPE_CHECKING:
    from pathlib import Path


def is_running(state_dir: Path) -> bool:
    """Whether an Ajar serves from this state directory. Raises StateError where that cannot be told."""
    path = state_dir / "run" / "health"
    try:
        return is_served(path)
    except OSError as error:
        why = f"{path} cannot be read ({error.strerror}): run this as the user that runs `ajar serve`"
        raise StateError(why) from error


def user() -> str:
    """Who gives this command."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return str(os.geteuid())
