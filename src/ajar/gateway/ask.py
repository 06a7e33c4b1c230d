"""A caller's request in both of its forms: the bytes, and the typed form where that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.wire.formats import FORMATS
from ajar.wire.fronts import EMBEDDINGS
from ajar.wire.opaque_request import values_in_request
from ajar.wire.openai_responses.stateless import require_stateless

if TYPE_CHECKING:
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.fronts import Front


class Ask:
    """What is asked for, and in which format."""

    __slots__ = ("_typed", "front", "values", "view")

    def __init__(self, front: Front, body: bytes) -> None:
        """Reads what planning needs. Raises InvalidJson and InvalidField."""
        self.front = front
        self.view = front.view(body)
        self.values = None if front is EMBEDDINGS else values_in_request(front.format, body)
        """What it carries that only its issuer understands; None or empty where that is nothing."""
        self._typed: ChatRequest | None = None

    def typed(self) -> ChatRequest:
        """The request for translation. Raises InvalidField where it cannot be, or wants a provider's state."""
        if self._typed is None:
            request = FORMATS[self.front.format].read_request(self.view.body)
            if self.front.format == "openai-responses":
                require_stateless(request)
            self._typed = request
        return self._typed
