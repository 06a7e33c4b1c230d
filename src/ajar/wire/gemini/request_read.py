"""A request of `generateContent`. The model, and whether to stream, stand in its URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.request import ChatRequest
from ajar.errors import InvalidField, InvalidJson
from ajar.wire.gemini.config import read_config
from ajar.wire.gemini.contents_read import ContentsReader, read_system
from ajar.wire.gemini.spelling import camelled
from ajar.wire.gemini.tools import read_tool_config, read_tools
from ajar.wire.json_fields import Fields, decode_object

if TYPE_CHECKING:
    from ajar.domain.dialog.request import Message


def read_request(body: bytes) -> ChatRequest:
    """The request that `body` is; its model is "" where the body names none. Raises InvalidJson and InvalidField."""
    try:
        return _read(Fields(camelled(decode_object(body))))
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def _read(fields: Fields) -> ChatRequest:
    model = fields.text("model") or ""
    messages = _messages(fields)
    request = ChatRequest(format="gemini", model=model, messages=messages)
    for tools in fields.each("tools", read_tools) or ():
        request.tools += tools
    rest = fields.rest()
    _nested(fields, "toolConfig", rest, request)
    _nested(fields, "generationConfig", rest, request)
    request.service_tier = fields.text("serviceTier")
    request.rest = rest
    return request


def _messages(fields: Fields) -> list[Message]:
    messages: list[Message] = []
    system = fields.inner("systemInstruction")
    if system is not None:
        messages.append(read_system(system))
    reader = ContentsReader()
    contents = fields.each("contents", reader.read)
    if contents is None:
        raise InvalidField("`contents` is missing: give the turns of the conversation", param="contents")
    for turns in contents:
        messages += turns
    return messages


def _nested(fields: Fields, name: str, rest: dict[str, Any], request: ChatRequest) -> None:
    """Read the object; what is not understood of it goes into the request's rest under its name."""
    found = fields.obj(name)
    if found is None:
        return
    inside = Fields(camelled(found), name)
    if name == "toolConfig":
        request.tool_choice, left = read_tool_config(inside)
    else:
        read_config(inside, request)
        left = inside.rest()
    if left or not found:
        rest[name] = left
