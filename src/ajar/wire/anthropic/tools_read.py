"""Tools and how to choose among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign
from ajar.domain.dialog.request import Tool, ToolChoice
from ajar.wire.anthropic import marks

if TYPE_CHECKING:
    from typing import Literal

    from ajar.wire.json_fields import Fields

_MODES: dict[str, Literal["auto", "none", "required", "tool"]] = {
    "auto": "auto",
    "any": "required",
    "tool": "tool",
    "none": "none",
}


def read_tool(fields: Fields) -> Tool | Foreign:
    """One of the caller's own tools; a tool that Anthropic defines stays whole as Foreign. Raises InvalidField."""
    kind = fields.peek("type")
    if kind is not None and kind != "custom":
        if type(kind) is not str:
            fields.refuse("type", "must be a string")
        return Foreign("anthropic", kind, fields.rest())
    name, schema = fields.needed("name"), fields.obj("input_schema")
    if schema is None:
        fields.refuse("input_schema", "is missing")
    description, strict, cache = fields.text("description"), fields.flag("strict"), fields.obj("cache_control")
    rest = fields.rest()
    if kind is not None:
        rest[marks.TYPE] = None
    return Tool(name, description, schema, strict, cache=cache, rest=rest)


def read_tool_choice(fields: Fields) -> tuple[ToolChoice | None, bool | None]:
    """The request's `tool_choice`, and whether several tools may be called at once. Raises InvalidField.

    A choice of a type that is not known here stays where it is.
    """
    given = fields.peek("tool_choice")
    if type(given) is dict:
        kind = cast("dict[str, Any]", given).get("type")
        if type(kind) is str and kind not in _MODES:
            return None, None
    choice = fields.inner("tool_choice")
    if choice is None:
        return None, None
    mode = _MODES[choice.needed("type")]
    names = [choice.needed("name")] if mode == "tool" else []
    single = choice.flag("disable_parallel_tool_use")
    return ToolChoice(mode, names, rest=choice.rest()), None if single is None else not single
