"""What a message is made of."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Format = Literal["openai-chat", "openai-responses", "anthropic", "gemini", "bedrock"]
"""How an API speaks. Each is a package of `wire/`."""

Rest: TypeAlias = dict[str, Any]
"""Fields that a reader did not understand, under the names of the format that they came in, as plain JSON values."""


class Text(msgspec.Struct, gc=False):
    """Text to or from the model.

    `opaque` is a value that only its issuer understands and that stands on this part (Gemini's `thoughtSignature`).
    `cache` is Anthropic's `cache_control` object. `annotations` are citations as the format had them.
    """

    text: str
    opaque: str | None = None
    cache: Rest | None = None
    annotations: list[Any] | None = None
    rest: Rest = {}


class Media(msgspec.Struct, gc=False):
    """An image, a sound, a film or a document. Exactly one of `data`, `url`, `file_id` and `text` is set.

    `data` is standard base64 without a `data:` prefix; `mime` is known where `data` is set.
    """

    kind: Literal["image", "audio", "video", "document"]
    mime: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    text: str | None = None
    name: str | None = None
    """A file name or a title."""
    detail: str | None = None
    """`low`, `high`, `auto` or `original`, for images."""
    cache: Rest | None = None
    rest: Rest = {}


class Reasoning(msgspec.Struct, gc=False):
    """What a model thought, and what it must get back to go on from there.

    `opaque` is the value that only its issuer understands: Anthropic's `signature` (or, with `redacted`, its `data`),
    `encrypted_content`, or a `thoughtSignature`. It goes back byte for byte to where it came from, and nowhere else.
    `id` is the Responses item's. `summary` says that `text` is a summary of hidden reasoning.
    """

    text: str = ""
    opaque: str | None = None
    redacted: bool = False
    id: str | None = None
    summary: bool = False
    rest: Rest = {}


class ToolCall(msgspec.Struct, gc=False):
    """The model wants a tool called. `arguments` is JSON text (of a `custom` tool: any text), never re-encoded."""

    id: str
    name: str
    arguments: str
    custom: bool = False
    opaque: str | None = None
    cache: Rest | None = None
    rest: Rest = {}


class ToolResult(msgspec.Struct, gc=False):
    """What a tool gave back. `name` is the tool's, where the format says it or an earlier call tells it."""

    call_id: str
    content: list[Text | Media | Foreign]
    is_error: bool | None = None
    name: str | None = None
    custom: bool = False
    cache: Rest | None = None
    rest: Rest = {}


class Refusal(msgspec.Struct, gc=False):
    """The model's own words on why it does not answer."""

    text: str
    rest: Rest = {}


class Foreign(msgspec.Struct, gc=False):
    """A block that only `format` knows (a provider's own tool, its call and its result): carried there, or lost.

    `kind` is its type, for naming the loss; `value` the whole block as a JSON value.
    """

    format: Format
    kind: str
    value: Any


Part: TypeAlias = Text | Media | Reasoning | ToolCall | ToolResult | Refusal | Foreign
