"""A Responses request as the typed form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Text
from ajar.domain.dialog.request import ChatRequest, Message
from ajar.errors import InvalidField
from ajar.wire.json_fields import Fields, decode_object
from ajar.wire.openai_responses.content_read import FORMAT
from ajar.wire.openai_responses.items_read import read_items
from ajar.wire.openai_responses.tools_read import (
    read_reasoning_options,
    read_text_options,
    read_tool_choice,
    read_tools,
)
from ajar.wire.openai_responses.written import Written

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest

LOGPROBS = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"

_DEFAULTS: Rest = {"stream": False, "store": False, "background": False, "truncation": "disabled", "tools": []}
_QUIET = frozenset({"stream_options", "text", "include", "instructions", "input"})
_INSTEAD_OF_INPUT = ("previous_response_id", "conversation", "prompt")


def read_request(body: bytes) -> ChatRequest:
    """Read a request. Raises InvalidJson, or InvalidField naming the field at fault."""
    try:
        return _read(Fields(decode_object(body)))
    except RecursionError:
        raise InvalidField("`input` is nested too deeply", param="input") from None


def _read(fields: Fields) -> ChatRequest:
    model = fields.needed("model")
    if not model:
        raise InvalidField("`model` must be a non-empty string", param="model")
    messages = _instructions(fields)
    form = _input(fields, messages)
    tools = fields.array("tools")
    tool_choice = read_tool_choice(fields)
    shape, verbosity, text = read_text_options(fields)
    request = ChatRequest(
        format=FORMAT,
        model=model,
        messages=messages,
        tools=read_tools(tools, "tools") if tools else [],
        tool_choice=tool_choice,
        parallel_tool_calls=fields.flag("parallel_tool_calls"),
        max_tokens=fields.integer("max_output_tokens"),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_logprobs=fields.integer("top_logprobs"),
        frequency_penalty=fields.number("frequency_penalty"),
        presence_penalty=fields.number("presence_penalty"),
        response_format=shape,
        reasoning=read_reasoning_options(fields),
        verbosity=verbosity,
        service_tier=fields.text("service_tier"),
        user=fields.text("user"),
        metadata=fields.obj("metadata"),
        prompt_cache_key=fields.text("prompt_cache_key"),
        stream=_stream(fields),
    )
    rest = fields.rest()
    include = fields.strings("include")
    if include is not None:
        rest["include"] = include
        request.logprobs = True if LOGPROBS in include else None
    if text is not None:
        rest["text"] = text
    if tools is not None and not tools:
        rest["tools"] = []
    request.rest = _noted(rest, form)
    return request


def _instructions(fields: Fields) -> list[Message]:
    """Empty instructions say nothing: they stay among the unknown fields."""
    if fields.peek("instructions") == "":
        return []
    text = fields.text("instructions")
    return [] if text is None else [Message("system", [Text(text)], rest=Written({}, "instructions"))]


def _input(fields: Fields, messages: list[Message]) -> str:
    """Read `input` into `messages`; returns "absent" where the provider has the conversation instead."""
    value = fields.take("input")
    if type(value) is str:
        messages.append(Message("user", [Text(value)], rest=Written({}, "input")))
    elif type(value) is list:
        messages += read_items(cast("list[Any]", value), "input")
    elif value is not None:
        fields.refuse("input", "must be a string or a list")
    elif all(fields.peek(name) is None for name in _INSTEAD_OF_INPUT):
        fields.refuse("input", "is missing")
    else:
        return "absent"
    return ""


def _stream(fields: Fields) -> bool:
    """A `false` stays among the unknown fields: it is not the same as nothing."""
    stream = fields.flag("stream")
    if stream is False:
        fields.rest()["stream"] = False
    return stream is True


def _noted(rest: Rest, form: str) -> Written:
    """What is left of the request; defaults, and what is read already, is nothing that another format loses."""
    noted = Written(rest, form, silent=_QUIET)
    for name, default in _DEFAULTS.items():
        if name in noted and noted[name] == default:
            del noted[name]
    unknown = [each for each in rest.get("include") or () if each not in (LOGPROBS, ENCRYPTED)]
    if unknown:
        noted["include"] = unknown
    text: Rest = rest.get("text") or {}
    for name, value in text.items():
        if value is not None:
            noted[f"text.{name}"] = value
    return noted
