"""Google's own description of generateContent: the types of its SDK, which refuse unknown fields."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

# Everything of `GenerateContentConfig` that REST has at the top level; the rest is `generationConfig`
# (google.genai.models, `_GenerateContentConfig_to_vertex`).
_BESIDE = {"tools", "toolConfig", "safetySettings", "cachedContent", "labels", "serviceTier", "modelArmorConfig"}


@pytest.fixture(scope="session")
def valid() -> Callable[[bytes], dict[str, Any]]:
    """Returns the decoded body of a request; fails where Google's types do not allow it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from google.genai import types

    def check(body: bytes) -> dict[str, Any]:
        value = json.loads(body)
        given = dict(value)
        for content in [
            *given.pop("contents"),
            *([given.pop("systemInstruction")] if "systemInstruction" in given else []),
        ]:
            assert content["parts"]
            types.Content.model_validate(content)
            for part in content["parts"]:
                _one_kind(part)
        options = given.pop("generationConfig", {})
        assert given.keys() <= _BESIDE
        types.GenerateContentConfig.model_validate(options | given)
        return value

    return check


@pytest.fixture(scope="session")
def valid_answer() -> Callable[[bytes], dict[str, Any]]:
    """Returns the decoded body of an answer; fails where Google's types do not allow it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from google.genai import types

    def check(body: bytes) -> dict[str, Any]:
        value = json.loads(body)
        bare = json.loads(body)
        bare.get("usageMetadata", {}).pop("serviceTier", None)  # sent, but not in the types
        for candidate in bare.get("candidates", ()):
            candidate.pop("groundingMetadata", None)  # has fields that the types lack
        types.GenerateContentResponse.model_validate(bare)
        return value

    return check


def _one_kind(part: dict[str, Any]) -> None:
    kinds = {"text", "functionCall", "functionResponse", "inlineData", "fileData", "executableCode", "toolCall"}
    kinds |= {"codeExecutionResult", "toolResponse"}
    assert len(kinds & part.keys()) == 1, part
