"""Tools of other formats and how to choose among them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.parts import Foreign
from ajar.domain.dialog.request import Tool, ToolChoice
from ajar.errors import InvalidField
from wire.anthropic.dialogs import SCHEMA, chat, write

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]


CHOICES = [
    (ToolChoice("auto"), {"type": "auto"}, ["f", "g"]),
    (ToolChoice("none"), {"type": "none"}, ["f", "g"]),
    (ToolChoice("required"), {"type": "any"}, ["f", "g"]),
    (ToolChoice("tool", ["g"]), {"type": "tool", "name": "g"}, ["f", "g"]),
    (ToolChoice("allowed", ["g"]), {"type": "auto"}, ["g"]),
    (ToolChoice("allowed", ["g"], must=True), {"type": "any"}, ["g"]),
]


@pytest.mark.parametrize(("choice", "written", "names"), CHOICES)
def test_tool_choice(valid: Valid, choice: ToolChoice, written: dict[str, Any], names: list[str]) -> None:
    tools: list[Tool | Foreign] = [Tool("f", schema={}, strict=False), Tool("g", schema=SCHEMA)]
    body, lost = write(chat(tools=tools, tool_choice=choice))
    value = valid(body)
    assert value["tool_choice"] == written
    assert [tool["name"] for tool in value["tools"]] == names
    assert lost == ()
    single = valid(write(chat(tools=tools, tool_choice=choice, parallel_tool_calls=False))[0])["tool_choice"]
    assert single.get("disable_parallel_tool_use", False) is (choice.mode != "none")


DROPPED: list[Tool | Foreign] = [Tool("raw", custom=True), Foreign("openai-chat", "web_search", {"type": "web_search"})]


@pytest.mark.parametrize("dropped", DROPPED)
def test_a_tool_that_was_left_out_cannot_be_chosen(valid: Valid, dropped: Tool | Foreign) -> None:
    tools: list[Tool | Foreign] = [Tool("f", schema=SCHEMA), dropped]
    choice = ToolChoice("tool", ["raw"])
    body, lost = write(chat(tools=tools, tool_choice=choice, parallel_tool_calls=False))
    assert valid(body)["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert [tool["name"] for tool in valid(body)["tools"]] == ["f"]
    assert "tool_choice" in lost
    assert "tool_choice" not in valid(write(chat(tools=tools, tool_choice=choice))[0])
    body, lost = write(chat(tools=[dropped], tool_choice=choice))
    assert "tool_choice" not in valid(body)
    assert "tool_choice" in lost
    body, lost = write(chat(tools=tools, tool_choice=ToolChoice("tool", ["f"])))
    assert valid(body)["tool_choice"] == {"type": "tool", "name": "f"}
    assert "tool_choice" not in lost


def test_a_tool_that_the_caller_never_gave_is_for_the_api_to_refuse() -> None:
    body, lost = write(chat(tools=[Tool("f", schema=SCHEMA)], tool_choice=ToolChoice("tool", ["g"])))
    assert json.loads(body)["tool_choice"] == {"type": "tool", "name": "g"}
    assert lost == ()


def test_tools_that_no_model_of_anthropic_takes_are_refused() -> None:
    for tool in (Tool("a b", schema={}), Tool("f" * 129, schema={}), Tool("f", schema={"type": "string"})):
        with pytest.raises(InvalidField):
            write(chat(tools=[tool]))
