"""What of each front format reaches each back format: found out by asking, for the page docs/support.md.

A feature is a marker in the request. It is carried where the marker stands in what the deployment got, named where the
answer's `x-ajar-dropped` says that something is missing, and refused where the caller got a 400. Anything else would be
a silent loss.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gateway.formats import BACKS, FRONTS

if TYPE_CHECKING:
    from doubles.scripted.server import ScriptedModel
    from doubles.service import Service

PATHS = {
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "anthropic": "/v1/messages",
}
_DATA = "bWFya2VyLW9mLXRoZS1tYXRyaXg="
_MARK = "marker-of-the-matrix"
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {_MARK: {"type": "string"}},
    "required": [_MARK],
    "additionalProperties": False,
}


def _chat(content: Any = "hi", **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], **fields}


def _responses(content: Any = "hi", **fields: Any) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": content}], **fields}


def _messages(content: Any = "hi", **fields: Any) -> dict[str, Any]:
    return {"max_tokens": 4096, "messages": [{"role": "user", "content": content}], **fields}


_URL = f"data:image/png;base64,{_DATA}"
_PDF = f"data:application/pdf;base64,{_DATA}"
_PNG_SOURCE = {"type": "base64", "media_type": "image/png", "data": _DATA}
_PDF_SOURCE = {"type": "base64", "media_type": "application/pdf", "data": _DATA}
_FUNCTION = {"name": _MARK, "description": "x", "parameters": _SCHEMA}
_JSON = {"type": "json_schema", "name": "n", "schema": _SCHEMA, "strict": True}

FEATURES: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "system prompt": (
        _MARK,
        {
            "openai-chat": {"messages": [{"role": "system", "content": _MARK}, {"role": "user", "content": "hi"}]},
            "openai-responses": _responses(instructions=_MARK),
            "anthropic": _messages(system=_MARK),
        },
    ),
    "images": (
        _DATA,
        {
            "openai-chat": _chat([{"type": "image_url", "image_url": {"url": _URL}}]),
            "openai-responses": _responses([{"type": "input_image", "image_url": _URL}]),
            "anthropic": _messages([{"type": "image", "source": _PNG_SOURCE}]),
        },
    ),
    "PDF files": (
        _DATA,
        {
            "openai-chat": _chat([{"type": "file", "file": {"filename": "a.pdf", "file_data": _PDF}}]),
            "openai-responses": _responses([{"type": "input_file", "filename": "a.pdf", "file_data": _PDF}]),
            "anthropic": _messages([{"type": "document", "source": _PDF_SOURCE}]),
        },
    ),
    "tools": (
        _MARK,
        {
            "openai-chat": _chat(tools=[{"type": "function", "function": _FUNCTION}]),
            "openai-responses": _responses(tools=[{"type": "function", "strict": True, **_FUNCTION}]),
            "anthropic": _messages(tools=[{"name": _MARK, "input_schema": _SCHEMA}]),
        },
    ),
    "structured output": (
        _MARK,
        {
            "openai-chat": _chat(
                response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": _SCHEMA, "strict": True}}
            ),
            "openai-responses": _responses(text={"format": _JSON}),
            "anthropic": _messages(output_config={"format": {"type": "json_schema", "schema": _SCHEMA}}),
        },
    ),
    "sampling (temperature)": (
        "0.375",
        {
            "openai-chat": _chat(temperature=0.375),
            "openai-responses": _responses(temperature=0.375),
            "anthropic": _messages(temperature=0.375),
        },
    ),
    "reasoning effort": (
        "high",
        {
            "openai-chat": _chat(reasoning_effort="high"),
            "openai-responses": _responses(reasoning={"effort": "high"}),
            "anthropic": _messages(thinking={"type": "adaptive"}, output_config={"effort": "high"}),
        },
    ),
    "stop sequences": (
        _MARK,
        {"openai-chat": _chat(stop=[_MARK]), "anthropic": _messages(stop_sequences=[_MARK])},
    ),
    "log probabilities": (
        "logprobs",
        {
            "openai-chat": _chat(logprobs=True, top_logprobs=3),
            "openai-responses": _responses(include=["message.output_text.logprobs"], top_logprobs=3),
        },
    ),
    "seed": ("424242", {"openai-chat": _chat(seed=424242)}),
    "prompt cache marks": (
        "ephemeral",
        {"anthropic": _messages([{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}])},
    ),
}
"""By name: the marker, and the request in each format that has the feature."""

_SAME_IN_OTHER_WORDS = {
    ("reasoning effort", "bedrock"): "thinking",
    ("log probabilities", "gemini"): "Logprobs",
    ("prompt cache marks", "bedrock"): "cachePoint",
}


def probe(service: Service, model: ScriptedModel, front: str, back: str, feature: str) -> str:
    """`yes`, `named`, `refused`, `–` where the front has no such feature, or `LOST`."""
    marker, requests = FEATURES[feature]
    if front not in requests:
        return "–"
    model.seen.clear()
    result = service.request("POST", PATHS[front], {"model": back, **requests[front]})
    if result.status == 400:
        return "refused"
    assert result.status == 200, result.body
    sent = json.dumps(model.seen[-1].json).lower()
    other = _SAME_IN_OTHER_WORDS.get((feature, back), marker)
    if marker.lower() in sent or other.lower() in sent:
        return "yes"
    return "named" if "x-ajar-dropped" in result.headers else "LOST"


def table(service: Service, model: ScriptedModel) -> list[str]:
    """The lines of the page's table."""
    lines = ["| caller's format | feature | " + " | ".join(BACKS) + " |", "| --- | --- |" + " --- |" * len(BACKS)]
    for front in FRONTS:
        for feature, (_, requests) in FEATURES.items():
            if front in requests:
                cells = [probe(service, model, front, back, feature) for back in BACKS]
                lines.append(f"| {front} | {feature} | {' | '.join(cells)} |")
    return lines
