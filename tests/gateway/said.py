"""What a whole answer says, read in the plainest way and without a line of Ajar's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

Counts = dict[str, int]
"""By the names that records have; only what was reported."""

_REASONS = {
    "openai-chat": {"length": "length", "model_length": "length", "tool_calls": "calls", "content_filter": "filter"},
    "anthropic": {
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "calls",
        "refusal": "filter",
    },
    "gemini": {
        "MAX_TOKENS": "length",
        "SAFETY": "filter",
        "PROHIBITED_CONTENT": "filter",
        "RECITATION": "filter",
        "MALFORMED_FUNCTION_CALL": "error",
    },
    "bedrock": {
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "calls",
        "content_filtered": "filter",
        "guardrail_intervened": "filter",
        "malformed_model_output": "error",
        "malformed_tool_use": "error",
    },
}
"""Only what is not a plain stop."""


@dataclass
class Said:
    """`reason` is one of stop, length, calls, filter and error: what all formats can tell apart."""

    text: str = ""
    calls: list[tuple[str | None, str, Any]] = field(default_factory=list)
    """Id (None where the format gave none), name, and the arguments decoded."""
    reason: str = "stop"
    usage: Counts = field(default_factory=dict)


def said(speech: str, value: dict[str, Any]) -> Said:
    """What a whole answer in that format says."""
    found = _READERS[speech](value)
    if found.reason == "stop" and found.calls:
        found.reason = "calls"
    return found


def _chat(value: dict[str, Any]) -> Said:
    choice = value["choices"][0]
    message = choice["message"]
    content = message.get("content") or ""
    found = Said(content if isinstance(content, str) else "".join(each.get("text") or "" for each in content))
    for call in message.get("tool_calls") or ():
        function = call.get("function") or call["custom"]
        arguments = json.dumps(function["input"]) if "input" in function else function.get("arguments", "")
        found.calls.append((call["id"], function["name"], _decoded(arguments)))
    found.reason = _REASONS["openai-chat"].get(choice.get("finish_reason") or "", "stop")
    if found.reason == "calls" and not found.calls:
        found.reason = "stop"
    if message.get("refusal"):
        found.reason = "filter"
    usage = value.get("usage") or {}
    inner, outer = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    thought, out = outer.get("reasoning_tokens"), usage.get("completion_tokens")
    cached = inner.get("cached_tokens", usage.get("cached_tokens", usage.get("prompt_cache_hit_tokens")))
    found.usage = _counts(
        input_tokens=usage.get("prompt_tokens"),
        output_tokens=out,
        cache_read_input_tokens=cached,
        cache_write_input_tokens=inner.get("cache_write_tokens"),
        reasoning_output_tokens=thought if thought is None or out is None else min(thought, out),
    )
    return found


def _responses(value: dict[str, Any]) -> Said:
    found = Said()
    refused = False
    for item in value["output"]:
        if item["type"] == "message":
            for part in item["content"]:
                found.text += part.get("text") or ""
                refused = refused or part["type"] == "refusal"
        elif item["type"] == "function_call":
            found.calls.append((item["call_id"], item["name"], _decoded(item["arguments"])))
        elif item["type"] == "custom_tool_call":
            found.calls.append((item["call_id"], item["name"], item["input"]))
    why = (value.get("incomplete_details") or {}).get("reason")
    found.reason = {"max_output_tokens": "length", "content_filter": "filter"}.get(why or "", "stop")
    if value["status"] == "failed":
        found.reason = "error"
    elif refused:
        found.reason = "filter"
    usage = value.get("usage") or {}
    inner, outer = usage.get("input_tokens_details") or {}, usage.get("output_tokens_details") or {}
    found.usage = _counts(
        input_tokens=usage.get("input_tokens"),
        output_tokens=usage.get("output_tokens"),
        cache_read_input_tokens=inner.get("cached_tokens"),
        cache_write_input_tokens=inner.get("cache_write_tokens"),
        reasoning_output_tokens=outer.get("reasoning_tokens"),
    )
    return found


def _messages(value: dict[str, Any]) -> Said:
    found = Said("".join(block["text"] for block in value["content"] if block["type"] == "text"))
    for block in value["content"]:
        if block["type"] == "tool_use":
            found.calls.append((block["id"], block["name"], block["input"]))
    found.reason = _REASONS["anthropic"].get(value["stop_reason"] or "", "stop")
    usage = value.get("usage") or {}
    read, write = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    found.usage = _counts(
        input_tokens=usage["input_tokens"] + (read or 0) + (write or 0) if "input_tokens" in usage else None,
        output_tokens=usage.get("output_tokens"),
        cache_read_input_tokens=read,
        cache_write_input_tokens=write,
        reasoning_output_tokens=(usage.get("output_tokens_details") or {}).get("thinking_tokens"),
    )
    return found


def _gemini(value: dict[str, Any]) -> Said:
    found = Said()
    candidates = value.get("candidates") or [{"finishReason": "SAFETY"}]
    for part in candidates[0].get("content", {}).get("parts", ()):
        if "functionCall" in part:
            call = part["functionCall"]
            found.calls.append((call.get("id"), call["name"], call.get("args", {})))
        elif not part.get("thought"):
            found.text += part.get("text", "")
    found.reason = _REASONS["gemini"].get(candidates[0].get("finishReason", "STOP"), "stop")
    usage = value.get("usageMetadata", {})
    prompt, out = usage.get("promptTokenCount"), usage.get("candidatesTokenCount")
    thought, tools = usage.get("thoughtsTokenCount"), usage.get("toolUsePromptTokenCount", 0)
    found.usage = _counts(
        input_tokens=None if prompt is None else prompt + tools,
        output_tokens=None if out is None and thought is None else (out or 0) + (thought or 0),
        cache_read_input_tokens=usage.get("cachedContentTokenCount"),
        reasoning_output_tokens=thought,
    )
    return found


def _converse(value: dict[str, Any]) -> Said:
    found = Said()
    for block in value["output"]["message"]["content"]:
        found.text += block.get("text", "")
        if "toolUse" in block and block["toolUse"].get("type") != "server_tool_use":
            call = block["toolUse"]
            found.calls.append((call["toolUseId"], call["name"], call["input"]))
    found.reason = _REASONS["bedrock"].get(value["stopReason"], "stop")
    usage = value.get("usage") or {}
    read, write = usage.get("cacheReadInputTokens"), usage.get("cacheWriteInputTokens")
    found.usage = _counts(
        input_tokens=usage["inputTokens"] + (read or 0) + (write or 0) if usage else None,
        output_tokens=usage.get("outputTokens"),
        cache_read_input_tokens=read,
        cache_write_input_tokens=write,
    )
    return found


def _decoded(arguments: str) -> Any:
    return json.loads(arguments) if arguments else {}


def _counts(**counts: int | None) -> Counts:
    return {name: count for name, count in counts.items() if count is not None}


_READERS = {
    "openai-chat": _chat,
    "openai-responses": _responses,
    "anthropic": _messages,
    "gemini": _gemini,
    "bedrock": _converse,
}
