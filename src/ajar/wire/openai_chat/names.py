"""What Chat Completions' fields are called in other formats: a loss is told in the caller's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format

_NAMES: dict[str, dict[str, str]] = {
    "anthropic": {
        "max_completion_tokens": "max_tokens",
        "parallel_tool_calls": "tool_choice.disable_parallel_tool_use",
        "reasoning": "thinking",
        "reasoning_details.data": "redacted_thinking",
        "reasoning_details.signature": "thinking.signature",
        "reasoning_effort": "output_config.effort",
        "reasoning.exclude": "thinking.display",
        "reasoning.max_tokens": "thinking.budget_tokens",
        "response_format": "output_config.format",
        "stop": "stop_sequences",
        "tool_calls": "tool_use",
        "tool_message": "tool_result",
        "user": "metadata.user_id",
    },
    "openai-responses": {
        "max_completion_tokens": "max_output_tokens",
        "max_tokens": "max_output_tokens",
        "reasoning_details.data": "reasoning.encrypted_content",
        "reasoning_details.signature": "reasoning.encrypted_content",
        "reasoning_effort": "reasoning.effort",
        "reasoning.exclude": "reasoning.summary",
        "response_format": "text.format",
        "tool_calls": "function_call",
        "tool_message": "function_call_output",
        "verbosity": "text.verbosity",
    },
    "openai-chat": {
        "reasoning": "reasoning_content",
        "tool_message": "messages",
    },
}


def name_in(came_in: Format, name: str) -> str:
    """The caller's word for the field `name`."""
    return _NAMES.get(came_in, {}).get(name, name)
