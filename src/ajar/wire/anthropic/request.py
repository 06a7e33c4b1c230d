"""A caller's Messages or count_tokens request on the byte path: what planning reads, and what forwarding edits."""

from __future__ import annotations

from typing import Literal

from ajar.errors import InvalidField
from ajar.wire.toplevel import TopLevel
from ajar.wire.view import RequestView, flag_in, model_in

Operation = Literal["messages", "count_tokens"]

_PLANNED = frozenset({"model", "stream", "messages", "system", "tools", "metadata", "container"})


class MessagesRequest(RequestView):
    """One parsed request."""

    __slots__ = ()

    def __init__(self, body: bytes, operation: Operation) -> None:
        """Read the planning fields.

        Raises InvalidJson, or InvalidField naming the parameter that is missing or of a wrong type.
        """
        self.body = body
        self._top = top = TopLevel(body, _PLANNED)
        self.model = model_in(top)
        found = top.first("messages")
        if found is None:
            raise InvalidField("`messages` is missing", param="messages")
        if found != 0x5B:
            raise InvalidField("`messages` must be a list", param="messages")
        self.stream = operation == "messages" and flag_in(top, "stream") is True
        self.meterable = False  # every Messages stream carries its usage
