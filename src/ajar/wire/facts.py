"""What the record keeps of an answer, whichever format it is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ajar.domain.usage import Usage


class Facts(Protocol):
    """What an answer, or the tail of a stream, says of itself. Absent facts are None."""

    model: str | None
    finish_reason: str | None
    """In the provider's own word."""
    failed: bool
    """A stream's event was an error."""

    def counts(self) -> Usage | None:
        """The usage in Ajar's arithmetic."""
        ...

    def raw(self) -> str | None:
        """The JSON text of the provider's own usage block."""
        ...
