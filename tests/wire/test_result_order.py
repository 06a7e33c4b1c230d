"""Tool results stand where their calls were made."""

from __future__ import annotations

from ajar.domain.dialog.parts import Foreign, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Message
from ajar.wire.result_order import results_after_calls


def calls(*names: str) -> Message:
    return Message("assistant", [ToolCall(name, "f", "{}") for name in names])


def results(*names: str) -> Message:
    return Message("tool", [ToolResult(name, [Text(name.upper())]) for name in names])


def model(text: str) -> Message:
    return Message("assistant", [Text(text)])


def user(text: str) -> Message:
    return Message("user", [Text(text)])


def told(messages: list[Message]) -> list[str]:
    """Each message in short: its role's letter, and its parts."""
    found: list[str] = []
    for message in messages:
        words: list[str] = []
        for part in message.parts:
            if isinstance(part, ToolCall):
                words.append(part.id)
            elif isinstance(part, ToolResult):
                words.append(part.call_id.upper())
            elif isinstance(part, Text):
                words.append(part.text)
            else:
                words.append("?")
        found.append(f"{message.role[0]}:{'+'.join(words)}")
    return found


def test_what_is_in_order_stays_the_same() -> None:
    messages = [user("x"), calls("a", "b"), results("b"), results("a"), model("y"), calls("c"), results("c")]
    assert results_after_calls(messages) is messages
    assert results_after_calls(messages, joined=True) is messages


def test_late_results_move_up() -> None:
    messages = [calls("a", "b"), results("a"), user("wait"), model("so far"), results("b", "orphan"), user("go")]
    for joined in (False, True):
        found = told(results_after_calls(messages, joined=joined))
        assert found == ["a:a+b", "t:A+B", "u:wait", "a:so far", "t:ORPHAN", "u:go"]


def test_a_turn_may_be_several_messages() -> None:
    messages = [model("x"), calls("a"), calls("b"), model("y"), results("b", "a")]
    assert told(results_after_calls(messages)) == ["a:x", "a:a", "t:A", "a:b", "t:B", "a:y"]
    assert results_after_calls(messages, joined=True) is messages
    late = [calls("a"), calls("b"), user("wait"), results("b", "a")]
    assert told(results_after_calls(late, joined=True)) == ["a:a", "a:b", "t:A+B", "u:wait"]


def test_ids_that_are_used_twice_tell_nothing() -> None:
    messages = [calls("a"), user("x"), results("a"), calls("a"), results("a")]
    assert results_after_calls(messages) is messages


def test_what_else_stands_among_results_stays() -> None:
    own = Foreign("openai-responses", "shell_call_output", {})
    messages = [calls("a"), user("x"), Message("tool", [own, ToolResult("a", [])], rest={"odd": 1})]
    found = results_after_calls(messages)
    assert told(found) == ["a:a", "t:A", "u:x", "t:?"]
    assert found[3].rest == {"odd": 1}
    emptied = results_after_calls([calls("a"), user("x"), Message("tool", [ToolResult("a", [])], rest={"odd": 1})])
    assert [message.rest for message in emptied] == [{}, {}, {}, {"odd": 1}]
