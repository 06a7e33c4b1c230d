"""Small exchanges of our own making."""

from __future__ import annotations

import json
from typing import Any

from ajar.wire.back import Back
from ajar.wire.made import Made

MADE = Made("0198c0de-0000-7000-8000-000000000001", 1_790_000_000, "some-model")
HEX = "0198c0de000070008000000000000001"
KEEPS_ALL = Back(model="m", keeps=lambda _: True)
KEEPS_NONE = Back(model="m")

TOOL: dict[str, Any] = {
    "type": "function",
    "name": "find_order",
    "description": "Find an order.",
    "parameters": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
    "strict": True,
}

AGENT: dict[str, Any] = {
    "model": "route",
    "instructions": "You help.",
    "input": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Where is it?"},
                {"type": "input_image", "detail": "low", "image_url": "data:image/png;base64,iVBORw0KGgo="},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERi0="},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "**One**\n\nx"}, {"type": "summary_text", "text": "two"}],
            "encrypted_content": "gAAAA",
        },
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "phase": "commentary",
            "content": [{"type": "output_text", "text": "Looking.", "annotations": [], "logprobs": []}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "find_order",
            "arguments": '{"id": "48213"}',
            "status": "completed",
        },
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "shell", "input": "ls -l"},
        {"type": "function_call_output", "call_id": "call_1", "output": "shipped"},
        {
            "type": "custom_tool_call_output",
            "call_id": "call_2",
            "output": [
                {"type": "input_text", "text": "a b"},
                {"type": "input_image", "image_url": "https://x.test/a.png"},
            ],
        },
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "q"}},
        {"role": "assistant", "content": "It is shipped."},
        {"role": "user", "content": "Thanks."},
    ],
    "tools": [
        TOOL,
        {"type": "custom", "name": "shell", "description": "Runs it.", "format": {"type": "text"}},
        {"type": "namespace", "name": "crm", "description": "d", "tools": [TOOL]},
        {"type": "web_search"},
    ],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "max_output_tokens": 0,
    "temperature": 0,
    "top_p": 0.5,
    "include": ["reasoning.encrypted_content"],
    "reasoning": {"effort": "high", "summary": "auto", "context": "all_turns"},
    "text": {
        "format": {"type": "json_schema", "name": "a", "schema": {"type": "object"}, "strict": False},
        "verbosity": "low",
    },
    "store": False,
    "stream": True,
    "prompt_cache_key": "k",
    "client_metadata": {"x": "y"},
    "metadata": {},
    "user": "",
}


def encode(value: Any) -> bytes:
    return json.dumps(value).encode()


def asked(**fields: Any) -> bytes:
    return encode({"model": "route", "input": "Hi", **fields})


def event(kind: str, **fields: Any) -> bytes:
    """An event of an upstream's stream."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
