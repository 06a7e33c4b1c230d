"""Converse's `toolConfig` as the dialog's tools and choice of tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.request import Tool, ToolChoice
from ajar.wire.bedrock.blocks_read import foreign, mark_cached
from ajar.wire.bedrock.shapes import as_object, as_text, only
from ajar.wire.json_fields import Fields, object_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Foreign


def read_tools(values: list[Any], path: str) -> list[Tool | Foreign]:
    """The tools; a cache point stands on the tool before it. Raises InvalidField."""
    tools: list[Tool | Foreign] = []
    for at, value in enumerate(values):
        block = object_of(value, path, at)
        if not mark_cached(block, tools[-1] if tools else None):
            tools.append(_tool(block, f"{path}[{at}].toolSpec"))
    return tools


def read_choice(value: Any) -> ToolChoice | None:
    """The choice; None where it is in no known shape."""
    if value == {"auto": {}}:
        return ToolChoice("auto")
    if value == {"any": {}}:
        return ToolChoice("required")
    name = as_text(only(only(value, "tool"), "name"))
    return None if name is None else ToolChoice("tool", [name])


def _tool(block: dict[str, Any], path: str) -> Tool | Foreign:
    spec = as_object(only(block, "toolSpec"))
    schema = None if spec is None else as_object(only(spec.get("inputSchema"), "json"))
    if spec is None or schema is None:
        return foreign(block)
    fields = Fields({**spec}, path)
    fields.drop("inputSchema")
    return Tool(
        fields.needed("name"),
        fields.text("description"),
        schema,
        fields.flag("strict"),
        rest=fields.rest(),
    )
