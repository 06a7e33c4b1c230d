"""A Chat Completions request as a typed one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.request import ReasoningOptions, ResponseFormat
from ajar.errors import InvalidJson
from ajar.wire.json_fields import Fields, decode_object
from ajar.wire.openai_chat.messages_read import read_messages
from ajar.wire.openai_chat.spelling import SpeltRequest
from ajar.wire.openai_chat.tools_read import read_tool, read_tool_choice
from ajar.wire.openai_chat.words import BESIDE

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest


def read_request(body: bytes) -> ChatRequest:
    """The request that `body` holds. Raises InvalidJson, or InvalidField with the path of the field at fault."""
    try:
        return _read(Fields(decode_object(body)))
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def _read(fields: Fields) -> ChatRequest:
    spelt: set[str] = set()
    model = fields.needed("model")
    values = fields.array("messages")
    if values is None:
        fields.refuse("messages", "is missing")
    messages = read_messages(values, "messages")
    tools = fields.each("tools", read_tool)
    if tools is not None and not tools:
        spelt.add("tools")
    stream, include_usage, stream_options = _stream(fields, spelt)
    return SpeltRequest(
        format="openai-chat",
        model=model,
        messages=messages,
        tools=tools or [],
        tool_choice=read_tool_choice(fields),
        parallel_tool_calls=fields.flag("parallel_tool_calls"),
        max_tokens=_max_tokens(fields, spelt),
        temperature=fields.number("temperature"),
        top_p=fields.number("top_p"),
        top_k=fields.integer("top_k"),
        stop=_stop(fields, spelt),
        n=fields.integer("n"),
        seed=fields.integer("seed"),
        logprobs=fields.flag("logprobs"),
        top_logprobs=fields.integer("top_logprobs"),
        frequency_penalty=fields.number("frequency_penalty"),
        presence_penalty=fields.number("presence_penalty"),
        logit_bias=fields.obj("logit_bias"),
        response_format=_response_format(fields),
        reasoning=_reasoning(fields, spelt),
        verbosity=fields.text("verbosity"),
        service_tier=fields.text("service_tier"),
        user=fields.text("user"),
        metadata=fields.obj("metadata"),
        prompt_cache_key=fields.text("prompt_cache_key"),
        cache=fields.obj("cache_control"),
        stream=stream,
        include_usage=include_usage,
        stream_options=stream_options,
        spelt=frozenset(spelt),
        rest=fields.rest(),
    )


def _stream(fields: Fields, spelt: set[str]) -> tuple[bool, bool, Rest | None]:
    stream = fields.flag("stream")
    if stream is False:
        spelt.add("stream")
    options = fields.inner("stream_options")
    if options is None:
        return bool(stream), False, None
    include_usage = options.flag("include_usage")
    left = options.rest()
    if include_usage is False:
        left["include_usage"] = False
    return bool(stream), bool(include_usage), left


def _max_tokens(fields: Fields, spelt: set[str]) -> int | None:
    limit = fields.integer("max_completion_tokens")
    if limit is None and (limit := fields.integer("max_tokens")) is not None:
        spelt.add("max_tokens")
    return limit


def _stop(fields: Fields, spelt: set[str]) -> list[str] | None:
    if type(fields.peek("stop")) is not str:
        return fields.strings("stop")
    spelt.add("stop_text")
    return [fields.needed("stop")]


def _response_format(fields: Fields) -> ResponseFormat | None:
    """`response_format`; one of an unknown type stays where it is."""
    value = fields.peek("response_format")
    if value is None:
        return None
    kind = cast("dict[str, Any]", value).get("type") if type(value) is dict else None
    if type(kind) is not str:
        fields.refuse("response_format", "must be an object with a `type`")
    if kind != "text" and kind != "json_object" and kind != "json_schema":
        return None
    found = fields.inner("response_format")
    assert found is not None
    found.take("type")
    if kind != "json_schema":
        return ResponseFormat(kind, rest=found.rest())
    inner = found.inner(kind)
    if inner is None:
        found.refuse(kind, "is missing")
    made = ResponseFormat(
        kind,
        inner.obj("schema"),
        inner.text("name"),
        inner.text("description"),
        inner.flag("strict"),
        inner.rest(),
    )
    if found.rest():
        made.rest[BESIDE] = found.rest()
    return made


def _reasoning(fields: Fields, spelt: set[str]) -> ReasoningOptions | None:
    """`reasoning_effort`, OpenRouter's `reasoning` object, and the `thinking` object of DeepSeek and Z.ai."""
    options = ReasoningOptions(effort=fields.text("reasoning_effort"))
    value = fields.peek("reasoning")
    if options.effort is None and type(value) is dict and value:
        spelt.add("reasoning")
        found = fields.inner("reasoning")
        assert found is not None
        options.effort, options.budget = found.text("effort"), found.integer("max_tokens")
        options.summary = found.text("summary")
        if (exclude := found.flag("exclude")) is not None:
            options.visible = not exclude
        options.rest = found.rest()
        return options
    value = fields.peek("thinking")
    if type(value) is dict and type(cast("dict[str, Any]", value).get("type")) is str:
        spelt.add("thinking")
        found = fields.inner("thinking")
        assert found is not None
        options.mode, options.budget = found.text("type"), found.integer("budget_tokens")
        options.rest = found.rest()
        return options
    return None if options.effort is None else options
