"""A dialog as the body of a Converse request. The model stands in the URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from ajar.wire.bedrock.reasoning_write import write_reasoning
from ajar.wire.bedrock.stop import STOP_SEQUENCE_PATHS
from ajar.wire.bedrock.target import Target
from ajar.wire.bedrock.tools_write import write_tool_config
from ajar.wire.bedrock.turns_write import write_turns

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.request import ChatRequest, ResponseFormat
    from ajar.wire.back import Back

_encode = msgspec.json.Encoder().encode

_Fields = dict[str, Any]

_TIERS = {
    "priority": "priority",
    "default": "default",
    "flex": "flex",
    "reserved": "reserved",
    "standard_only": "default",
}
_MOST_METADATA = 16
_metadata = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,\-.]{0,256}").fullmatch


def write_request(request: ChatRequest, back: Back, losses: Losses) -> bytes:
    """The body for Converse and ConverseStream alike; what it cannot say is named in `losses`.

    Raises InvalidField where a tool call's arguments are no JSON object.
    """
    target = Target(back, request.format, losses)
    system, turns = write_turns(request, target)
    config = write_tool_config(request, turns, target)
    effort, additional = write_reasoning(request, turns, config, target)
    if request.top_k is not None:
        if target.ways.claude or target.same:
            additional["top_k"] = request.top_k
        else:
            losses.add("top_k")
    body: _Fields = {
        "messages": turns,
        "system": system,
        "inferenceConfig": _inference(request, target),
        "toolConfig": config,
        "outputConfig": _output(request, effort, target),
        "additionalModelRequestFields": additional,
        "requestMetadata": _request_metadata(request, target),
        "serviceTier": _tier(request, target),
    }
    if not target.same:
        target.rest("", request.rest)
        if request.stop and target.ways.claude:
            body["additionalModelResponseFieldPaths"] = STOP_SEQUENCE_PATHS
        _lose_options(request, target)
        return _encode({name: value for name, value in body.items() if value})
    written = {name: value for name, value in body.items() if value}
    for name, value in request.rest.items():
        known = written.get(name)
        written[name] = {**known, **value} if type(known) is dict and type(value) is dict else value
    return _encode(written)


def _inference(request: ChatRequest, target: Target) -> _Fields:
    config: _Fields = {}
    if request.max_tokens is not None:
        config["maxTokens"] = request.max_tokens
    temperature, top_p = (request.temperature, request.top_p) if target.same else _sampling(request, target)
    if temperature is not None:
        config["temperature"] = temperature
    if top_p is not None:
        config["topP"] = top_p
    if request.stop is not None and (request.stop or target.same):
        config["stopSequences"] = request.stop
    return config


def _sampling(request: ChatRequest, target: Target) -> tuple[float | None, float | None]:
    """The temperature and `topP` that the model takes."""
    temperature, top_p = request.temperature, request.top_p
    if temperature is not None and temperature > 1:
        target.losses.add("temperature")
        temperature = 1
    if target.ways.claude and temperature is not None and top_p is not None:
        # Claude's newer models refuse the two together; 1 is the default of both.
        if temperature == 1 and top_p != 1:
            return None, top_p
        if top_p != 1:
            target.losses.add("top_p")
        top_p = None
    return temperature, top_p


def _output(request: ChatRequest, effort: str | None, target: Target) -> _Fields:
    config: _Fields = {}
    wanted = request.response_format
    if wanted is not None and wanted.kind != "text":
        if wanted.kind == "json_schema" and wanted.schema is not None:
            config["textFormat"] = _text_format(wanted, wanted.schema)
            if wanted.strict is False:
                target.lose("strict")
        else:
            target.lose("response_format")
        target.rest("response_format", wanted.rest)
    if effort is not None:
        config["effort"] = effort
    return config


def _text_format(wanted: ResponseFormat, schema: _Fields) -> _Fields:
    definition: _Fields = {"schema": _encode(schema).decode()}
    if wanted.name is not None:
        definition["name"] = wanted.name
    if wanted.description is not None:
        definition["description"] = wanted.description
    return {"type": "json_schema", "structure": {"jsonSchema": definition}}


def _request_metadata(request: ChatRequest, target: Target) -> _Fields:
    """The caller's metadata, which Bedrock keeps with its invocation logs, as far as it takes them."""
    if not request.metadata or target.same:
        return request.metadata or {}
    kept: _Fields = {}
    for name, value in request.metadata.items():
        fits = type(value) is str and name and _metadata(name) and _metadata(value) and len(kept) < _MOST_METADATA
        if fits:
            kept[name] = value
        else:
            target.losses.add("metadata")
    return kept


def _tier(request: ChatRequest, target: Target) -> _Fields:
    tier = request.service_tier
    if tier is None or (tier == "auto" and not target.same):
        return {}
    if target.same:
        return {"type": tier}
    if tier not in _TIERS:
        target.losses.add("service_tier")
        return {}
    return {"type": _TIERS[tier]}


def _lose_options(request: ChatRequest, target: Target) -> None:
    """Name the options that Converse has nothing for, where they ask for anything."""
    asked = {
        "n": request.n not in (None, 1),
        "seed": request.seed is not None,
        "logprobs": bool(request.logprobs),
        "top_logprobs": bool(request.top_logprobs),
        "frequency_penalty": bool(request.frequency_penalty),
        "presence_penalty": bool(request.presence_penalty),
        "logit_bias": bool(request.logit_bias),
        "parallel_tool_calls": bool(request.tools) and request.parallel_tool_calls is False,
        "verbosity": request.verbosity not in (None, "medium"),
        "user": request.user is not None,
        "prompt_cache_key": request.prompt_cache_key is not None,
    }
    for name, wanted in asked.items():
        if wanted:
            target.lose(name)
