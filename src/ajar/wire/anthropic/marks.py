"""How a reader tells the writer of the same format which of two equal ways of writing the caller chose.

A mark is a null in a node's `rest` under a field that the writer fills in itself. A null says nothing to any other
format, and no request means something by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest

CONTENT: Final = "content"
"""On a message: its content was a plain string. On a tool result: the same, or an empty list."""

JOINED: Final = "role"
"""On a `user` turn: it stood in one message with the tool results before it."""

SYSTEM: Final = "system"
"""On a `system` turn: it stood at the top level, not among the messages."""

STREAM: Final = "stream"
"""On the request: it said `false`."""

TOOLS: Final = "tools"
"""On the request: it gave an empty list."""

METADATA: Final = "metadata"
"""On the request: it gave an empty object."""

TYPE: Final = "type"
"""On a tool: it named the type `custom`, which is the default."""

CALLER: Final = "caller"
"""On a tool call: its caller was `direct`, which is the default."""

SIGNATURE: Final = "signature"
"""On reasoning: it was there, and empty."""


def marked(rest: Rest, mark: str) -> bool:
    """Whether the mark is there, and not an unknown field of that name."""
    return mark in rest and rest[mark] is None
