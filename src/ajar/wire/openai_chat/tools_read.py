"""The tools of a Chat Completions request, and which of them the model may or must call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from ajar.domain.dialog.parts import Foreign
from ajar.domain.dialog.request import Tool, ToolChoice
from ajar.wire.openai_chat.words import BESIDE

if TYPE_CHECKING:
    from ajar.wire.json_fields import Fields

_MODES: dict[str, Literal["auto", "none", "required"]] = {"auto": "auto", "none": "none", "required": "required"}


def read_tool(fields: Fields) -> Tool | Foreign:
    """One of the request's `tools`. Raises InvalidField."""
    kind = fields.needed("type")
    if kind != "function" and kind != "custom":
        return Foreign("openai-chat", kind, {"type": kind, **fields.rest()})
    inner = fields.inner(kind)
    if inner is None:
        fields.refuse(kind, "is missing")
    custom = kind == "custom"
    tool = Tool(
        inner.needed("name"),
        inner.text("description"),
        None if custom else inner.obj("parameters"),
        None if custom else inner.flag("strict"),
        custom=custom,
        cache=fields.obj("cache_control"),
        rest=inner.rest(),
    )
    if fields.rest():
        tool.rest[BESIDE] = fields.rest()
    return tool


def read_tool_choice(fields: Fields) -> ToolChoice | None:
    """`tool_choice`; None where it is absent, or of a kind that is not known: then it stays. Raises InvalidField."""
    value = fields.peek("tool_choice")
    if type(value) is str:
        mode = _MODES.get(value)
        choice = None if mode is None else ToolChoice(mode)
    elif type(value) is dict:
        choice = _chosen(cast("dict[str, Any]", value))
    elif value is None:
        return None
    else:
        fields.refuse("tool_choice", "must be a string or an object")
    if choice is not None:
        fields.drop("tool_choice")
    return choice


def _chosen(value: dict[str, Any]) -> ToolChoice | None:
    kind = value.get("type")
    if kind == "allowed_tools" and len(value) == 2:
        return _allowed(value.get(kind))
    name = _named(value)
    return None if name is None else ToolChoice("tool", [name])


def _allowed(value: Any) -> ToolChoice | None:
    if type(value) is not dict:
        return None
    value = cast("dict[str, Any]", value)
    mode, tools = value.get("mode"), value.get("tools")
    if len(value) != 2 or (mode != "auto" and mode != "required") or type(tools) is not list:
        return None
    names = [_named(tool) for tool in cast("list[Any]", tools)]
    known = [name for name in names if name is not None]
    return ToolChoice("allowed", known, must=mode == "required") if len(known) == len(names) else None


def _named(value: Any) -> str | None:
    """The name in `{"type": "function", "function": {"name"}}`, if nothing else is in it."""
    if type(value) is not dict or len(cast("dict[str, Any]", value)) != 2:
        return None
    value = cast("dict[str, Any]", value)
    kind = value.get("type")
    inner = value.get(kind) if kind == "function" or kind == "custom" else None
    if type(inner) is not dict or len(cast("dict[str, Any]", inner)) != 1:
        return None
    name = cast("dict[str, Any]", inner).get("name")
    return name if type(name) is str else None
