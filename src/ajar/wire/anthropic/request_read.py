"""A Messages request, or one for `count_tokens`, as a dialog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.request import ChatRequest, ReasoningOptions, ResponseFormat
from ajar.errors import InvalidJson
from ajar.wire.anthropic import marks
from ajar.wire.anthropic.messages_read import read_messages, read_system
from ajar.wire.anthropic.tools_read import read_tool, read_tool_choice
from ajar.wire.json_fields import Fields, decode_object

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest

_DISPLAY = {"summarized": True, "omitted": False}
_TIERS = {"auto": "auto", "standard_only": "default"}


def read_request(body: bytes) -> ChatRequest:
    """The request. Raises InvalidJson or InvalidField. `service_tier` is put in OpenAI's words."""
    fields = Fields(decode_object(body))
    try:
        return _read(fields)
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def _read(fields: Fields) -> ChatRequest:
    model, values = fields.needed("model"), fields.array("messages")
    if values is None:
        fields.refuse("messages", "is missing")
    system, messages = read_system(fields), read_messages(values)
    if system is not None:
        messages.insert(0, system)
    tools = fields.each("tools", read_tool)
    choice, parallel = read_tool_choice(fields)
    reasoning, response_format = _read_reasoning(fields)
    request = ChatRequest(
        format="anthropic",
        model=model,
        messages=messages,
        tools=tools or [],
        tool_choice=choice,
        parallel_tool_calls=parallel,
        max_tokens=fields.integer("max_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.integer("top_k"),
        stop=fields.strings("stop_sequences"),
        response_format=response_format,
        reasoning=reasoning,
        service_tier=_read_tier(fields),
        cache=fields.obj("cache_control"),
        rest=fields.rest(),
    )
    rest = request.rest
    if tools == []:
        rest[marks.TOOLS] = None
    stream = fields.flag("stream")
    request.stream = stream is True
    if stream is False:
        rest[marks.STREAM] = None
    request.user = _read_user(fields, rest)
    return request


def _read_user(fields: Fields, rest: Rest) -> str | None:
    metadata = fields.inner("metadata")
    if metadata is None:
        return None
    user = metadata.text("user_id")
    if metadata.rest():
        rest["metadata"] = metadata.rest()
    elif user is None:
        rest[marks.METADATA] = None
    return user


def _read_tier(fields: Fields) -> str | None:
    given = fields.peek("service_tier")
    tier = _TIERS.get(given) if type(given) is str else None
    if tier is not None:
        fields.drop("service_tier")
    return tier


def _read_reasoning(fields: Fields) -> tuple[ReasoningOptions | None, ResponseFormat | None]:
    """`thinking` and `output_config`. What else the latter says stays where it is."""
    options: ReasoningOptions | None = None
    thinking = fields.inner("thinking")
    if thinking is not None:
        options = ReasoningOptions(mode=thinking.needed("type"), budget=thinking.integer("budget_tokens"))
        display = thinking.peek("display")
        if type(display) is str and display in _DISPLAY:
            options.visible = _DISPLAY[display]
            thinking.drop("display")
        options.rest = thinking.rest()
    response_format: ResponseFormat | None = None
    output = fields.inner("output_config")
    if output is not None:
        effort = output.text("effort")
        if effort is not None:
            options = options or ReasoningOptions()
            options.effort = effort
        response_format = _read_format(output)
        if output.rest() or (effort is None and response_format is None):
            fields.rest()["output_config"] = output.rest()
    return options, response_format


def _read_format(output: Fields) -> ResponseFormat | None:
    given = output.peek("format")
    if type(given) is not dict or cast("dict[str, Any]", given).get("type") != "json_schema":
        return None
    output.drop("format")
    fields = Fields(cast("dict[str, Any]", given), output.where("format"))
    fields.drop("type")
    schema = fields.obj("schema")
    if schema is None:
        fields.refuse("schema", "is missing")
    return ResponseFormat("json_schema", schema, rest=fields.rest())
