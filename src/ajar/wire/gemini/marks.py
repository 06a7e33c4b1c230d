"""How the reader tells the writer of the same format which of two equal ways of writing the caller chose.

A mark is a null in a node's `rest` under a field that the writer fills in itself. A null says nothing to any other
format, and no request means something by it.
"""

from __future__ import annotations

from typing import Final

ROLE: Final = "role"
"""On a turn: it named no role."""

JOINED: Final = "content"
"""On a `user` turn: it stood in one content with the tool results before it."""

RESPONSE: Final = "response"
"""On a tool result: the text is its whole response, an object."""

ID: Final = "id"
"""On a tool call or result: it had no id, and the one that it has is made up."""
