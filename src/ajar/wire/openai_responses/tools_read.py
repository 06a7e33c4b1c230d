"""Tools, and what is asked of the answer's tools and text."""

from __future__ import annotations

from typing import Any, cast

from ajar.domain.dialog.parts import Foreign
from ajar.domain.dialog.request import ReasoningOptions, ResponseFormat, Tool, ToolChoice
from ajar.wire.json_fields import Fields, object_of
from ajar.wire.openai_responses.content_read import FORMAT
from ajar.wire.openai_responses.written import Written

_MODES: dict[str, Any] = {"auto": "auto", "none": "none", "required": "required"}
_NAMED = ("function", "custom")


def read_tools(values: list[Any], path: str) -> list[Tool | Foreign]:
    """The tools; one that the provider itself runs is `Foreign`. Raises InvalidField."""
    return [_tool(object_of(value, path, at), f"{path}[{at}]") for at, value in enumerate(values)]


def _tool(value: dict[str, Any], path: str) -> Tool | Foreign:
    fields = Fields(value, path)
    kind = value.get("type")
    if type(kind) is not str:
        fields.refuse("type", "is missing" if kind is None else "must be a string")
    if kind not in _NAMED:
        return Foreign(FORMAT, kind, value)
    del value["type"]
    tool = Tool(fields.needed("name"), fields.text("description"), custom=kind == "custom", rest=value)
    if not tool.custom:
        tool.schema = fields.obj("parameters")
        tool.strict = fields.flag("strict")
    return tool


def read_tool_choice(fields: Fields) -> ToolChoice | None:
    """The request's `tool_choice`, taken out; one that names a provider's own tool stays. Raises InvalidField."""
    value = fields.peek("tool_choice")
    if value is None:
        return None
    if type(value) is str:
        if value not in _MODES:
            fields.refuse("tool_choice", "must be auto, none, required or an object")
        fields.drop("tool_choice")
        return ToolChoice(_MODES[value])
    if type(value) is not dict:
        fields.refuse("tool_choice", "must be a string or an object")
    value = cast("dict[str, Any]", value)
    kind = value.get("type")
    if kind in _NAMED and type(value.get("name")) is str:
        name = value.pop("name")
        if kind == "function":
            del value["type"]  # a `custom` says so in `rest`
        named = ToolChoice("tool", [name], rest=Written(value))
    elif kind == "allowed_tools":
        allowed = _allowed(value)
        if allowed is None:
            return None
        named = allowed
    else:
        return None
    fields.drop("tool_choice")
    return named


def _allowed(value: dict[str, Any]) -> ToolChoice | None:
    """`allowed_tools`, if all of them are the caller's own functions."""
    tools, mode = value.get("tools"), value.get("mode")
    if type(tools) is not list or mode not in ("auto", "required"):
        return None
    names: list[str] = []
    for each in cast("list[Any]", tools):
        if type(each) is not dict:
            return None
        tool = cast("dict[str, Any]", each)
        if tool.get("type") != "function" or type(tool.get("name")) is not str or len(tool) != 2:
            return None
        names.append(tool["name"])
    rest = {key: each for key, each in value.items() if key not in ("type", "tools", "mode")}
    return ToolChoice("allowed", names, must=mode == "required", rest=rest)


def read_text_options(fields: Fields) -> tuple[ResponseFormat | None, str | None, dict[str, Any] | None]:
    """The request's `text`, taken out: the format, the verbosity, and what is left; None where there is no `text`."""
    text = fields.inner("text")
    if text is None:
        return None, None, None
    verbosity = text.text("verbosity")
    shape = None
    given = text.peek("format")
    if type(given) is dict:
        kind = cast("dict[str, Any]", given).get("type")
        if kind == "text" or kind == "json_object" or kind == "json_schema":
            shape = _format(kind, text)
    elif given is not None:
        text.refuse("format", "must be an object")
    return shape, verbosity, text.rest()


def _format(kind: Any, text: Fields) -> ResponseFormat:
    inner = text.inner("format")
    assert inner is not None  # it was looked at
    inner.drop("type")
    shape = ResponseFormat(kind)
    if kind == "json_schema":
        shape.schema = inner.obj("schema")
        shape.name = inner.text("name")
        shape.description = inner.text("description")
        shape.strict = inner.flag("strict")
    shape.rest = inner.rest()
    return shape


def read_reasoning_options(fields: Fields) -> ReasoningOptions | None:
    """The request's `reasoning`, taken out. Raises InvalidField."""
    inner = fields.inner("reasoning")
    if inner is None:
        return None
    effort, summary = inner.text("effort"), inner.text("summary")
    return ReasoningOptions(
        effort=effort, visible=None if summary is None else True, summary=summary, rest=inner.rest()
    )
