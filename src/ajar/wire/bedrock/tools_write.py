"""The dialog's tools and choice of tools as Converse's `toolConfig`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.request import Tool
from ajar.wire.bedrock.blocks_write import cache_point

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ajar.domain.dialog.parts import Foreign
    from ajar.domain.dialog.request import ChatRequest, ToolChoice
    from ajar.wire.bedrock.target import Target

_Block = dict[str, Any]

_NO_ARGUMENTS: _Block = {"type": "object", "properties": {}}
_UNNAMED = "tool"


def write_tool_config(request: ChatRequest, turns: list[_Block], target: Target) -> _Block | None:
    """The field `toolConfig`; None where there must be none.

    Converse cannot forbid the use of tools: they are left out then. But where the turns hold a call or a result,
    `toolConfig` must be there, if need be with tools that only the turns tell of.
    """
    choice = request.tool_choice
    if target.same:
        return _same(request.tools, choice, target)
    tools, mode = request.tools, choice.mode if choice else "auto"
    past = list(dict.fromkeys(_names(turns)))
    if mode == "none":
        if not past:
            return None
        if tools:
            target.lose("tool_choice")
        mode = "auto"
    if choice is not None and choice.mode == "allowed":
        tools = [each for each in tools if isinstance(each, Tool) and each.name in choice.names]
        mode = "required" if choice.must else "auto"
    written = [block for each in tools for block in _tool(each, target)]
    if not written:
        if mode != "auto":
            target.lose("tool_choice")
        return {"tools": [_stub(name) for name in past]} if past else None
    config: _Block = {"tools": written}
    if mode == "required":
        config["toolChoice"] = {"any": {}}
    elif mode == "tool" and choice is not None:
        if any(block.get("toolSpec", {}).get("name") in choice.names for block in written):
            config["toolChoice"] = {"tool": {"name": choice.names[0]}}
        else:
            target.lose("tool_choice")
    elif choice is not None and choice.mode == "auto":
        config["toolChoice"] = {"auto": {}}
    if choice is not None:
        target.rest("tool_choice", choice.rest)
    return config


def _same(tools: list[Tool | Foreign], choice: ToolChoice | None, target: Target) -> _Block | None:
    config: _Block = {}
    if tools:
        config["tools"] = [block for each in tools for block in _tool(each, target)]
    if choice is not None:
        mode = choice.mode
        config["toolChoice"] = (
            {"tool": {"name": choice.names[0]}}
            if mode == "tool"
            else {"any": {}}
            if mode == "required"
            else {"auto": {}}
        )
    return config or None


def _tool(tool: Tool | Foreign, target: Target) -> list[_Block]:
    if not isinstance(tool, Tool):
        return [tool.value] if target.foreign(tool) else []
    if tool.custom:
        target.losses.add("tools.custom")
        return []
    spec: _Block = {"name": tool.name}
    if tool.description or (target.same and tool.description is not None):
        spec["description"] = tool.description
    spec["inputSchema"] = {"json": _NO_ARGUMENTS if tool.schema is None else tool.schema}
    if tool.strict is not None:
        spec["strict"] = tool.strict
    blocks: list[_Block] = [{"toolSpec": {**spec, **target.rest("tools", tool.rest)}}]
    if tool.cache is not None:
        if target.ways.tool_cache or target.same:
            blocks.append(cache_point(tool.cache))
        else:
            target.losses.add("cache_control")
    return blocks


def _stub(name: str) -> _Block:
    return {"toolSpec": {"name": name, "inputSchema": {"json": _NO_ARGUMENTS}}}


def _names(turns: list[_Block]) -> Iterator[str]:
    """The tools that the turns tell of; results without their call are of a tool without a name."""
    called = False
    for turn in turns:
        for block in turn["content"]:
            if "toolUse" in block:
                called = True
                yield block["toolUse"]["name"]
            elif "toolResult" in block and not called:
                yield _UNNAMED
