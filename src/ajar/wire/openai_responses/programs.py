"""Programs that OpenAI runs, and the other calls of its own tools: to which an item belongs, and whether it can go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign
from ajar.wire.partners import Tie, cut_calls

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import Message
    from ajar.wire.openai_responses.target import Target


_NEED_NO_ID = frozenset(
    {
        "additional_tools",
        "apply_patch_call",
        "apply_patch_call_output",
        "compaction",
        "compaction_trigger",
        "computer_call_output",
        "mcp_approval_response",
        "shell_call",
        "shell_call_output",
        "tool_search_call",
        "tool_search_output",
    }
)
"""Kinds of items whose `id` OpenAI does not ask for."""


def goes_anonymous(item: Rest, target: Target) -> bool:
    """Whether an item can go to a deployment that does not know its `id`: without it, then."""
    return (item.get("id") is None or item.get("type") in _NEED_NO_ID) and target.may_go(item)


def calls_to_cut(messages: list[Message], target: Target) -> frozenset[str]:
    """The calls of which an item must stay behind where ids are not known, such as a program.

    OpenAI refuses an output without its call.
    """
    return cut_calls(
        [
            Tie(call_of(part.value), caller_of(part.value), goes_anonymous(part.value, target))
            for message in messages
            for part in message.parts
            if isinstance(part, Foreign)
        ]
    )


def call_of(item: Rest) -> str | None:
    """The call that an item makes or answers, or the approval that it asks for, gives or had."""
    asked = item.get("id") if item.get("type") == "mcp_approval_request" else item.get("approval_request_id")
    return _text(item.get("call_id")) or _text(asked)


def caller_of(item: Rest) -> str | None:
    """The call of the program that made this one; None where the model itself did."""
    caller = item.get("caller")
    return _text(cast("Rest", caller).get("caller_id")) if type(caller) is dict else None


def _text(value: Any) -> str | None:
    return value if type(value) is str else None
