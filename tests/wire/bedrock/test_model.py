"""What an id tells of the model behind it."""

from __future__ import annotations

import pytest

from ajar.wire.bedrock.model import ways_of


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("anthropic.claude-v2", None),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", None),
        ("us.anthropic.claude-3-7-sonnet-20250219-v1:0", "budget"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "budget"),
        ("eu.anthropic.claude-opus-4-1-20250805-v1:0", "budget"),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "budget"),
        ("us.anthropic.claude-sonnet-4-6", "either"),
        ("us-gov.anthropic.claude-opus-4-6-v1", "either"),
        ("global.anthropic.claude-opus-4-7-20260115-v1:0", "adaptive"),
        ("jp.anthropic.claude-sonnet-5", "adaptive"),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6", "either"),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6", "either"),
    ],
)
def test_claude(model: str, effort: str | None) -> None:
    ways = ways_of(model)
    assert ways.claude
    assert ways.cache
    assert ways.tool_cache
    assert ways.signed
    assert not ways.unsigned
    assert ways.effort == effort


@pytest.mark.parametrize(
    ("model", "effort", "unsigned", "cache"),
    [
        ("openai.gpt-oss-120b-1:0", "reasoning_effort", True, False),
        ("qwen.qwen3-32b-v1:0", "reasoning_config", True, False),
        ("minimax.minimax-m2", None, True, False),
        ("us.deepseek.r1-v1:0", None, False, False),
        ("us.meta.llama4-maverick-17b-instruct-v1:0", None, False, False),
        ("zai.glm-4.7-flash", None, False, False),
        ("us.amazon.nova-pro-v1:0", None, False, True),
        ("us.amazon.nova-2-lite-v1:0", "nova", False, True),
        ("amazon.titan-text-express-v1", None, False, False),
    ],
)
def test_others(model: str, effort: str | None, *, unsigned: bool, cache: bool) -> None:
    ways = ways_of(model)
    assert not ways.claude
    assert not ways.signed
    assert not ways.tool_cache
    assert (ways.effort, ways.unsigned, ways.cache) == (effort, unsigned, cache)


def test_a_profile_of_ones_own_tells_nothing() -> None:
    ways = ways_of("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4")
    assert not ways.claude
    assert ways.cache
    assert ways.signed
    assert ways.effort == "plain"
