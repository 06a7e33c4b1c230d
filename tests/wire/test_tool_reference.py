"""What a search for tools found is told to every model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.wire.back import Back
from ajar.wire.formats import FORMATS

FOUND = [{"type": "tool_reference", "tool_name": name} for name in ("fetch", "watch")]


def request(content: Any) -> bytes:
    messages = [
        {"role": "user", "content": "find"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "search", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": content}]},
    ]
    tools = [{"name": name, "input_schema": {"type": "object"}} for name in ("search", "fetch", "watch")]
    return json.dumps({"model": "m", "max_tokens": 99, "messages": messages, "tools": tools}).encode()


def result(back: Any, body: Any) -> Any:
    """What stands for the tool's output."""
    match back:
        case "openai-chat":
            return body["messages"][-1]["content"]
        case "openai-responses":
            return body["input"][-1]["output"]
        case "gemini":
            return body["contents"][-1]["parts"][0]["functionResponse"]["response"]["result"]
        case "bedrock":
            return [each["text"] for each in body["messages"][-1]["content"][0]["toolResult"]["content"]]
        case _:
            return body["messages"][-1]["content"][0]["content"]


@pytest.mark.parametrize("found", [FOUND, FOUND[:1], [{"type": "text", "text": "two:"}, *FOUND]])
@pytest.mark.parametrize("back", [each for each in FORMATS if each != "anthropic"])
def test_a_reference_is_told_in_words(back: Any, found: list[dict[str, str]]) -> None:
    losses = Losses()
    asked = FORMATS["anthropic"].read_request(request(found))
    body = json.loads(FORMATS[back].write_request(asked, Back(model="m", keeps=lambda _: True), losses))
    told = result(back, body)
    told = told if isinstance(told, str) else "\n".join(each if type(each) is str else each["text"] for each in told)
    for each in found:
        assert (each.get("text") or json.dumps(each, separators=(",", ":"))) in told
    assert losses.names == ()


def test_it_stays_a_block_in_its_own_format() -> None:
    asked = FORMATS["anthropic"].read_request(request(FOUND))
    body = FORMATS["anthropic"].write_request(asked, Back(model="m"), Losses())
    assert result("anthropic", json.loads(body)) == FOUND


def test_other_blocks_are_still_lost_by_name() -> None:
    losses = Losses()
    asked = FORMATS["anthropic"].read_request(request([{"type": "browser_state", "x": 1}]))
    FORMATS["openai-chat"].write_request(asked, Back(model="m"), losses)
    assert losses.names == ("browser_state",)
