"""What is asked of a model."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ajar.domain.dialog.parts import Foreign, Format, Part, Rest

Role = Literal["system", "developer", "user", "assistant", "tool"]


class Message(msgspec.Struct, gc=False):
    """One turn. Tool results stand in turns of role `tool`, all results of one round in one turn.

    `system` and `developer` turns may stand anywhere; a format with a place of its own for instructions puts them
    first. Anthropic's user turn with tool results and more is a `tool` turn and a `user` turn; its writer joins them.
    """

    role: Role
    parts: list[Part]
    name: str | None = None
    rest: Rest = {}


class Tool(msgspec.Struct, gc=False):
    """A tool of the caller's. `schema` is the JSON Schema of its arguments; None for a `custom` tool."""

    name: str
    description: str | None = None
    schema: Rest | None = None
    strict: bool | None = None
    custom: bool = False
    cache: Rest | None = None
    rest: Rest = {}


class ToolChoice(msgspec.Struct, gc=False):
    """`required`: some tool. `tool`: the one in `names`. `allowed`: those in `names`, if `must` then one of them."""

    mode: Literal["auto", "none", "required", "tool", "allowed"]
    names: list[str] = []
    must: bool = False
    rest: Rest = {}


class ResponseFormat(msgspec.Struct, gc=False):
    """The shape that the answer's text must have."""

    kind: Literal["text", "json_object", "json_schema"]
    schema: Rest | None = None
    name: str | None = None
    description: str | None = None
    strict: bool | None = None
    rest: Rest = {}


class ReasoningOptions(msgspec.Struct, gc=False):
    """How much to think. `effort` as OpenAI names it: none, minimal, low, medium, high, xhigh, max.

    `mode` is Anthropic's `thinking.type` (enabled, adaptive, between_tools, disabled). `budget` is in tokens.
    `visible` asks for the thoughts, or a summary of them, in the answer; None leaves it to the provider.
    `summary` is how (auto, concise, detailed).
    """

    effort: str | None = None
    mode: str | None = None
    budget: int | None = None
    visible: bool | None = None
    summary: str | None = None
    rest: Rest = {}


class ChatRequest(msgspec.Struct, gc=False, kw_only=True):
    """A whole request. An absent option is None: the provider's own default holds, and 0 and False are not absent.

    `format` is what it came in; `rest` are its unknown fields. `metadata` and `user` are for the provider's records.
    """

    format: Format
    model: str
    messages: list[Message]
    tools: list[Tool | Foreign] = []
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: list[str] | None = None
    n: int | None = None
    seed: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logit_bias: Rest | None = None
    response_format: ResponseFormat | None = None
    reasoning: ReasoningOptions | None = None
    verbosity: str | None = None
    service_tier: str | None = None
    user: str | None = None
    metadata: dict[str, Any] | None = None
    prompt_cache_key: str | None = None
    cache: Rest | None = None
    """Anthropic's top-level `cache_control`."""
    stream: bool = False
    include_usage: bool = False
    """Whether a Chat Completions caller asked for a usage chunk; the other formats always report it."""
    rest: Rest = {}
