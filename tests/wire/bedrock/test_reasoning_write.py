"""How much to think, for each vendor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Format, Reasoning, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import ChatRequest, Message, ReasoningOptions, Tool, ToolChoice
from ajar.wire.back import Back
from ajar.wire.bedrock.request_write import write_request

OLDEST = "anthropic.claude-3-haiku-20240307-v1:0"
OLD = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
MIDDLE = "us.anthropic.claude-sonnet-4-6"
NEW = "us.anthropic.claude-opus-4-7"
PROFILE = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
OSS = "openai.gpt-oss-120b-1:0"
QWEN = "qwen.qwen3-32b-v1:0"
NOVA = "us.amazon.nova-2-lite-v1:0"
LLAMA = "us.meta.llama4-maverick-17b-instruct-v1:0"

Valid = Callable[[bytes], dict[str, Any]]


def write(
    valid: Valid, model: str, options: ReasoningOptions, source: Format = "openai-chat", **others: Any
) -> tuple[str | None, Any, tuple[str, ...]]:
    """The effort, the vendor's own fields, and the losses."""
    others.setdefault("messages", [Message("user", [Text("hi")])])
    losses = Losses()
    request = ChatRequest(format=source, model="m", reasoning=options, **others)
    body = valid(write_request(request, Back(model=model), losses))
    return body.get("outputConfig", {}).get("effort"), body.get("additionalModelRequestFields"), losses.names


ADAPTIVE = {"thinking": {"type": "adaptive"}}


def budget(tokens: int) -> dict[str, Any]:
    return {"thinking": {"type": "enabled", "budget_tokens": tokens}}


@pytest.mark.parametrize(
    ("model", "effort", "wanted"),
    [
        (MIDDLE, "high", ("high", ADAPTIVE, ())),
        (NEW, "max", ("max", ADAPTIVE, ())),
        (NEW, "minimal", ("low", ADAPTIVE, ("reasoning_effort",))),
        (NEW, "none", (None, {"thinking": {"type": "disabled"}}, ())),
        (OLD, "high", (None, budget(6553), ())),
        (OLD, "low", (None, budget(1638), ())),
        (OLD, "minimal", (None, budget(1024), ())),
        (OLD, "none", (None, None, ())),
        (OLDEST, "high", (None, None, ("reasoning_effort",))),
        (PROFILE, "high", ("high", None, ())),
        (PROFILE, "max", ("high", None, ())),
        (PROFILE, "none", (None, None, ())),
        (OSS, "high", (None, {"reasoning_effort": "high"}, ())),
        (OSS, "minimal", (None, {"reasoning_effort": "low"}, ("reasoning_effort",))),
        (OSS, "xhigh", (None, {"reasoning_effort": "high"}, ())),
        (QWEN, "medium", (None, {"reasoning_config": "medium"}, ())),
        (NOVA, "high", (None, {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}, ())),
        (LLAMA, "high", (None, None, ("reasoning_effort",))),
        (LLAMA, "none", (None, None, ())),
    ],
)
def test_an_effort(valid: Valid, model: str, effort: str, wanted: Any) -> None:
    assert write(valid, model, ReasoningOptions(effort)) == wanted


def test_a_budget_within_the_answers_limit(valid: Valid) -> None:
    options = ReasoningOptions("medium")
    assert write(valid, OLD, options, max_tokens=4096)[1] == budget(2048)
    assert write(valid, OLD, options, max_tokens=1500)[1] == budget(1024)
    assert write(valid, OLD, options, max_tokens=1024) == (None, None, ("reasoning_effort",))


def test_nova_at_its_highest_takes_no_limit(valid: Valid) -> None:
    found = write(valid, NOVA, ReasoningOptions("high"), max_tokens=10)
    assert found[1] == {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}}


@pytest.mark.parametrize("others", [{"temperature": 0.5}, {"top_k": 3}, {"tool_choice": ToolChoice("required")}])
def test_what_claude_does_not_think_beside(valid: Valid, others: dict[str, Any]) -> None:
    tools = [Tool("f", None, {"type": "object"})]
    effort, fields, losses = write(valid, NEW, ReasoningOptions("max"), tools=tools, **others)
    assert effort == "high"
    assert "thinking" not in (fields or {})
    assert losses == ()
    _, fields, losses = write(valid, OLD, ReasoningOptions("max"), tools=tools, **others)
    assert "thinking" not in (fields or {})
    assert losses == ("reasoning_effort",)


@pytest.mark.parametrize(
    ("model", "options", "wanted"),
    [
        (MIDDLE, ReasoningOptions(None, "enabled", 2000), (None, budget(2000), ())),
        (MIDDLE, ReasoningOptions("max", "adaptive"), ("max", ADAPTIVE, ())),
        (MIDDLE, ReasoningOptions("max"), ("max", None, ())),
        (NEW, ReasoningOptions("high", "enabled", 2000), ("high", ADAPTIVE, ("thinking.budget_tokens",))),
        (NEW, ReasoningOptions(None, "disabled"), (None, {"thinking": {"type": "disabled"}}, ())),
        (
            NEW,
            ReasoningOptions("high", "adaptive", visible=False),
            ("high", {"thinking": {"type": "adaptive", "display": "omitted"}}, ()),
        ),
        (OLD, ReasoningOptions(None, "enabled", 2000), (None, budget(2000), ())),
        (OLD, ReasoningOptions("high", "enabled", 2000), (None, budget(2000), ("output_config.effort",))),
        (OLD, ReasoningOptions("medium", "adaptive"), (None, budget(4096), ())),
        (OLD, ReasoningOptions(None, "adaptive", visible=False), (None, budget(6553), ("thinking.display",))),
        (OLD, ReasoningOptions("high"), (None, None, ("output_config.effort",))),
        (PROFILE, ReasoningOptions("max", "adaptive"), ("max", ADAPTIVE, ())),
        (OSS, ReasoningOptions(None, "enabled", 2000), (None, None, ("thinking",))),
        (OSS, ReasoningOptions("high", "adaptive"), (None, {"reasoning_effort": "high"}, ())),
        (LLAMA, ReasoningOptions("high", "adaptive"), (None, None, ("output_config.effort",))),
        (LLAMA, ReasoningOptions(None, "disabled"), (None, None, ())),
        (MIDDLE, ReasoningOptions(None, "enabled", 2000, rest={"new": 1}), (None, budget(2000), ("thinking.new",))),
    ],
)
def test_in_anthropics_words(valid: Valid, model: str, options: ReasoningOptions, wanted: Any) -> None:
    assert write(valid, model, options, "anthropic") == wanted


def test_summaries(valid: Valid) -> None:
    options = ReasoningOptions("high", visible=True, summary="auto")
    shown = {"thinking": {"type": "adaptive", "display": "summarized"}}
    assert write(valid, NEW, options, "openai-responses") == ("high", shown, ())
    options = ReasoningOptions("high", visible=True, summary="detailed")
    assert write(valid, NEW, options, "openai-responses") == ("high", shown, ("reasoning.summary",))


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (ReasoningOptions(budget=0), {"type": "disabled"}),
        (ReasoningOptions(budget=-1), {"type": "adaptive"}),
        (ReasoningOptions(budget=3000), {"type": "enabled", "budget_tokens": 3000}),
    ],
)
def test_a_budget_as_gemini_has_it(valid: Valid, options: ReasoningOptions, wanted: Any) -> None:
    assert write(valid, MIDDLE, options, "gemini")[1] == {"thinking": wanted}


def round_of_tools(*thoughts: Reasoning) -> list[Message]:
    return [
        Message("user", [Text("a")]),
        Message("assistant", [*thoughts, ToolCall("t", "f", "{}")]),
        Message("tool", [ToolResult("t", [Text("1")])]),
    ]


def test_a_round_of_tools_that_began_without_a_thought(valid: Valid) -> None:
    tools = [Tool("f", None, {"type": "object"})]
    options = ReasoningOptions(None, "enabled", 2000)
    lost = write(valid, OLD, options, "anthropic", messages=round_of_tools(Reasoning("hm", "theirs")), tools=tools)
    assert lost == (None, None, ("thinking.signature", "thinking"))
    ended = [*round_of_tools(), Message("assistant", [Text("b")]), Message("user", [Text("c")])]
    assert write(valid, OLD, options, "anthropic", messages=ended, tools=tools) == (None, budget(2000), ())
    by_effort = write(valid, OLD, ReasoningOptions("high"), messages=round_of_tools(), tools=tools)
    assert by_effort == (None, None, ("reasoning_effort",))
    adaptive = write(valid, MIDDLE, ReasoningOptions("high"), messages=round_of_tools(), tools=tools)
    assert adaptive == ("high", ADAPTIVE, ())
