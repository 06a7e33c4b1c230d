"""Tools and how to choose among them, in Anthropic's form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.parts import Foreign
from ajar.errors import InvalidField
from ajar.wire.anthropic import marks

if TYPE_CHECKING:
    from ajar.domain.dialog.request import ChatRequest, Tool, ToolChoice
    from ajar.wire.anthropic.scope import Scope

Block = dict[str, Any]

_TYPES = {"auto": "auto", "required": "any", "tool": "tool", "none": "none"}
_good_name = re.compile(r"[a-zA-Z0-9_-]{1,128}").fullmatch


def write_tools(request: ChatRequest, scope: Scope, out: Block) -> None:
    """Fill in `tools` and `tool_choice`. Raises InvalidField for a name or a schema that no tool may have."""
    choice = request.tool_choice
    tools: list[Any] = []
    for tool in request.tools:
        if isinstance(tool, Foreign):
            if tool.format == "anthropic":
                tools.append(tool.value)
            else:
                scope.lose_named(tool.kind)
        elif tool.custom:
            scope.lose("custom_tool")
        elif choice is None or choice.mode != "allowed" or tool.name in choice.names:
            # Leaving the others out is what `allowed` means.
            tools.append(_tool(tool, scope))
    if choice is not None and not scope.same and _was_left_out(choice, tools, request):
        scope.lose("tool_choice")
        choice = None
    if tools or (scope.same and marks.TOOLS in out):
        out["tools"] = tools
    if tools or scope.same:
        written = _choice(choice, request.parallel_tool_calls, scope)
        if written is not None:
            out["tool_choice"] = written
    elif choice is not None and choice.mode not in ("auto", "none"):
        scope.lose("tool_choice")


def _was_left_out(choice: ToolChoice, tools: list[Any], request: ChatRequest) -> bool:
    """Whether the one tool that is chosen is missing. One that the caller never gave is for the API to refuse."""
    if choice.mode != "tool" or len(tools) == len(request.tools):
        return False
    return choice.names[0] not in [tool.get("name") for tool in tools]


def forces_a_tool(out: Block) -> bool:
    """Whether the request written so far makes the model call a tool."""
    choice = out.get("tool_choice")
    return type(choice) is dict and choice["type"] in ("any", "tool")


def _tool(tool: Tool, scope: Scope) -> Block:
    block = scope.node(tool.rest, "tools")
    if scope.same:
        schema = tool.schema
        if marks.TYPE in block:
            block["type"] = "custom"
    else:
        schema = _schema(tool)
    block["name"] = tool.name
    block["input_schema"] = schema
    if tool.description is not None:
        block["description"] = tool.description
    if tool.strict or (scope.same and tool.strict is not None):
        block["strict"] = tool.strict
    if tool.cache is not None:
        block["cache_control"] = tool.cache
    return block


def _schema(tool: Tool) -> Block:
    if not _good_name(tool.name):
        raise InvalidField(
            f"the tool name `{tool.name[:80]}` must be 1 to 128 letters, digits, `_` or `-` for an Anthropic model",
            param="tools.name",
        )
    schema = tool.schema or {}
    if "type" not in schema:
        return {"type": "object", "properties": {}, **schema}
    if schema["type"] != "object":
        raise InvalidField(f"the parameters of the tool `{tool.name}` must be an object", param="tools.parameters")
    return schema


def _choice(choice: ToolChoice | None, parallel: bool | None, scope: Scope) -> Block | None:
    if choice is None:
        if parallel is not False:
            return None
        return {"type": "auto", "disable_parallel_tool_use": True}
    if choice.mode == "allowed":
        block = scope.node(choice.rest, "tool_choice")
        block["type"] = "any" if choice.must else "auto"
    else:
        block = scope.node(choice.rest, "tool_choice")
        block["type"] = _TYPES[choice.mode]
        if choice.mode == "tool":
            block["name"] = choice.names[0]
    if parallel is False and block["type"] != "none":
        block["disable_parallel_tool_use"] = True
    elif parallel is not None and scope.same:
        block["disable_parallel_tool_use"] = not parallel
    return block
