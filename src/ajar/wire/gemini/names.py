"""What a dropped thing is called in the format that the request came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format

Thing = Literal[
    "annotations",
    "budget",
    "call",
    "calls_signature",
    "detail",
    "effort",
    "file_name",
    "message",
    "mode",
    "parallel",
    "schema",
    "schema_note",
    "signature",
    "user",
    "verbosity",
]
"""Only what is not called the same in every format."""

_COMMON: dict[Thing, str] = {
    "annotations": "content.annotations",
    "budget": "reasoning.max_tokens",
    "call": "tool_calls",
    "calls_signature": "thought_signature",
    "detail": "content.detail",
    "effort": "reasoning.effort",
    "file_name": "content.name",
    "message": "messages",
    "mode": "reasoning.mode",
    "parallel": "parallel_tool_calls",
    "schema": "response_format",
    "schema_note": "response_format.description",
    "signature": "thought_signature",
    "user": "user",
    "verbosity": "verbosity",
}

_OWN: dict[Format, dict[Thing, str]] = {
    "openai-chat": {
        "detail": "content.image_url.detail",
        "effort": "reasoning_effort",
        "file_name": "content.file.filename",
        "schema_note": "response_format.json_schema.description",
    },
    "openai-responses": {
        "call": "function_call",
        "calls_signature": "reasoning.encrypted_content",
        "detail": "content.input_image.detail",
        "file_name": "content.input_file.filename",
        "message": "input",
        "schema": "text.format",
        "schema_note": "text.format.description",
        "signature": "reasoning.encrypted_content",
        "verbosity": "text.verbosity",
    },
    "anthropic": {
        "annotations": "content.citations",
        "budget": "thinking.budget_tokens",
        "call": "tool_use",
        "calls_signature": "thinking.signature",
        "effort": "output_config.effort",
        "file_name": "content.title",
        "mode": "thinking.type",
        "parallel": "tool_choice.disable_parallel_tool_use",
        "schema": "output_config.format",
        "signature": "thinking.signature",
        "user": "metadata.user_id",
    },
    "gemini": {},
    "bedrock": {},
}


def name_of(origin: Format, thing: Thing) -> str:
    """The name for a loss."""
    return _OWN[origin].get(thing) or _COMMON[thing]
