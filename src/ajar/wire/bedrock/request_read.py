"""A Converse request as a dialog. The model is none of the body's business: it is empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import ToolResult
from ajar.domain.dialog.request import ChatRequest, Message, ReasoningOptions, ResponseFormat
from ajar.errors import InvalidJson
from ajar.wire.bedrock.blocks_read import read_blocks
from ajar.wire.bedrock.shapes import as_object, as_text, only
from ajar.wire.bedrock.tools_read import read_choice, read_tools
from ajar.wire.json_fields import Fields, decode_object

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part
    from ajar.domain.dialog.request import Role

_decode = msgspec.json.Decoder().decode

_DISPLAY = {"summarized": True, "omitted": False}


def read_request(body: bytes) -> ChatRequest:
    """The request that a Converse body is. Raises InvalidJson, or InvalidField with the path of the field."""
    top = Fields(decode_object(body))
    try:
        return _request(top)
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def _request(top: Fields) -> ChatRequest:
    request = ChatRequest(format="bedrock", model="", messages=[])
    system = top.array("system")
    if system:
        request.messages.append(Message("system", read_blocks(system, "system")))
    elif system is not None:
        _keep(top, "system", system)
    messages = top.each("messages", _messages)
    if messages:
        request.messages += [message for each in messages for message in each]
    elif messages is not None:
        _keep(top, "messages", messages)
    _inference(request, top)
    _tools(request, top)
    _output(request, top)
    _additional(request, top)
    request.service_tier = as_text(only(top.peek("serviceTier"), "type"))
    if request.service_tier is not None:
        top.drop("serviceTier")
    if top.peek("requestMetadata"):
        request.metadata = top.obj("requestMetadata")
    request.rest = top.rest()
    return request


def _keep(top: Fields, name: str, value: Any) -> None:
    """What is left of a container, even if empty, is written back in its place."""
    top.rest()[name] = value


def _messages(fields: Fields) -> list[Message]:
    """A turn as messages: tool results are a turn of their own, before what else the user says.

    A turn of role `system` in the list is called `developer`, to tell it from the field `system`.
    """
    role = fields.needed("role")
    roles: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "developer"}
    if role not in roles:
        fields.refuse("role", "must be `user`, `assistant` or `system`")
    values = fields.array("content")
    if values is None:
        fields.refuse("content", "must be a list")
    parts = read_blocks(values, fields.where("content"))
    rest = fields.rest()
    if role == "user" and any([isinstance(part, ToolResult) for part in parts]):  # noqa: C419 - a list is faster
        results = Message("tool", [part for part in parts if isinstance(part, ToolResult)], rest=rest)
        others: list[Part] = [part for part in parts if not isinstance(part, ToolResult)]
        return [results, Message("user", others)] if others else [results]
    return [Message(roles[role], parts, rest=rest)]


def _inference(request: ChatRequest, top: Fields) -> None:
    config = top.inner("inferenceConfig")
    if config is None:
        return
    request.max_tokens = config.integer("maxTokens")
    request.temperature = config.number("temperature")
    request.top_p = config.number("topP")
    request.stop = config.strings("stopSequences")
    values = (request.max_tokens, request.temperature, request.top_p, request.stop)
    if config.rest() or values == (None, None, None, None):
        _keep(top, "inferenceConfig", config.rest())


def _tools(request: ChatRequest, top: Fields) -> None:
    config = top.inner("toolConfig")
    if config is None:
        return
    tools = config.array("tools")
    if tools:
        request.tools = read_tools(tools, "toolConfig.tools")
    elif tools is not None:
        _keep(config, "tools", tools)
    request.tool_choice = read_choice(config.peek("toolChoice"))
    if request.tool_choice is not None:
        config.drop("toolChoice")
    if config.rest() or not (tools or request.tool_choice):
        _keep(top, "toolConfig", config.rest())


def _output(request: ChatRequest, top: Fields) -> None:
    config = top.inner("outputConfig")
    if config is None:
        return
    effort = config.text("effort")
    if effort is not None:
        request.reasoning = ReasoningOptions(effort)
    request.response_format = _text_format(config.peek("textFormat"))
    if request.response_format is not None:
        config.drop("textFormat")
    if config.rest() or (effort is None and request.response_format is None):
        _keep(top, "outputConfig", config.rest())


def _text_format(value: Any) -> ResponseFormat | None:
    """The format; None where it is in no known shape. The schema is JSON inside a string."""
    found = as_object(value) or {}
    definition = as_object(only(found.get("structure"), "jsonSchema")) or {}
    if found.keys() != {"type", "structure"} or found["type"] != "json_schema":
        return None
    if not definition.keys() <= {"schema", "name", "description"} or not all(
        type(each) is str for each in definition.values()
    ):
        return None
    try:
        schema = as_object(_decode(definition.get("schema", "")))
    except (msgspec.DecodeError, RecursionError):
        return None
    if schema is None:
        return None
    return ResponseFormat("json_schema", schema, definition.get("name"), definition.get("description"))


def _additional(request: ChatRequest, top: Fields) -> None:
    """What Anthropic's models read of the fields that only the model's vendor knows; the others stay."""
    fields = as_object(top.peek("additionalModelRequestFields"))
    if fields is None:
        return
    left = {**fields}
    if type(left.get("top_k")) is int:
        request.top_k = left.pop("top_k")
    options = _thinking(as_object(left.get("thinking")) or {})
    if options is not None:
        options.effort = request.reasoning.effort if request.reasoning else None
        request.reasoning = options
        del left["thinking"]
    if left or not fields:
        _keep(top, "additionalModelRequestFields", left)
    else:
        top.drop("additionalModelRequestFields")


def _thinking(value: dict[str, Any]) -> ReasoningOptions | None:
    left = {**value}
    mode = as_text(left.pop("type", None))
    if mode is None:
        return None
    options = ReasoningOptions(mode=mode)
    if type(left.get("budget_tokens")) is int:
        options.budget = left.pop("budget_tokens")
    if as_text(left.get("display")) in _DISPLAY:
        options.visible = _DISPLAY[left.pop("display")]
    options.rest = left
    return options
