"""Tools, and what is asked of the answer's tools and text, in a request; an answer echoes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign
from ajar.wire.json_fields import said
from ajar.wire.openai_responses.written import fields_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest, ReasoningOptions, ResponseFormat, Tool, ToolChoice
    from ajar.wire.openai_responses.target import Target

_LOW_BUDGET = 4096
_MEDIUM_BUDGET = 16384


def write_tools(tools: list[Tool | Foreign], target: Target) -> list[Rest]:
    """The tools for a deployment."""
    written: list[Rest] = []
    for tool in tools:
        if isinstance(tool, Foreign):
            if target.foreign(tool):
                written.append(tool.value)
            continue
        if target.own:
            written.append(own_tool(tool, tool.rest))
            continue
        if tool.cache is not None:
            target.lose("cache_control")
        rest = tool.rest
        value = own_tool(tool, {})
        if tool.custom and target.source == "openai-chat" and (shape := _flat_grammar(rest)) is not None:
            value["format"] = shape
            rest = {name: each for name, each in rest.items() if name != "format"}
        if rest:
            target.losses.add_rest("tools", said(rest))
        if not tool.custom:
            # Absent is strict here and not strict in every other format.
            value["strict"] = tool.strict is True
            schema: Rest = tool.schema or {}
            # OpenAI insists on both for an object.
            least: Rest = {"type": "object", "properties": {}} if schema.get("type", "object") == "object" else {}
            value["parameters"] = {**least, **schema}
        written.append(value)
    return written


def own_tool(tool: Tool, rest: Rest) -> Rest:
    """A tool as it came in a Responses request, `rest` being its unknown fields."""
    value: Rest = {"type": "custom" if tool.custom else "function", "name": tool.name}
    if tool.description is not None:
        value["description"] = tool.description
    if tool.schema is not None:
        value["parameters"] = tool.schema
    if tool.strict is not None:
        value["strict"] = tool.strict
    value.update(rest)
    return value


def _flat_grammar(rest: Rest) -> Rest | None:
    """The format of a custom tool's input: Chat Completions has a grammar in an object of its own."""
    shape = rest.get("format")
    if type(shape) is not dict:
        return None
    shape = cast("Rest", shape)
    inner = shape.get("grammar")
    if type(inner) is dict:
        return {**cast("Rest", inner), "type": shape.get("type")}
    return shape


def write_tool_choice(request: ChatRequest, choice: ToolChoice, written: list[Rest], target: Target) -> Any:
    """The choice among the tools `written` for a deployment; None where there is none to be made."""
    if target.own:
        return own_tool_choice(request, choice)
    if not written:
        if choice.mode not in ("auto", "none"):
            target.lose("tool_choice")
        return None
    if _was_left_out(choice, written, request):
        target.lose("tool_choice")
        return None
    target.rest("tool_choice", choice.rest)
    return own_tool_choice(request, choice, rest=False)


def _was_left_out(choice: ToolChoice, written: list[Rest], request: ChatRequest) -> bool:
    """Whether the one tool that is chosen is missing. One that the caller never gave is for the API to refuse."""
    if choice.mode != "tool" or len(written) == len(request.tools):
        return False
    return choice.names[0] not in [tool.get("name") for tool in written]


def own_tool_choice(request: ChatRequest, choice: ToolChoice, *, rest: bool = True) -> Any:
    """A choice as it is in a Responses request, with its unknown fields or without."""
    if choice.mode == "tool" and choice.names:
        value: Rest = {"type": _kind(request, choice.names[0]), "name": choice.names[0]}
    elif choice.mode == "allowed":
        value = {
            "type": "allowed_tools",
            "mode": "required" if choice.must else "auto",
            "tools": [{"type": _kind(request, name), "name": name} for name in choice.names],
        }
    else:
        return "required" if choice.mode == "tool" else choice.mode
    if rest:
        value.update(fields_of(choice.rest))
    return value


def _kind(request: ChatRequest, name: str) -> str:
    custom = any(not isinstance(tool, Foreign) and tool.custom and tool.name == name for tool in request.tools)
    return "custom" if custom else "function"


def own_format(shape: ResponseFormat) -> Rest:
    """The shape of the answer's text as it came in a Responses request."""
    value: Rest = {"type": shape.kind}
    if shape.name is not None:
        value["name"] = shape.name
    if shape.description is not None:
        value["description"] = shape.description
    if shape.schema is not None:
        value["schema"] = shape.schema
    if shape.strict is not None:
        value["strict"] = shape.strict
    value.update(shape.rest)
    return value


def write_format(shape: ResponseFormat, target: Target) -> Rest:
    """The shape of the answer's text for a deployment."""
    if target.own:
        return own_format(shape)
    if shape.rest:
        target.losses.add_rest("response_format", said(shape.rest))
    value: Rest = {"type": shape.kind}
    if shape.kind != "json_schema":
        return value
    value["name"] = shape.name or "answer"
    value["schema"] = {} if shape.schema is None else shape.schema
    if shape.description is not None:
        value["description"] = shape.description
    if shape.strict is not None:
        value["strict"] = shape.strict
    return value


def write_reasoning_options(options: ReasoningOptions, target: Target) -> Rest:
    """How much to think; {} where nothing is to be said."""
    value: Rest = {}
    effort = options.effort
    if effort is None and not target.own and options.mode != "disabled" and options.budget is not None:
        effort = "low" if options.budget < _LOW_BUDGET else "medium" if options.budget < _MEDIUM_BUDGET else "high"
        target.lose("budget")
    if effort is not None:
        value["effort"] = effort
    if options.summary is not None:
        value["summary"] = options.summary
    elif options.visible and not target.own:
        value["summary"] = "auto"
    if target.own:
        value.update(options.rest)
    elif options.rest:
        target.losses.add_rest("reasoning", said(options.rest))
    return value
