"""Calls of the tools that Anthropic runs itself: to what a block of theirs belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign
from ajar.wire.partners import Tie, cut_calls

if TYPE_CHECKING:
    from ajar.domain.dialog.request import Message
    from ajar.wire.anthropic.scope import Scope


def calls_to_cut(messages: list[Message], scope: Scope) -> frozenset[str]:
    """The calls of which a block must stay behind. Anthropic refuses a call without its result, and the reverse.

    The result may stand in a later turn: of a program that waited for the caller's tools, or after a `pause_turn`.
    """
    return cut_calls(
        [
            Tie(_call_of(part.value), caller_of(part.value), scope.may_go(part.value))
            for message in messages
            for part in message.parts
            if type(part) is Foreign
        ]
    )


def is_cut(block: dict[str, Any], scope: Scope) -> bool:
    """Whether a block belongs to such a call."""
    return bool(scope.cut) and (_call_of(block) in scope.cut or caller_of(block) in scope.cut)


def caller_of(block: dict[str, Any]) -> str | None:
    """The call of the program that made this one; None where the model itself did."""
    caller = block.get("caller")
    return _text(cast("dict[str, Any]", caller).get("tool_id")) if type(caller) is dict else None


def _call_of(block: dict[str, Any]) -> str | None:
    return _text(block.get("tool_use_id")) or _text(block.get("id"))


def _text(value: Any) -> str | None:
    return value if type(value) is str else None
