"""The recorded exchanges of all providers that speak Chat Completions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from recordings import Exchange, exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

PROVIDERS = (
    "azure",
    "cerebras",
    "deepseek",
    "groq",
    "huggingface",
    "misc",
    "mistral",
    "openai-chat",
    "openrouter",
    "zai",
)
_URL = "chat/completions"


def chat_exchanges(wanted: Callable[[Exchange], bool]) -> Any:
    """A decorator: runs the test with `exchange` for each of them that is wanted."""
    marks = [exchanges(provider, _URL, wanted) for provider in PROVIDERS]
    found = [each for mark in marks for each in mark.args[1] if isinstance(each, Exchange)]
    return pytest.mark.parametrize("exchange", found, ids=lambda each: each.name) if found else marks[0]
