"""What a model answered to one case, and what that took."""

from __future__ import annotations

import msgspec

from ajar.domain.usage import Usage


class ToolCall(msgspec.Struct, frozen=True):
    """A call that the model asks for. `arguments` are JSON as the model wrote it."""

    name: str
    arguments: str


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A whole answer. What the endpoint did not say is absent: nothing is estimated.

    `latency_ms` counts from sending the request of the attempt that was answered to the end of its body. `cost_usd` is
    None where the price or the usage is unknown, and 0 on hardware of one's own.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    refusal: str | None = None
    model: str | None = None
    deployment: str | None = None
    inference: str | None = None
    usage: Usage = Usage()
    cost_usd: float | None = None
    latency_ms: float = 0
