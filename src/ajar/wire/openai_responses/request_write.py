"""The typed form as a request to a deployment that speaks Responses."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, cast

import msgspec

from ajar.domain.dialog.parts import Text
from ajar.errors import InvalidJson
from ajar.wire.json_fields import said
from ajar.wire.openai_responses.items_write import write_items
from ajar.wire.openai_responses.request_read import ENCRYPTED, LOGPROBS
from ajar.wire.openai_responses.target import Target
from ajar.wire.openai_responses.tools_write import (
    write_format,
    write_reasoning_options,
    write_tool_choice,
    write_tools,
)
from ajar.wire.openai_responses.written import fields_of, form_of

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest, Message
    from ajar.wire.back import Back

_encode = msgspec.json.Encoder().encode

_OPTIONS = (
    ("parallel_tool_calls", "parallel_tool_calls"),
    ("max_tokens", "max_output_tokens"),
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("top_logprobs", "top_logprobs"),
    ("frequency_penalty", "frequency_penalty"),
    ("presence_penalty", "presence_penalty"),
    ("user", "user"),
    ("metadata", "metadata"),
    ("prompt_cache_key", "prompt_cache_key"),
)
_LEAST_TOKENS = 16
"""OpenAI takes no lower limit (Open Responses has it in its schema)."""
_LONGEST_USER = 64
"""OpenAI's limit. Other APIs' clients send more."""
_UNKNOWN = ("top_k", "seed", "logit_bias", "stop")
_TIERS = frozenset({"auto", "default", "flex", "scale", "priority"})
_SHARED_WITH_CHAT = frozenset({"safety_identifier", "prompt_cache_retention", "prompt_cache_options", "moderation"})
"""Fields that Chat Completions has too, with the same meaning."""
_QUIET_IN_CHAT = {"stream_options": None, "store": False}


def write_request(request: ChatRequest, back: Back, losses: Losses) -> bytes:
    """The JSON body for the deployment. `losses` gets the names of what it cannot say.

    Raises InvalidJson where the body would be nested too deeply.
    """
    target = Target(request.format, back, losses)
    body: Rest = {"model": back.model}
    _conversation(body, request.messages, target)
    if request.tools:
        body["tools"] = write_tools(request.tools, target)
    choice = request.tool_choice
    if choice is not None:
        chosen = write_tool_choice(request, choice, body.get("tools", []), target)
        if chosen is not None:
            body["tool_choice"] = chosen
    for name, field in _OPTIONS:
        value = getattr(request, name)
        if value is not None:
            if name == "user" and not target.own and len(value) > _LONGEST_USER:
                value = sha256(value.encode()).hexdigest()  # still one for each user
            body[field] = value
    if not target.own and request.max_tokens is not None and 0 < request.max_tokens < _LEAST_TOKENS:
        body["max_output_tokens"] = _LEAST_TOKENS
        target.lose("max_tokens")
    if request.service_tier is not None:
        if target.own or request.service_tier in _TIERS:
            body["service_tier"] = request.service_tier
        else:
            target.lose("service_tier")
    _text(body, request, target)
    if request.reasoning is not None:
        reasoning = write_reasoning_options(request.reasoning, target)
        if reasoning or target.own:
            body["reasoning"] = reasoning
    if request.stream:
        body["stream"] = True
    _unknown(request, target)
    _rest(body, request, target)
    _stateless(body, request, target)
    try:
        return _encode(body)
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def _conversation(body: Rest, messages: list[Message], target: Target) -> None:
    if target.own and messages and form_of(messages[0].rest) == "instructions":
        part = messages[0].parts[0]
        assert isinstance(part, Text)  # the reader makes no other
        body["instructions"] = part.text
        messages = messages[1:]
    if target.own and len(messages) == 1 and form_of(messages[0].rest) == "input":
        part = messages[0].parts[0]
        assert isinstance(part, Text)  # the reader makes no other
        body["input"] = part.text
        return
    body["input"] = write_items(messages, target)


def _text(body: Rest, request: ChatRequest, target: Target) -> None:
    text: Rest = {}
    if request.response_format is not None:
        text["format"] = write_format(request.response_format, target)
    if request.verbosity is not None:
        text["verbosity"] = request.verbosity
    if text:
        body["text"] = text


def _unknown(request: ChatRequest, target: Target) -> None:
    """Options that other formats have."""
    for name in _UNKNOWN:
        if getattr(request, name) is not None:
            target.lose(name)
    if request.n is not None and request.n != 1:
        target.lose("n")
    if request.cache is not None:
        target.lose("cache_control")


def _rest(body: Rest, request: ChatRequest, target: Target) -> None:
    rest = request.rest
    if not target.own:
        if target.source == "openai-chat":
            body.update({name: value for name, value in rest.items() if name in _SHARED_WITH_CHAT})
            rest = {
                name: value
                for name, value in rest.items()
                if name not in body and (name not in _QUIET_IN_CHAT or _QUIET_IN_CHAT[name] not in (None, value))
            }
        target.losses.add_rest("", said(rest))
        return
    fields = fields_of(rest)
    text = fields.get("text")
    if type(text) is dict:
        fields = {**fields, "text": {**cast("Rest", text), **body.get("text", {})}}
    body.update(fields)
    if form_of(rest) == "absent" and not body["input"]:
        del body["input"]


def _stateless(body: Rest, request: ChatRequest, target: Target) -> None:
    """Nothing is stored that the caller did not ask to store, so reasoning must come back in the answer."""
    include: list[str] = [] if target.own else [LOGPROBS] if request.logprobs else []
    if "store" not in body:
        body["store"] = False
        if _reasons(request):
            include.append(ENCRYPTED)
    given: list[str] = body.get("include") or []
    missing = [each for each in include if each not in given]
    if missing:
        body["include"] = [*given, *missing]


def _reasons(request: ChatRequest) -> bool:
    options = request.reasoning
    return (
        options is not None
        and options.effort != "none"
        and options.mode != "disabled"
        and any(each is not None for each in (options.effort, options.mode, options.budget, options.summary))
    )
