"""The scripted model behind Bedrock's Converse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from doubles.eventstream import event
from doubles.scripted.script import SIGNATURE, Script, script

if TYPE_CHECKING:
    from collections.abc import Iterator


def answer(body: dict[str, Any]) -> Script:
    """What the script says to this request."""
    config = body.get("toolConfig", {})
    return script(
        [tool["toolSpec"]["name"] for tool in config.get("tools", []) if "toolSpec" in tool],
        forced=bool({"any", "tool"} & set(config.get("toolChoice", {}))),
        answered=any("toolResult" in block for message in body["messages"] for block in message["content"]),
        thinks="thinking" in body.get("additionalModelRequestFields", {}) or "effort" in body.get("outputConfig", {}),
    )


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """The whole answer."""
    said = answer(body)
    blocks: list[dict[str, Any]] = []
    if said.thought:
        blocks.append({"reasoningContent": {"reasoningText": {"text": said.thought, "signature": SIGNATURE}}})
    blocks += [
        {"toolUse": {"toolUseId": id_, "name": name, "input": json.loads(arguments)}}
        for id_, name, arguments in said.calls
    ]
    if not said.calls:
        blocks.append({"text": said.text})
    return {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": _stop(said),
        "usage": _usage(said),
        "metrics": {"latencyMs": 3},
    }


def events(body: dict[str, Any]) -> Iterator[bytes]:
    """The stream, a frame at a time."""
    said = answer(body)
    yield event("messageStart", {"role": "assistant"})
    index = 0
    if said.thought:
        deltas = [{"reasoningContent": {"text": said.thought}}, {"reasoningContent": {"signature": SIGNATURE}}]
        yield from _block(index, deltas)
        index += 1
    for id_, name, arguments in said.calls:
        start = {"toolUse": {"toolUseId": id_, "name": name}}
        yield event("contentBlockStart", {"contentBlockIndex": index, "start": start})
        yield from _block(index, [{"toolUse": {"input": piece}} for piece in (arguments[:9], arguments[9:])])
        index += 1
    if not said.calls:
        yield from _block(index, [{"text": word} for word in said.words])
    yield event("messageStop", {"stopReason": _stop(said)})
    yield event("metadata", {"usage": _usage(said), "metrics": {"latencyMs": 3}})


def _block(index: int, deltas: list[dict[str, Any]]) -> Iterator[bytes]:
    for delta in deltas:
        yield event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
    yield event("contentBlockStop", {"contentBlockIndex": index})


def _stop(said: Script) -> str:
    return "tool_use" if said.calls else "end_turn"


def _usage(said: Script) -> dict[str, int]:
    fresh, out = said.tokens_in - said.cached, said.tokens_out + said.tokens_thought
    return {
        "inputTokens": fresh,
        "cacheReadInputTokens": said.cached,
        "cacheWriteInputTokens": 0,
        "outputTokens": out,
        "totalTokens": said.tokens_in + out,
    }
