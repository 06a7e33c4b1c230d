"""A typed request as Chat Completions, for a deployment.

The deployment's ways (`Back.quirks`) that count here are in `QUIRKS`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from ajar.errors import InvalidJson
from ajar.wire.openai_chat.messages_write import write_messages
from ajar.wire.openai_chat.options_write import write_reasoning, write_response_format
from ajar.wire.openai_chat.spelling import SpeltRequest
from ajar.wire.openai_chat.target import Target
from ajar.wire.openai_chat.tools_write import choice_of, write_tool_choice, write_tools

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.back import Back

QUIRKS = {
    "cache_control": "takes Anthropic's `cache_control` on content parts, tools and the request",
    "file_url": "takes a URL as a file's `file_data`",
    "image_url_only": "takes images, but no other files and no sound",
    "max_tokens": "wants the old `max_tokens` in place of `max_completion_tokens`",
    "metadata_needs_store": "refuses `metadata` unless `store` is true",
    "no_allowed_tools": "has no `allowed_tools` choice: only the allowed tools are sent",
    "no_custom_tools": "has function tools only",
    "no_developer": "knows no `developer` role: `system` stands in",
    "no_json_schema": "has no `json_schema` response format: `json_object` stands in",
    "no_strict": "refuses `strict` on tools and schemas",
    "random_seed": "calls `seed` so",
    "reasoning_back": "wants the model's thoughts back on its turns with tool calls, even empty ones",
    "reasoning_object": "takes options for reasoning in an object `reasoning`, as OpenRouter has it",
    "short_ids": "takes ids of tool calls only of nine letters and digits",
    "string_content": "takes text content only as one string",
    "thinking_object": "takes `thinking: {type}`, as DeepSeek and Z.ai have it",
    "tool_choice_any": "calls the tool choice `required` so",
    "top_k": "takes `top_k`",
    "video_url": "takes `video_url` parts",
}
"""Also `no_` with the name of any field of the request's top level: it is left out, and the loss is told."""

_SAME = (
    "temperature",
    "top_p",
    "n",
    "seed",
    "logprobs",
    "top_logprobs",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "verbosity",
    "user",
    "prompt_cache_key",
)
_LONGEST_USER = 64
"""OpenAI's limit. Other APIs' clients send more."""
_SHARED = ("prompt_cache_retention", "safety_identifier")
"""Fields that Responses has too, with the same meaning, but the typed form has not."""
_DEFAULTS = {"n": 1, "logprobs": False, "parallel_tool_calls": True}
_TIERS = {"standard_only": "default"}

_encode = msgspec.json.Encoder().encode


def write_request(request: ChatRequest, back: Back, losses: Losses) -> bytes:
    """The body for the deployment. What it cannot say is named in `losses`.

    Raises InvalidJson where a caller's own values are nested too deeply.
    """
    own = request.format == "openai-chat"
    spelt = request.spelt if type(request) is SpeltRequest and own else frozenset[str]()
    target = Target(back, request.format, losses, own)
    body: Rest = {"model": back.model, "messages": write_messages(request.messages, target)}
    for name in _SAME:
        value = getattr(request, name)
        if value is not None:
            if name == "user" and not own and len(value) > _LONGEST_USER:
                value = sha256(value.encode()).hexdigest()  # still one for each user
            body[name] = value
    if request.max_tokens is not None:
        old = "max_tokens" in back.quirks or "max_tokens" in spelt
        body["max_tokens" if old else "max_completion_tokens"] = request.max_tokens
    if request.stop is not None and (request.stop or own):
        body["stop"] = request.stop[0] if "stop_text" in spelt and len(request.stop) == 1 else request.stop
    if request.service_tier is not None:
        tier = request.service_tier
        body["service_tier"] = tier if own else _TIERS.get(tier, tier)
    if request.response_format is not None:
        body["response_format"] = write_response_format(request.response_format, target)
    if request.reasoning is not None:
        write_reasoning(body, request.reasoning, spelt, target)
    _tools(body, request, spelt, target)
    _top_k_and_cache(body, request, target)
    _metadata(body, request, target)
    _stream(body, request, spelt)
    rest = request.rest
    if rest and request.format == "openai-responses":
        body.update({name: rest[name] for name in _SHARED if rest.get(name) is not None})
        rest = {name: value for name, value in rest.items() if name not in _SHARED}
    target.carry(body, rest, "")
    if back.quirks:
        _quirks(body, target)
    try:
        return _encode(body)
    except RecursionError:
        raise InvalidJson("the body is nested too deeply") from None


def _tools(body: Rest, request: ChatRequest, spelt: frozenset[str], target: Target) -> None:
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    tools = write_tools(request, target) if request.tools else []
    if tools or "tools" in spelt:
        body["tools"] = tools
    if not tools and not target.own:
        # The API refuses both where there are no tools.
        if choice is not None and choice.mode != "auto" and choice.mode != "none":
            target.losses.add("tool_choice")
        return
    if choice is not None and not target.own:
        choice = choice_of(choice, tools, target)
    if choice is not None:
        body["tool_choice"] = write_tool_choice(choice, request, target)
    if parallel is not None:
        body["parallel_tool_calls"] = parallel


def _top_k_and_cache(body: Rest, request: ChatRequest, target: Target) -> None:
    if request.top_k is not None:
        if target.own or target.has("top_k"):
            body["top_k"] = request.top_k
        else:
            target.losses.add("top_k")
    if request.cache is not None:
        if target.own or target.has("cache_control"):
            body["cache_control"] = request.cache
        else:
            target.losses.add("cache_control")


def _metadata(body: Rest, request: ChatRequest, target: Target) -> None:
    if request.metadata is None:
        return
    if target.has("metadata_needs_store") and request.rest.get("store") is not True:
        if request.metadata:
            target.losses.add("metadata")
        return
    body["metadata"] = request.metadata


def _stream(body: Rest, request: ChatRequest, spelt: frozenset[str]) -> None:
    """Formats that always report usage need it asked for here."""
    if request.stream:
        body["stream"] = True
    elif "stream" in spelt:
        body["stream"] = False
    options = request.stream_options if type(request) is SpeltRequest else None
    if request.include_usage or (request.stream and request.format != "openai-chat"):
        options = {**(options or {}), "include_usage": True}
    if options is not None:
        body["stream_options"] = options


def _quirks(body: Rest, target: Target) -> None:
    if target.has("random_seed") and "seed" in body:
        body["random_seed"] = body.pop("seed")
    for quirk in target.back.quirks:
        name = quirk[3:]
        if quirk[:3] == "no_" and name in body:
            value = body.pop(name)
            if name != "stream_options" and (name not in _DEFAULTS or value != _DEFAULTS[name]):
                target.lose(name)
