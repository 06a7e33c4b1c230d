"""Anthropic's own description of Messages, as llm-comply ships it: it refuses unknown fields."""

from __future__ import annotations

import json
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llm_comply
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@cache
def _schemas() -> dict[str, Any]:
    path = Path(llm_comply.__file__).parent / "specs" / "anthropic.json"
    return json.loads(path.read_text())["components"]


def _checker(name: str) -> Callable[[bytes], dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jsonschema
    components = _schemas()
    validator = jsonschema.Draft202012Validator({**components["schemas"][name], "components": components})

    def check(body: bytes) -> dict[str, Any]:
        value = json.loads(body)
        problems = [
            f"{found.json_path}: {found.message[:200]}"
            for error in validator.iter_errors(value)
            for found in [jsonschema.exceptions.best_match([error])]
        ]
        assert not problems, problems
        return value

    return check


@pytest.fixture(scope="session")
def valid() -> Callable[[bytes], dict[str, Any]]:
    """Returns the decoded body of a request; fails where Anthropic's description, or its words, do not allow it."""
    check = _checker("CreateMessageParams")

    def whole(body: bytes) -> dict[str, Any]:
        value = check(body)
        _check_order(value["messages"])
        if "tool_choice" in value:
            assert value["tools"]
            assert value["tool_choice"].get("name") in [None, *[tool["name"] for tool in value["tools"]]]
        assert not {"temperature", "top_p"} <= value.keys(), "newer models refuse the two together"
        thinking = value.get("thinking", {})
        assert thinking.get("budget_tokens", -1) < value["max_tokens"]
        return value

    return whole


@pytest.fixture(scope="session")
def valid_count() -> Callable[[bytes], dict[str, Any]]:
    """The same for a `count_tokens` request."""
    return _checker("CountMessageTokensParams")


@pytest.fixture(scope="session")
def valid_answer() -> Callable[[bytes], dict[str, Any]]:
    """The same for an answer."""
    return _checker("Message")


def _check_order(messages: list[dict[str, Any]]) -> None:
    assert messages[0]["role"] == "user"
    last = messages[-1]
    if last["role"] == "assistant" and last["content"][-1]["type"] == "text":
        assert last["content"][-1]["text"] == last["content"][-1]["text"].rstrip() != ""
    for before, message in zip([None, *messages], messages, strict=False):
        assert message["content"]
        assert before is None or before["role"] != message["role"] or message["role"] == "system"
        if isinstance(message["content"], str):
            continue
        kinds = [block["type"] for block in message["content"]]
        assert kinds == sorted(kinds, key=lambda kind: kind != "tool_result"), "results come first"
        for block in message["content"]:
            if block["type"] == "tool_result":
                calls = [each.get("id") for each in before["content"]] if before else []
                assert block["tool_use_id"] in calls, "a result follows its call"
