"""One chunk of a Chat Completions stream, as much of it as is read.

What OpenAI's own API documents is typed; what other servers add may be of any type and is looked at with care.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ajar.wire.openai_chat.answer import ABSENT


class FunctionDelta(msgspec.Struct, gc=False):
    """What is new of a called function."""

    name: str | None = None
    arguments: Any = None


class CallDelta(msgspec.Struct, gc=False):
    """What is new of a tool call."""

    index: int | None = None
    id: str | None = None
    function: FunctionDelta | None = None
    custom: Any = None
    extra_content: Any = None


class Delta(msgspec.Struct, gc=False):
    """What is new of the message."""

    content: str | list[Any] | None = None
    reasoning_content: Any = None
    reasoning: Any = None
    refusal: str | None = None
    tool_calls: list[CallDelta] | None = None
    reasoning_details: Any = None
    annotations: Any = None
    images: Any = None
    extra_content: Any = None


class ChoiceDelta(msgspec.Struct, gc=False):
    """What is new of a choice."""

    index: int | None = None
    delta: Delta | None = None
    finish_reason: str | None = None
    logprobs: Any = None
    native_finish_reason: Any = None
    stop_reason: Any = None
    error: Any = None


class Chunk(msgspec.Struct, gc=False):
    """One event's data."""

    id: str | int | None = None
    model: str | None = None
    created: int | float | None = None
    choices: list[ChoiceDelta] | None = None
    usage: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT
    object: Any = None


decode_chunk = msgspec.json.Decoder(Chunk).decode


def only_text(delta: Delta) -> bool:
    """Whether nothing but `content` can be in a delta."""
    return (
        delta.tool_calls is None
        and delta.reasoning_content is None
        and delta.reasoning is None
        and delta.refusal is None
        and delta.reasoning_details is None
        and delta.annotations is None
        and delta.images is None
        and delta.extra_content is None
    )
