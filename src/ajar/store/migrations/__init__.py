"""How the database of an older Ajar becomes this one's.

One file in `versions/` for each step; `env.py` is what alembic runs. Imported only where a migration is due: alembic is
slow to load.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from ajar.errors import StateError

if TYPE_CHECKING:
    from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest revision, within the connection's transaction. Raises StateError."""
    try:
        command.upgrade(settings(connection), "head")
    except CommandError as error:
        raise StateError(f"the database cannot be brought up to date: {error}. Restore it from a backup") from error


def settings(connection: Connection) -> Config:
    """What alembic has to know, in place of an `alembic.ini`."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
