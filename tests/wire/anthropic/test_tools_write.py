"""Tools of other formats and how to choose among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.request import Tool, ToolChoice
from ajar.errors import InvalidField
from wire.anthropic.dialogs import SCHEMA, chat, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.parts import Foreign

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


def test_tools_that_no_model_of_anthropic_takes_are_refused() -> None:
    for tool in (Tool("a b", schema={}), Tool("f" * 129, schema={}), Tool("f", schema={"type": "string"})):
        with pytest.raises(InvalidField):
            write(chat(tools=[tool]))
