"""How much to think, for models that think within a budget and for those that know levels."""

from __future__ import annotations

from typing import Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.request import ReasoningOptions
from ajar.wire.gemini.thinking import read_thinking, write_thinking
from ajar.wire.json_fields import Fields

OLD, FLASH, PRO = "gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-pro"
NEW, NEW_PRO = "gemini-3.5-flash", "gemini-3-pro"


@pytest.mark.parametrize(
    ("model", "options", "config", "lost"),
    [
        (NEW, {"effort": "minimal"}, {"thinkingLevel": "MINIMAL"}, ()),
        (NEW, {"effort": "low"}, {"thinkingLevel": "LOW"}, ()),
        (NEW, {"effort": "medium"}, {"thinkingLevel": "MEDIUM"}, ()),
        (NEW, {"effort": "high"}, {"thinkingLevel": "HIGH"}, ()),
        (NEW, {"effort": "max"}, {"thinkingLevel": "HIGH"}, ()),
        (NEW, {"effort": "xhigh"}, {"thinkingLevel": "HIGH"}, ("reasoning_effort",)),
        (NEW, {"effort": "none"}, {"thinkingLevel": "MINIMAL"}, ("reasoning_effort",)),
        (NEW, {"effort": "huge"}, {}, ("reasoning_effort",)),
        (NEW_PRO, {"effort": "medium"}, {"thinkingLevel": "HIGH"}, ("reasoning_effort",)),
        (NEW_PRO, {"effort": "minimal"}, {"thinkingLevel": "LOW"}, ("reasoning_effort",)),
        (NEW, {"budget": 2000}, {"thinkingLevel": "LOW"}, ("reasoning.max_tokens",)),
        (NEW, {"budget": 8000}, {"thinkingLevel": "MEDIUM"}, ("reasoning.max_tokens",)),
        (NEW, {"budget": 31999}, {"thinkingLevel": "HIGH"}, ("reasoning.max_tokens",)),
        (NEW, {"budget": -1}, {}, ()),
        (NEW, {"mode": "adaptive", "visible": False}, {"includeThoughts": False}, ()),
        (NEW, {"mode": "between_tools"}, {}, ("reasoning.mode",)),
        (NEW, {"summary": "auto"}, {"includeThoughts": True}, ()),
        (FLASH, {"effort": "none", "visible": True}, {"thinkingBudget": 0}, ()),
        (FLASH, {"mode": "disabled"}, {"thinkingBudget": 0}, ()),
        (PRO, {"mode": "disabled"}, {"thinkingBudget": 128}, ("reasoning.mode",)),
        (FLASH, {"effort": "low"}, {"thinkingBudget": 1024}, ()),
        (FLASH, {"effort": "high"}, {"thinkingBudget": 24576}, ()),
        (PRO, {"effort": "max"}, {"thinkingBudget": 32768}, ()),
        (PRO, {"effort": "huge"}, {}, ("reasoning_effort",)),
        (FLASH, {"budget": 31999}, {"thinkingBudget": 24576}, ("reasoning.max_tokens",)),
        (FLASH, {"budget": 5000, "visible": True}, {"thinkingBudget": 5000, "includeThoughts": True}, ()),
        (FLASH, {"budget": -1}, {"thinkingBudget": -1}, ()),
        (FLASH, {"visible": True}, {"includeThoughts": True}, ()),
        (OLD, {"effort": "high", "visible": True}, {}, ("reasoning_effort",)),
        (OLD, {"budget": 2000}, {}, ("reasoning.max_tokens",)),
        (OLD, {"effort": "none"}, {}, ()),
        (OLD, {"mode": "disabled", "budget": 0, "visible": False}, {}, ()),
        (OLD, {"visible": True}, {}, ("reasoning.mode",)),
        (NEW, {"rest": {"new": 1}}, {}, ("reasoning.new",)),
    ],
)
def test_what_a_model_takes(model: str, options: dict[str, Any], config: dict[str, Any], lost: tuple[str, ...]) -> None:
    losses = Losses()
    assert write_thinking(ReasoningOptions(**options), "openai-chat", model, losses) == config
    assert losses.names == lost


@pytest.mark.parametrize(
    "config",
    [
        {"thinkingLevel": "XHIGH", "includeThoughts": False},
        {"thinkingLevel": "low"},
        {"thinkingBudget": 0},
        {"thinkingBudget": -1, "new": 3},
        {},
    ],
)
def test_its_own_comes_back(config: dict[str, Any]) -> None:
    losses = Losses()
    options = read_thinking(Fields(dict(config)))
    assert write_thinking(options, "gemini", OLD, losses) == config
    assert not losses
