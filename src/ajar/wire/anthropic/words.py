"""What a dropped thing is called in the format that it came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format

Thing = Literal[
    "annotations",
    "audio",
    "budget",
    "call",
    "caller",
    "content",
    "custom_call",
    "custom_tool",
    "detail",
    "document",
    "effort",
    "image",
    "message",
    "opaque",
    "order",
    "reasoning",
    "refusal",
    "result",
    "schema",
    "schema_note",
    "service_tier",
    "signature",
    "stop",
    "summary",
    "system_position",
    "thoughts",
    "tool_choice",
    "tools",
    "user",
    "verbosity",
    "video",
]

_COMMON: dict[Thing, str] = {
    "annotations": "content.annotations",
    "audio": "content.audio",
    "budget": "reasoning.max_tokens",
    "call": "tool_calls",
    "caller": "tool_calls.caller",
    "content": "content",
    "custom_call": "tool_calls.custom",
    "custom_tool": "tools.custom",
    "detail": "content.detail",
    "document": "content.document",
    "effort": "reasoning.effort",
    "image": "content.image",
    "message": "messages",
    "opaque": "thought_signature",
    "order": "messages.order",
    "reasoning": "reasoning",
    "refusal": "content.refusal",
    "result": "tool_result",
    "schema": "response_format",
    "schema_note": "response_format.description",
    "service_tier": "service_tier",
    "signature": "thought_signature",
    "stop": "stop",
    "summary": "reasoning.summary",
    "system_position": "messages.system_position",
    "thoughts": "reasoning",
    "tool_choice": "tool_choice",
    "tools": "tools",
    "user": "user",
    "verbosity": "verbosity",
    "video": "content.video",
}

_OWN: dict[Format, dict[Thing, str]] = {
    "openai-chat": {
        "audio": "content.input_audio",
        "detail": "content.image_url.detail",
        "document": "content.file",
        "effort": "reasoning_effort",
        "image": "content.image_url",
        "refusal": "refusal",
        "result": "messages",
        "signature": "reasoning_details",
        "schema_note": "response_format.json_schema.description",
        "thoughts": "reasoning_content",
        "video": "content.video_url",
    },
    "openai-responses": {
        "audio": "content.input_audio",
        "call": "function_call",
        "custom_call": "custom_tool_call",
        "detail": "content.input_image.detail",
        "document": "content.input_file",
        "image": "content.input_image",
        "message": "input",
        "order": "input.order",
        "result": "function_call_output",
        "schema": "text.format",
        "schema_note": "text.format.description",
        "signature": "reasoning.encrypted_content",
        "thoughts": "reasoning",
        "verbosity": "text.verbosity",
    },
    "anthropic": {
        "annotations": "content.citations",
        "budget": "thinking.budget_tokens",
        "call": "tool_use",
        "caller": "tool_use.caller",
        "effort": "thinking",
        "reasoning": "thinking",
        "signature": "thinking.signature",
        "stop": "stop_sequences",
        "thoughts": "thinking",
        "user": "metadata.user_id",
    },
    "gemini": {},
    "bedrock": {},
}


def word(origin: Format, thing: Thing) -> str:
    """The name for a loss."""
    return _OWN[origin].get(thing) or _COMMON[thing]
