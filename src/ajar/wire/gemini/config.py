"""How the answer is to be made: `generationConfig`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.request import ResponseFormat
from ajar.wire.gemini.names import name_of
from ajar.wire.gemini.schema import json_schema_of
from ajar.wire.gemini.spelling import inner
from ajar.wire.gemini.thinking import read_thinking, write_thinking
from ajar.wire.json_fields import said

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.gemini.scope import Scope
    from ajar.wire.json_fields import Fields

_JSON = "application/json"
_ALIKE = (
    ("maxOutputTokens", "max_tokens"),
    ("temperature", "temperature"),
    ("topP", "top_p"),
    ("topK", "top_k"),
    ("stopSequences", "stop"),
    ("seed", "seed"),
    ("presencePenalty", "presence_penalty"),
    ("frequencyPenalty", "frequency_penalty"),
)


def read_config(fields: Fields, request: ChatRequest) -> None:
    """Put the options into the request; what is left of the fields is its rest. Raises InvalidField."""
    request.max_tokens = fields.integer("maxOutputTokens")
    request.temperature = fields.number("temperature")
    request.top_p = fields.number("topP")
    request.top_k = fields.integer("topK")
    request.stop = fields.strings("stopSequences")
    request.seed = fields.integer("seed")
    request.presence_penalty = fields.number("presencePenalty")
    request.frequency_penalty = fields.number("frequencyPenalty")
    request.n = fields.integer("candidateCount")
    request.logprobs = fields.flag("responseLogprobs")
    request.top_logprobs = fields.integer("logprobs")
    request.response_format = _read_format(fields)
    thinking = inner(fields, "thinkingConfig")
    if thinking is not None:
        request.reasoning = read_thinking(thinking)


def _read_format(fields: Fields) -> ResponseFormat | None:
    mime = fields.peek("responseMimeType")
    schema = fields.obj("responseJsonSchema")
    rest: Rest = {}
    if schema is None:
        older = fields.obj("responseSchema")
        if older is not None:
            schema, rest = json_schema_of(older), {"responseSchema": older}
    if schema is None:
        if mime not in (_JSON, "text/plain"):
            return None
        fields.drop("responseMimeType")
        return ResponseFormat("json_object" if mime == _JSON else "text")
    if mime == _JSON:
        fields.drop("responseMimeType")
    else:
        rest["responseMimeType"] = fields.take("responseMimeType")
    return ResponseFormat("json_schema", schema, rest=rest)


def write_config(request: ChatRequest, scope: Scope, *, tools: bool) -> Rest:
    """The options that are set, with `tools` or without. What Gemini has no word for is lost."""
    config: Rest = {}
    for name, field in _ALIKE:
        value = getattr(request, field)
        if value is not None:
            config[name] = value
    _likelihood(request, scope, config)
    if request.response_format is not None:
        config |= _format(request.response_format, scope, tools=tools)
    if request.reasoning is not None:
        thinking = write_thinking(request.reasoning, scope.origin, scope.model, scope.losses)
        if thinking or scope.own:
            config["thinkingConfig"] = thinking
    return config


def _likelihood(request: ChatRequest, scope: Scope, config: Rest) -> None:
    if scope.own:
        if request.n is not None:
            config["candidateCount"] = request.n
        if request.logprobs is not None:
            config["responseLogprobs"] = request.logprobs
        if request.top_logprobs is not None:
            config["logprobs"] = request.top_logprobs
        return
    if request.n is not None and request.n != 1:
        scope.losses.add("n")  # one answer is all that can be carried back
    if request.logprobs:
        config["responseLogprobs"] = True
        if request.top_logprobs is not None:
            config["logprobs"] = request.top_logprobs
    if request.logit_bias:
        scope.losses.add("logit_bias")
    if request.verbosity is not None:
        scope.lose("verbosity")


def _format(wanted: ResponseFormat, scope: Scope, *, tools: bool) -> Rest:
    config: Rest = {}
    if wanted.kind == "text":
        config = {"responseMimeType": "text/plain"} if scope.own else {}
    elif wanted.kind == "json_object":
        config = {"responseMimeType": _JSON}
    elif "responseSchema" not in wanted.rest or not scope.own:
        config = {"responseMimeType": _JSON, "responseJsonSchema": wanted.schema or {}}
    else:
        config = {"responseMimeType": _JSON}
    if scope.own:
        config |= wanted.rest
        if config.get("responseMimeType") is None:
            config.pop("responseMimeType", None)
        return config
    scope.losses.add_rest(name_of(scope.origin, "schema"), said(wanted.rest))
    if config and tools and not scope.ways.new:
        # "Function calling with a response mime type: 'application/json' is unsupported"
        # (https://github.com/Simpleyyt/ai-manus/issues/101, 2025-09).
        scope.lose("schema")
        return {}
    if wanted.description is not None:
        scope.lose("schema_note")
    return config
