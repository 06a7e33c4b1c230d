"""Turns in the order that Anthropic wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.parts import Media, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Message, Tool
from ajar.errors import InvalidField
from ajar.wire.back import Back
from wire.anthropic.dialogs import HI, SCHEMA, assistant, chat, text, user, write

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]


def test_parallel_results_stand_in_one_turn_before_what_the_user_says(valid: Valid) -> None:
    request = chat(
        HI,
        Message("assistant", [Text("\n"), ToolCall("c1", "f", '{"a": 1}'), ToolCall("c2", "f", " ")]),
        Message("tool", [ToolResult("c1", [Text("one")])]),
        Message("user", [Text("wait")]),
        Message("tool", [ToolResult("c2", [Text(""), Media("image", mime="image/jpg", data="AAAA")], is_error=True)]),
        Message("user", [Text("go on")]),
        tools=[Tool("f", "d", SCHEMA, strict=True)],
        parallel_tool_calls=False,
    )
    body, lost = write(request)
    value = valid(body)
    assert value["messages"][1:] == [
        assistant(
            {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}},
            {"type": "tool_use", "id": "c2", "name": "f", "input": {}},
        ),
        user(
            {"type": "tool_result", "tool_use_id": "c1", "content": "one"},
            {
                "type": "tool_result",
                "tool_use_id": "c2",
                "content": [
                    {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "AAAA"}}
                ],
                "is_error": True,
            },
            text("wait"),
            text("go on"),
        ),
    ]
    assert value["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert value["tools"] == [{"name": "f", "description": "d", "input_schema": SCHEMA, "strict": True}]
    assert lost == ()


def test_late_results_move_up_to_their_call(valid: Valid) -> None:
    request = chat(
        HI,
        Message("assistant", [ToolCall("c1", "f", ""), ToolCall("c2", "f", "")]),
        Message("tool", [ToolResult("c1", [Text("one")])]),
        Message("assistant", [Text("so far")]),
        Message("tool", [ToolResult("c2", [Text("two")])]),
    )
    value = valid(write(request)[0])
    assert [block["tool_use_id"] for block in value["messages"][2]["content"]] == ["c1", "c2"]


def test_ids_with_odd_signs_are_replaced_alike(valid: Valid) -> None:
    request = chat(
        HI,
        Message("assistant", [ToolCall("functions.f:0", "f", ""), ToolCall("functions.f:1", "f", "")]),
        Message("tool", [ToolResult("functions.f:0", []), ToolResult("functions.f:1", [])]),
    )
    messages = valid(write(request)[0])["messages"]
    ids = [block["id"] for block in messages[1]["content"]]
    assert len(set(ids)) == 2
    assert [block["tool_use_id"] for block in messages[2]["content"]] == ids


def test_arguments_that_are_no_object_are_refused() -> None:
    for arguments in ("{", "[1]", "null", '{"a":' + "[" * 5000):
        with pytest.raises(InvalidField) as error:
            write(chat(HI, Message("assistant", [ToolCall("c", "f", arguments)])))
        assert error.value.param == "tool_calls.arguments"


def test_a_custom_call_keeps_its_words(valid: Valid) -> None:
    request = chat(
        HI,
        Message("assistant", [ToolCall("c", "f", "print(1)", custom=True)]),
        Message("tool", [ToolResult("c", [Text("1")], custom=True)]),
    )
    body, lost = write(request)
    assert valid(body)["messages"][1]["content"][0]["input"] == {"input": "print(1)"}
    assert lost == ("tool_calls.custom",)


def test_a_conversation_begins_with_the_user(valid: Valid) -> None:
    body, lost = write(chat(Message("assistant", [Text("welcome")]), HI))
    assert [message["role"] for message in valid(body)["messages"]] == ["user", "assistant", "user"]
    assert lost == ("messages.order",)
    body, lost = write(chat(Message("system", [Text("tell a joke")])))
    assert valid(body)["system"] == "tell a joke"
    assert lost == ("messages.order",)


def test_an_answer_to_go_on_with_does_not_end_in_white_space(valid: Valid) -> None:
    body, lost = write(chat(HI, Message("assistant", [Text("So: "), Text("{\n"), Text("\n")])))
    assert valid(body)["messages"][-1] == assistant(text("So: "), text("{"))
    assert lost == ()
    body, _ = write(chat(HI, Message("assistant", [Text("So: ")]), Message("user", [Text("go on ")])))
    assert valid(body)["messages"][1:] == [assistant(text("So: ")), user(text("go on "))]


def test_later_instructions_go_to_the_top_or_stay(valid: Valid) -> None:
    request = chat(
        Message("system", [Text("a")]),
        HI,
        Message("assistant", [Text("b")]),
        Message("user", [Text("c")]),
        Message("system", [Text("d")]),
        Message("assistant", [Text("e")]),
        Message("user", [Text("f")]),
    )
    body, lost = write(request)
    assert valid(body)["system"] == [text("a"), text("d")]
    assert lost == ("messages.system_position",)
    body, lost = write(request, Back(model="claude-x", quirks=frozenset({"mid_system"})))
    value = valid(body)
    assert value["system"] == "a"
    roles = [message["role"] for message in value["messages"]]
    assert roles == ["user", "assistant", "user", "system", "assistant", "user"]
    assert lost == ()


def test_instructions_between_a_call_and_its_result_come_behind_it(valid: Valid) -> None:
    request = chat(
        HI,
        Message("assistant", [ToolCall("c", "f", "")]),
        Message("system", [Text("now")]),
        Message("tool", [ToolResult("c", [Text("one")])]),
        Message("assistant", [Text("x")]),
        Message("system", [Text("end")]),
    )
    body, lost = write(request, Back(model="claude-x", quirks=frozenset({"mid_system"})))
    value = valid(body)
    assert [message["role"] for message in value["messages"]] == ["user", "assistant", "user", "system", "assistant"]
    assert value["system"] == "end"
    assert lost == ("messages.system_position",)
