"""What a loss is called in the words of the format that the request came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Format

_WORDS: dict[Format, dict[str, str]] = {
    "openai-chat": {
        "annotations": "messages.annotations",
        "audio": "content.input_audio",
        "detail": "content.image_url.detail",
        "document": "content.file",
        "file_id": "content.file.file_id",
        "image": "content.image_url",
        "opaque": "reasoning_details",
        "thinking": "reasoning_content",
    },
    "openai-responses": {
        "annotations": "content.annotations",
        "audio": "content.input_audio",
        "document": "content.input_file",
        "image": "content.input_image",
        "opaque": "reasoning.encrypted_content",
        "thinking": "reasoning",
        "video": "content.input_video",
    },
    "anthropic": {
        "annotations": "content.citations",
        "budget": "thinking.budget_tokens",
        "name": "document.title",
        "opaque": "thinking.signature",
        "stop": "stop_sequences",
        "thinking": "thinking",
    },
    "gemini": {
        "opaque": "thought_signature",
        "stop": "stopSequences",
    },
    "bedrock": {
        "opaque": "reasoningContent.signature",
        "stop": "stopSequences",
    },
}
_COMMON = {
    "annotations": "content.annotations",
    "audio": "content.audio",
    "budget": "reasoning.max_tokens",
    "detail": "content.detail",
    "document": "content.document",
    "file_id": "content.file_id",
    "image": "content.image",
    "is_error": "tool_result.is_error",
    "name": "content.name",
    "thinking": "reasoning",
    "video": "content.video",
}


def word(origin: Format, thing: str) -> str:
    """The name of a loss; `thing` itself where it has no other."""
    return _WORDS[origin].get(thing) or _COMMON.get(thing, thing)
