"""What a connection to an upstream needs of the pool that it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ajar.upstream.connection import Connection


class Keeper(Protocol):
    """Who looks after a connection while it carries no exchange."""

    def add(self, connection: Connection) -> None:
        """It was made."""

    def put(self, connection: Connection) -> None:
        """A response has ended, and the connection can carry another request."""

    def forget(self, connection: Connection) -> None:
        """Its transport is gone. Called once."""
