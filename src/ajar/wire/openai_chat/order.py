"""Where tool results must stand: directly after the turn that made their calls."""

from __future__ import annotations

from ajar.domain.dialog.parts import Part, ToolCall, ToolResult
from ajar.domain.dialog.request import Message


def results_after_calls(messages: list[Message]) -> list[Message]:
    """The messages with each result moved up to its call's turn, where another message stands between.

    Formats that take results anywhere (Responses) allow that; Chat Completions answers 400. A result without a call
    stays where it is, and a call without a result has none: the API says so itself.
    """
    open_calls: set[str] = set()
    for message in messages:
        if message.role == "tool":
            open_calls.difference_update(part.call_id for part in message.parts if type(part) is ToolResult)
        elif open_calls:
            return _moved(messages)
        elif message.role == "assistant":
            open_calls.update(part.id for part in message.parts if type(part) is ToolCall)
    return messages


def _moved(messages: list[Message]) -> list[Message]:
    late: dict[str, ToolResult] = {}
    for message in messages:
        for part in message.parts:
            if type(part) is ToolResult:
                if part.call_id in late:
                    return messages  # ids used twice tell nothing
                late[part.call_id] = part
    ordered: list[Message] = []
    for message in messages:
        if message.role == "tool":
            left: list[Part] = [each for each in message.parts if type(each) is not ToolResult or each.call_id in late]
            for each in left:
                if type(each) is ToolResult:
                    del late[each.call_id]
            if left:
                ordered.append(Message("tool", left, rest=message.rest))
            continue
        ordered.append(message)
        if message.role == "assistant":
            calls = [part.id for part in message.parts if type(part) is ToolCall]
            results: list[Part] = [late.pop(name) for name in calls if name in late]
            if results:
                ordered.append(Message("tool", results))
    return ordered
