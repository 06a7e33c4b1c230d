"""Where tool results must stand: directly after the turn that made their calls."""

from __future__ import annotations

from ajar.domain.dialog.parts import Part, ToolCall, ToolResult
from ajar.domain.dialog.request import Message


def results_after_calls(messages: list[Message], *, joined: bool = False) -> list[Message]:
    """The messages with each result moved up to its call's turn, where another message stands between.

    Formats that take results anywhere (Responses) allow that; all others answer 400. A turn is one message, or with
    `joined`, for a writer that makes one turn of them, all successive messages of the model. A result without a call
    stays where it is, and a call without a result has none: the API says so itself.
    """
    open_calls: set[str] = set()
    last = ""
    for message in messages:
        role = message.role
        if role == "tool":
            open_calls.difference_update(part.call_id for part in message.parts if type(part) is ToolResult)
        elif open_calls and not (joined and role == last == "assistant"):
            return _moved(messages, joined=joined)
        if role == "assistant":
            open_calls.update(part.id for part in message.parts if type(part) is ToolCall)
        last = role
    return messages


def _moved(messages: list[Message], *, joined: bool) -> list[Message]:
    late: dict[str, ToolResult] = {}
    for message in messages:
        for part in message.parts:
            if type(part) is ToolResult:
                if part.call_id in late:
                    return messages  # ids used twice tell nothing
                late[part.call_id] = part
    ordered: list[Message] = []
    calls: list[str] = []
    for message, following in zip(messages, [*messages[1:], None], strict=True):
        if message.role == "tool":
            left = _left(message, late)
            if left or message.rest:
                ordered.append(Message("tool", left, rest=message.rest))
            continue
        ordered.append(message)
        if message.role == "assistant":
            calls += [part.id for part in message.parts if type(part) is ToolCall]
            if joined and following is not None and following.role == "assistant":
                continue
            results: list[Part] = [late.pop(name) for name in calls if name in late]
            calls = []
            if results:
                ordered.append(Message("tool", results))
    return ordered


def _left(message: Message, late: dict[str, ToolResult]) -> list[Part]:
    """What of a turn of results did not move: what is no result, and what no call before it asked for."""
    left: list[Part] = [each for each in message.parts if type(each) is not ToolResult or each.call_id in late]
    for each in left:
        if type(each) is ToolResult:
            del late[each.call_id]
    return left
