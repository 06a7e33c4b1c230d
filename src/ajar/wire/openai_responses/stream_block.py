"""What a stream that is being written knows of a block, and of a message that may get more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.parts import Reasoning, Text, ToolCall

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.openai_responses.items import Items
    from ajar.wire.openai_responses.written import Written

PLAIN = b"}\n\n"
WITH_LOGPROBS = b',"logprobs":[]}\n\n'
"""How a delta ends."""


class OpenMessage:
    """A message item: its parts so far (None: still open)."""

    __slots__ = ("at", "content", "id", "left", "note", "open")

    def __init__(self, at: int, identity: str, note: Written | None) -> None:
        self.at = at
        self.id = identity
        self.note = note
        self.content: list[Rest | None] = []
        self.open = 0
        self.left = False
        """Another item began: it ends with its last open part."""


class Block:
    """A block that is being written.

    `head` is the middle of its deltas, None before it begins; `growing` their first part, None before the first.
    """

    __slots__ = (
        "annotations", "at", "growing", "head", "id", "late", "logprobs", "lost", "message", "number", "opaque", "part",
        "tail", "texts", "waits", "whole",
    )  # fmt: skip

    def __init__(self, part: Part, *, whole: bool) -> None:
        self.part = part
        self.whole = whole
        self.head: bytes | None = None
        self.growing: bytes | None = None
        self.tail = PLAIN
        self.texts: list[str] = []
        self.logprobs: list[Any] = []
        self.annotations: list[Any] = []
        self.opaque = part.opaque if isinstance(part, Text | ToolCall | Reasoning) else None
        self.late: str | None = None
        """The opaque value of a text that had begun: it stands behind it."""
        self.waits = isinstance(part, Text | ToolCall) and not whole and self.opaque is None
        """An opaque value may come before its first delta, and it belongs before the item."""
        self.lost = False
        self.message: OpenMessage | None = None
        self.at = 0
        self.number = 0
        self.id = ""

    @property
    def text(self) -> str:
        """All that its deltas said."""
        return "".join(self.texts)

    def seal(self, value: str, items: Items) -> None:
        """Take the opaque value, which is lost on a call that has begun: whatever follows would be taken for signed."""
        if self.head is None or isinstance(self.part, Reasoning):
            self.opaque = value
        elif isinstance(self.part, Text):
            self.late = value
        else:
            items.lose("thought_signature")
