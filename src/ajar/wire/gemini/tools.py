"""Tools, and whether the model must use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign
from ajar.domain.dialog.request import Tool, ToolChoice
from ajar.wire.gemini.schema import json_schema_of
from ajar.wire.gemini.spelling import camel_fields, camelled
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.json_fields import Fields

_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY", "tool": "ANY"}


def read_tools(fields: Fields) -> list[Tool | Foreign]:
    """The functions of one of `tools`, and each tool of Google's own in it. Raises InvalidField."""
    fields = camel_fields(fields)
    tools: list[Tool | Foreign] = [*(fields.each("functionDeclarations", _declaration) or ())]
    return [*tools, *(Foreign("gemini", kind, {kind: value}) for kind, value in fields.rest().items())]


def _declaration(fields: Fields) -> Tool:
    fields = camel_fields(fields)
    name, description = fields.needed("name"), fields.text("description")
    schema = fields.obj("parametersJsonSchema")
    rest = fields.rest()
    older: Any = rest.get("parameters")
    if schema is None and type(older) is dict:
        schema = json_schema_of(cast("Rest", older))  # the original stays in `rest`, for the writer of this format
    return Tool(name, description, schema, rest=rest)


def write_tools(request: ChatRequest, losses: Losses) -> list[Rest]:
    """`tools`: successive functions in one, each of Google's own by itself."""
    own = request.format == "gemini"
    written: list[Rest] = []
    functions: list[Rest] = []
    for tool in request.tools:
        if isinstance(tool, Foreign):
            if tool.format == "gemini":
                functions = []
                written.append(tool.value)
            else:
                losses.add(tool.kind)
            continue
        function = _function(tool, losses, own=own)
        if function is not None:
            if not functions:
                written.append({"functionDeclarations": functions})
            functions.append(function)
    return written


def _function(tool: Tool, losses: Losses, *, own: bool) -> Rest | None:
    if tool.custom:
        losses.add("tools.custom")
        return None
    function: Rest = {"name": tool.name}
    if tool.description is not None:
        function["description"] = tool.description
    if tool.schema is not None and not (own and "parameters" in tool.rest):
        function["parametersJsonSchema"] = tool.schema
    if own:
        return function | tool.rest
    losses.add_rest("tools", said(tool.rest))
    if tool.strict:
        losses.add("tools.strict")
    if tool.cache is not None:
        losses.add("cache_control")
    return function


def read_choice(fields: Fields) -> ToolChoice | None:
    """The choice in a `functionCallingConfig`; None, and nothing taken, where it has no mode. Raises InvalidField."""
    mode = fields.text("mode")
    if mode is None:
        return None
    names = fields.strings("allowedFunctionNames") or []
    rest = fields.rest()
    if mode == "NONE" and not names:
        return ToolChoice("none", rest=rest)
    if mode == "ANY":
        if len(names) == 1:
            return ToolChoice("tool", names, rest=rest)
        return ToolChoice("allowed", names, must=True, rest=rest) if names else ToolChoice("required", rest=rest)
    if mode == "VALIDATED" and names:
        return ToolChoice("allowed", names, rest=rest)
    if mode != "AUTO" or names:
        rest["mode"] = mode
    return ToolChoice("auto", names, rest=rest)


def write_choice(request: ChatRequest, written: list[Rest], losses: Losses) -> Rest | None:
    """The `functionCallingConfig`; None where there is nothing to say."""
    choice = request.tool_choice
    if choice is None:
        return None
    if request.format == "gemini":
        config: Rest = {"mode": _mode(choice)}
        if choice.names:
            config["allowedFunctionNames"] = choice.names
        return config | choice.rest
    losses.add_rest("tool_choice", said(choice.rest))
    known = {each["name"] for tool in written for each in tool.get("functionDeclarations", ())}
    if not known:
        if choice.mode not in ("auto", "none"):
            losses.add("tool_choice")
        return None
    names = [name for name in choice.names if name in known]
    if len(names) < len(choice.names):
        losses.add("tool_choice")
        if not names:
            return None
    return {"mode": _mode(choice)} | ({"allowedFunctionNames": names} if names else {})


def _mode(choice: ToolChoice) -> str:
    if choice.mode == "allowed":
        return "ANY" if choice.must else "VALIDATED"
    return _MODES[choice.mode]


def read_tool_config(fields: Fields) -> tuple[ToolChoice | None, Rest]:
    """The choice in a `toolConfig`, and what else it says. Raises InvalidField."""
    fields = camel_fields(fields)
    calling = fields.obj("functionCallingConfig")
    choice = None
    if calling is not None:
        inside = type(fields)(camelled(calling), fields.where("functionCallingConfig"))
        choice = read_choice(inside)
        if choice is None:
            fields.rest()["functionCallingConfig"] = inside.rest()
    return choice, fields.rest()
