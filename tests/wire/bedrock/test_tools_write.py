"""Tools, and which of them the model is to use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Format, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message, Tool, ToolChoice
from ajar.wire.back import Back
from ajar.wire.bedrock.request_write import write_request

CLAUDE = "us.anthropic.claude-sonnet-4-6"
NOVA = "us.amazon.nova-lite-v1:0"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
NONE = {"type": "object", "properties": {}}
F = Tool("f", "does f", SCHEMA, strict=True)
G = Tool("g", "", None)
HISTORY = [
    Message("user", [Text("a")]),
    Message("assistant", [ToolCall("t", "old", "{}"), ToolCall("u", "f", "{}"), ToolCall("v", "old", "{}")]),
    Message("tool", [ToolResult("t", [Text("1")])]),
]

Valid = Callable[[bytes], dict[str, Any]]


def spec(name: str, schema: Any = NONE, **others: Any) -> dict[str, Any]:
    return {"toolSpec": {"name": name, "inputSchema": {"json": schema}, **others}}


FSPEC = spec("f", SCHEMA, description="does f", strict=True)
GSPEC = spec("g")


def write(
    valid: Valid, tools: list[Any], choice: ToolChoice | None = None, *, history: bool = False, **options: Any
) -> tuple[Any, tuple[str, ...]]:
    """The `toolConfig` and the losses."""
    source: Format = options.get("source", "openai-chat")
    messages = HISTORY if history else HISTORY[:1]
    request = ChatRequest(format=source, model="m", messages=messages, tools=tools, tool_choice=choice)
    losses = Losses()
    body = valid(write_request(request, Back(model=options.get("model", CLAUDE)), losses))
    return body.get("toolConfig"), losses.names


def test_tools(valid: Valid) -> None:
    assert write(valid, [F, G]) == ({"tools": [FSPEC, GSPEC]}, ())


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (ToolChoice("auto"), {"tools": [FSPEC, GSPEC], "toolChoice": {"auto": {}}}),
        (ToolChoice("required"), {"tools": [FSPEC, GSPEC], "toolChoice": {"any": {}}}),
        (ToolChoice("tool", ["g"]), {"tools": [FSPEC, GSPEC], "toolChoice": {"tool": {"name": "g"}}}),
        (ToolChoice("allowed", ["g"]), {"tools": [GSPEC]}),
        (ToolChoice("allowed", ["g"], must=True), {"tools": [GSPEC], "toolChoice": {"any": {}}}),
        (ToolChoice("none"), None),
    ],
)
def test_choices(valid: Valid, choice: ToolChoice, wanted: Any) -> None:
    assert write(valid, [F, G], choice) == (wanted, ())


def test_none_within_a_round_of_tools(valid: Valid) -> None:
    assert write(valid, [F], ToolChoice("none"), history=True) == ({"tools": [FSPEC]}, ("tool_choice",))


def test_rounds_of_tools_that_are_gone(valid: Valid) -> None:
    stubs = {"tools": [spec("old"), spec("f")]}
    assert write(valid, [], history=True) == (stubs, ())
    assert write(valid, [], ToolChoice("none"), history=True) == (stubs, ())
    assert write(valid, [], ToolChoice("required"), history=True) == (stubs, ("tool_choice",))


def test_a_result_without_its_call(valid: Valid) -> None:
    request = ChatRequest(
        format="openai-chat", model="m", messages=[Message("tool", [ToolResult("t", [Text("1")], name="n")])]
    )
    body = valid(write_request(request, Back(model=CLAUDE), Losses()))
    assert body["toolConfig"] == {"tools": [spec("tool")]}


def test_choices_of_nothing(valid: Valid) -> None:
    assert write(valid, [], ToolChoice("auto")) == (None, ())
    assert write(valid, [], ToolChoice("none")) == (None, ())
    assert write(valid, [], ToolChoice("required")) == (None, ("tool_choice",))
    assert write(valid, [F], ToolChoice("tool", ["other"])) == ({"tools": [FSPEC]}, ("tool_choice",))


def test_other_kinds_of_tools(valid: Valid) -> None:
    custom = Tool("c", custom=True)
    search = Foreign("openai-responses", "web_search", {"type": "web_search"})
    own = Foreign("bedrock", "systemTool", {"systemTool": {"name": "nova_code_interpreter"}})
    found, losses = write(valid, [custom, search, own, Tool("g", rest={"defer_loading": True})])
    assert found == {"tools": [own.value, GSPEC]}
    assert losses == ("tools.custom", "web_search", "tools.defer_loading")


def test_cache_points(valid: Valid) -> None:
    tool = Tool("g", cache={"type": "ephemeral", "ttl": "5m"})
    point = {"cachePoint": {"type": "default", "ttl": "5m"}}
    assert write(valid, [tool], source="anthropic") == ({"tools": [GSPEC, point]}, ())
    assert write(valid, [tool], source="anthropic", model=NOVA) == ({"tools": [GSPEC]}, ("cache_control",))
