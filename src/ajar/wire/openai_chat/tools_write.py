"""The tools of a request, and which of them the model may or must call, for a deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.request import Tool, ToolChoice
from ajar.wire.openai_chat.words import BESIDE

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.openai_chat.target import Target


def write_tools(request: ChatRequest, target: Target) -> list[Rest]:
    """The tools that this API knows."""
    choice = request.tool_choice
    allowed = None
    if choice is not None and choice.mode == "allowed" and target.has("no_allowed_tools"):
        allowed = set(choice.names)
    written: list[Rest] = []
    for tool in request.tools:
        if isinstance(tool, Tool):
            if allowed is None or tool.name in allowed:
                item = _tool(tool, target)
                if item is not None:
                    written.append(item)
        elif tool.format == "openai-chat" and target.own:
            written.append(tool.value)
        else:
            target.losses.add(tool.kind)
    return written


def _tool(tool: Tool, target: Target) -> Rest | None:
    inner: Rest = {"name": tool.name}
    if tool.description is not None:
        inner["description"] = tool.description
    kind = "custom" if tool.custom else "function"
    if tool.custom:
        if target.has("no_custom_tools"):
            target.losses.add("tools.custom")
            return None
    elif tool.schema is not None:
        inner["parameters"] = tool.schema
        if not target.own and tool.schema.get("type") == "object":
            inner["parameters"] = {"properties": {}, **tool.schema}  # OpenAI refuses an object that names none
    if tool.strict is not None:
        if target.has("no_strict"):
            target.losses.add("tools.strict")
        else:
            inner["strict"] = tool.strict
    out: Rest = {"type": kind, kind: inner}
    if tool.cache is not None:
        if target.own or target.has("cache_control"):
            out["cache_control"] = tool.cache
        else:
            target.losses.add("cache_control")
    rest = tool.rest
    if rest and target.own:
        inner.update({name: value for name, value in rest.items() if name != BESIDE})
        out.update(rest.get(BESIDE, {}))
    elif rest:
        if tool.custom and target.came_in == "openai-responses":
            rest = _grammar(inner, rest)
        target.carry(inner, rest, "tools")
    return out


def _grammar(inner: Rest, rest: Rest) -> Rest:
    """Responses has the grammar of a custom tool flat, this format in an object of its own."""
    form = rest.get("format")
    if type(form) is not dict:
        return rest
    form = cast("dict[str, Any]", form)
    inner["format"] = form
    if form.get("type") == "grammar":
        inner["format"] = {"type": "grammar", "grammar": {key: form[key] for key in form if key != "type"}}
    return {name: value for name, value in rest.items() if name != "format"}


def choice_of(choice: ToolChoice, written: list[Rest], target: Target) -> ToolChoice | None:
    """The choice among the tools that were written; None where it names none of them, as the API refuses others."""
    known = {tool[tool["type"]]["name"] for tool in written}
    names = [name for name in choice.names if name in known]
    if len(names) == len(choice.names):
        return choice
    target.losses.add("tool_choice")
    return ToolChoice(choice.mode, names, choice.must, choice.rest) if names else None


def write_tool_choice(choice: ToolChoice, request: ChatRequest, target: Target) -> str | Rest:
    """The choice: a word, or the names of tools."""
    target.carry({}, choice.rest, "tool_choice")
    custom = {tool.name for tool in request.tools if type(tool) is Tool and tool.custom}
    if choice.mode == "tool" and choice.names:
        return _named(choice.names[0], custom)
    if choice.mode != "allowed":
        return _word(choice.mode, target)
    if target.has("no_allowed_tools"):
        return _word("required" if choice.must else "auto", target)
    mode = "required" if choice.must else "auto"
    allowed = {"mode": mode, "tools": [_named(name, custom) for name in choice.names]}
    return {"type": "allowed_tools", "allowed_tools": allowed}


def _word(mode: str, target: Target) -> str:
    if mode == "tool":
        return "required"
    return "any" if mode == "required" and target.has("tool_choice_any") else mode


def _named(name: str, custom: set[str]) -> Rest:
    kind = "custom" if name in custom else "function"
    return {"type": kind, kind: {"name": name}}
