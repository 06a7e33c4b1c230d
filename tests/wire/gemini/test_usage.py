"""What Gemini's counts add up to."""

from __future__ import annotations

import json

import msgspec
import pytest

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.usage import Usage
from ajar.wire.gemini.usage import metadata_of, service_tier_of, usage_of


def test_thoughts_are_output_and_tool_prompts_are_input() -> None:
    raw = b"""{"promptTokenCount": 10, "toolUsePromptTokenCount": 5, "cachedContentTokenCount": 4,
        "candidatesTokenCount": 7, "thoughtsTokenCount": 20, "totalTokenCount": 42}"""
    assert usage_of(raw) == Usage(15, 27, 4, None, 20)


@pytest.mark.parametrize(
    ("block", "usage"),
    [
        ({"promptTokenCount": 3, "totalTokenCount": 3}, Usage(3)),
        ({"promptTokenCount": 3, "thoughtsTokenCount": 2}, Usage(3, 2, reasoning_output_tokens=2)),
        ({"toolUsePromptTokenCount": 0}, Usage(0)),
        ({"trafficType": "ON_DEMAND"}, None),
        ({"promptTokenCount": "3"}, None),
        ([], None),
        (None, None),
    ],
)
def test_an_absent_count_stays_absent(block: object, usage: Usage | None) -> None:
    assert usage_of(json.dumps(block).encode()) == usage


def test_nothing_is_no_usage() -> None:
    assert usage_of(msgspec.Raw()) is None
    assert usage_of(b"{") is None
    assert service_tier_of(b"") is None


@pytest.mark.parametrize(("tier", "found"), [("standard", "default"), ("priority", "priority"), (None, None)])
def test_the_tier_is_told_in_openais_word(tier: str | None, found: str | None) -> None:
    assert service_tier_of(json.dumps({"serviceTier": tier}).encode()) == found


def test_counts_from_elsewhere_are_taken_apart_again() -> None:
    answer = Answer(format="anthropic", parts=[], finish=Finish("stop"), usage=Usage(15, 27, 4, 1, 20))
    assert metadata_of(answer) == {
        "promptTokenCount": 15,
        "cachedContentTokenCount": 4,
        "candidatesTokenCount": 7,
        "thoughtsTokenCount": 20,
        "totalTokenCount": 42,
    }
    answer.usage = Usage(None, 27)
    assert metadata_of(answer) == {"candidatesTokenCount": 27}
    answer.usage = None
    assert metadata_of(answer) is None
