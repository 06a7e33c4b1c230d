"""Programs that OpenAI runs, and the other calls of its own tools: to which of them an item belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign
from ajar.wire.partners import Tie, cut_calls

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import Message
    from ajar.wire.openai_responses.target import Target


def calls_to_cut(messages: list[Message], target: Target) -> frozenset[str]:
    """The calls of which an item must stay behind, such as a program: OpenAI refuses an output without its call."""
    return cut_calls(
        [
            Tie(call_of(part.value), caller_of(part.value), target.may_go(part.value))
            for message in messages
            for part in message.parts
            if isinstance(part, Foreign)
        ]
    )


def call_of(item: Rest) -> str | None:
    """The call that an item makes or answers."""
    return _text(item.get("call_id"))


def caller_of(item: Rest) -> str | None:
    """The call of the program that made this one; None where the model itself did."""
    caller = item.get("caller")
    return _text(cast("Rest", caller).get("caller_id")) if type(caller) is dict else None


def _text(value: Any) -> str | None:
    return value if type(value) is str else None
