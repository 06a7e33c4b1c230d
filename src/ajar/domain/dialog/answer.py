"""What a model answered, whole."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ajar.domain.dialog.parts import Format, Part, Rest
from ajar.domain.usage import Usage

FinishReason = Literal["stop", "stop_sequence", "length", "tool_calls", "content_filter", "refusal", "pause", "error"]
"""`stop_sequence`: one of the caller's. `content_filter`: a filter beside the model; `refusal`: the model itself.

`pause`: the provider stopped and wants the same request again (Anthropic's `pause_turn`). `error`: the model made a
malformed answer.
"""


class Finish(msgspec.Struct, gc=False):
    """Why an answer ended; `native` is the provider's own word for it."""

    reason: FinishReason
    native: str | None = None
    stop_sequence: str | None = None
    rest: Rest = {}
    """What else the format says about it (Anthropic's `stop_details`)."""


class Answer(msgspec.Struct, gc=False, kw_only=True):
    """A whole answer. `usage` is None, and a count in it is None, where the upstream reported none.

    `usage_raw` is the JSON text of the provider's own usage block. `created` is in seconds since 1970 UTC.
    """

    format: Format
    parts: list[Part]
    finish: Finish
    id: str | None = None
    model: str | None = None
    created: int | None = None
    usage: Usage | None = None
    usage_raw: str | None = None
    service_tier: str | None = None
    logprobs: Any = None
    """As OpenAI's `logprobs.content`, where asked for."""
    rest: Rest = {}
