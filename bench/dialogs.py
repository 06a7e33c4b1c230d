"""What `translation.py` translates: requests in each front format, and streams in each back format."""

from __future__ import annotations

import json
from struct import pack
from typing import Any
from zlib import crc32

SMALL = 4 * 1024
"""Bytes of a chat's request: three turns and one tool."""

AGENT = 87 * 1000
"""Bytes of an agent's request, as Claude Code sends it: twelve tools and, here, forty turns."""

TOOLS = 12
TURNS = 40

_WORDS = "the parcel left the depot this morning and will arrive at your door before the end of the week "
_TYPES = ("string", "number", "boolean")


def request(front: str, size: int) -> bytes:
    """A request of `size` bytes, whose instructions fill it up."""
    tools, turns = (1, 3) if size == SMALL else (TOOLS, TURNS)
    make = {"openai-chat": _chat, "openai-responses": _responses, "anthropic": _messages}[front]
    body = make("", tools, turns)
    return _dump(make(_filler(size - len(_dump(body))), tools, turns))


def stream(back: str, count: int) -> tuple[bytes, list[bytes]]:
    """A stream's beginning, up to its first text, and `count` chunks of text, each as it arrives."""
    words = [f" word{at}" for at in range(count)]
    head, one = {
        "openai-chat": (_chat_chunk({"role": "assistant", "content": ""}), lambda word: _chat_chunk({"content": word})),
        "openai-responses": (_responses_head(), _responses_delta),
        "anthropic": (_messages_head(), _messages_delta),
        "gemini": (_gemini_chunk("Well,"), _gemini_chunk),
        "bedrock": (_frame("messageStart", {"role": "assistant"}), _bedrock_delta),
    }[back]
    return head, [one(word) for word in words]


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _filler(size: int) -> str:
    assert size >= 0
    return (_WORDS * (size // len(_WORDS) + 1))[:size]


def _schema(at: int) -> dict[str, Any]:
    fields = {
        f"field_{each}": {"type": _TYPES[each % 3], "description": _filler(60 + at)} for each in range(4 + at % 4)
    }
    fields["choice"] = {"type": "string", "enum": ["fast", "careful", "both"], "description": _filler(40)}
    return {"type": "object", "properties": fields, "required": ["field_0"], "additionalProperties": False}


def _described(tools: int) -> list[tuple[str, str, dict[str, Any]]]:
    return [(f"tool_{at}", _filler(900), _schema(at)) for at in range(tools)]


def _arguments(at: int) -> dict[str, Any]:
    return {"field_0": _filler(200), "field_1": at, "choice": "fast"}


def _chat(text: str, tools: int, turns: int) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "system", "content": text}, {"role": "user", "content": _filler(300)}]
    for at in range((turns - 1) // 2):
        function = {"name": f"tool_{at % tools}", "arguments": json.dumps(_arguments(at))}
        call = {"id": f"call_{at}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": _filler(150), "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"call_{at}", "content": _filler(600)})
    functions = [
        {"name": name, "description": words, "parameters": schema} for name, words, schema in _described(tools)
    ]
    return {
        "model": "route",
        "messages": messages,
        "tools": [{"type": "function", "function": each} for each in functions],
        "tool_choice": "auto",
        "max_completion_tokens": 32_000,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _responses(text: str, tools: int, turns: int) -> dict[str, Any]:
    items: list[dict[str, Any]] = [_item("user", "input_text", _filler(300))]
    for at in range((turns - 1) // 2):
        items.append(_item("assistant", "output_text", _filler(150)))
        call = {"type": "function_call", "call_id": f"call_{at}", "name": f"tool_{at % tools}"}
        items.append({**call, "arguments": json.dumps(_arguments(at))})
        items.append({"type": "function_call_output", "call_id": f"call_{at}", "output": _filler(600)})
    functions = [
        {"type": "function", "name": name, "description": words, "parameters": schema, "strict": False}
        for name, words, schema in _described(tools)
    ]
    return {
        "model": "route",
        "instructions": text,
        "input": items,
        "tools": functions,
        "tool_choice": "auto",
        "max_output_tokens": 32_000,
        "store": False,
        "stream": True,
    }


def _item(role: str, kind: str, text: str) -> dict[str, Any]:
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def _messages(text: str, tools: int, turns: int) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": _filler(300)}]}]
    for at in range((turns - 1) // 2):
        call = {"type": "tool_use", "id": f"call_{at}", "name": f"tool_{at % tools}", "input": _arguments(at)}
        messages.append({"role": "assistant", "content": [{"type": "text", "text": _filler(150)}, call]})
        result = {"type": "tool_result", "tool_use_id": f"call_{at}", "content": _filler(600), "is_error": False}
        messages.append({"role": "user", "content": [result]})
    return {
        "model": "route",
        "max_tokens": 32_000,
        "system": [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}],
        "messages": messages,
        "tools": [
            {"name": name, "description": words, "input_schema": schema} for name, words, schema in _described(tools)
        ],
        "stream": True,
    }


def _event(name: str, value: dict[str, Any]) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), _dump({"type": name, **value}))


def _chat_chunk(delta: dict[str, Any]) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}
    head = {"id": "chatcmpl-01", "object": "chat.completion.chunk", "created": 1_790_000_000, "model": "bench-model"}
    return b"data: %b\n\n" % _dump({**head, "system_fingerprint": "fp_01", "choices": [choice], "usage": None})


def _responses_head() -> bytes:
    response = {"id": "resp_01", "object": "response", "created_at": 1_790_000_000, "model": "bench-model"}
    response |= {"status": "in_progress", "output": []}
    item = {"id": "msg_01", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    at = {"output_index": 0, "content_index": 0, "item_id": "msg_01"}
    return (
        _event("response.created", {"sequence_number": 0, "response": response})
        + _event("response.in_progress", {"sequence_number": 1, "response": response})
        + _event("response.output_item.added", {"sequence_number": 2, "output_index": 0, "item": item})
        + _event("response.content_part.added", {"sequence_number": 3, **at, "part": part})
    )


def _responses_delta(word: str) -> bytes:
    at = {"sequence_number": 4, "item_id": "msg_01", "output_index": 0, "content_index": 0}
    return _event("response.output_text.delta", {**at, "delta": word, "logprobs": [], "obfuscation": "abcdefgh"})


def _messages_head() -> bytes:
    usage = {"input_tokens": 180, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 1}
    message = {"id": "msg_01", "type": "message", "role": "assistant", "model": "bench-model", "content": []}
    message |= {"stop_reason": None, "stop_sequence": None, "usage": usage}
    block = {"index": 0, "content_block": {"type": "text", "text": ""}}
    return _event("message_start", {"message": message}) + _event("content_block_start", block) + _event("ping", {})


def _messages_delta(word: str) -> bytes:
    return _event("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": word}})


def _gemini_chunk(word: str) -> bytes:
    content = {"parts": [{"text": word}], "role": "model"}
    usage = {"promptTokenCount": 180, "candidatesTokenCount": 3, "totalTokenCount": 183}
    usage["promptTokensDetails"] = [{"modality": "TEXT", "tokenCount": 180}]  # type: ignore[assignment]
    made = {"modelVersion": "bench-model", "responseId": "r1"}
    return b"data: %b\r\n\r\n" % _dump(
        {"candidates": [{"content": content, "index": 0}], "usageMetadata": usage, **made}
    )


def _bedrock_delta(word: str) -> bytes:
    return _frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": word}, "p": "abcdefgh"})


def _frame(name: str, value: dict[str, Any]) -> bytes:
    """One frame of Converse's stream."""
    given = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
    head = b"".join(
        pack(">B", len(key)) + key.encode() + b"\x07" + pack(">H", len(each)) + each.encode()
        for key, each in given.items()
    )
    payload = _dump(value)
    prelude = pack(">II", 16 + len(head) + len(payload), len(head))
    body = prelude + pack(">I", crc32(prelude)) + head + payload
    return body + pack(">I", crc32(body))
