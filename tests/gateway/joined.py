"""A stream as the whole answer that it amounts to, in the plainest way and without a line of Ajar's."""

from __future__ import annotations

import json
from typing import Any

from botocore.eventstream import EventStreamBuffer


def joined(speech: str, body: bytes) -> dict[str, Any]:
    """A stream as the whole answer that it amounts to."""
    return _JOINERS[speech](body)


def events(body: bytes) -> list[dict[str, Any]]:
    """The data of all events of an SSE stream that are JSON objects."""
    found: list[dict[str, Any]] = []
    for block in body.replace(b"\r\n", b"\n").split(b"\n\n"):
        data = b"\n".join(line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:"))
        if data[:1] == b"{":
            found.append(json.loads(data))
    return found


def frames(body: bytes) -> list[tuple[str, dict[str, Any]]]:
    """The events of Converse's stream, by AWS's own reader."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    return [(str(each.headers[":event-type"]), json.loads(each.payload)) for each in buffer]


def _joined_chat(body: bytes) -> dict[str, Any]:
    message: dict[str, Any] = {"content": "", "tool_calls": []}
    calls: dict[int, dict[str, Any]] = {}
    whole: dict[str, Any] = {"choices": [{"message": message, "finish_reason": None}]}
    for chunk in events(body):
        whole["usage"] = chunk.get("usage") or whole.get("usage")
        for choice in chunk.get("choices", ()):
            assert choice["index"] == 0
            delta = choice.get("delta") or {}
            message["content"] += delta.get("content") or ""
            message["refusal"] = (message.get("refusal") or "") + (delta.get("refusal") or "")
            for piece in delta.get("tool_calls") or ():
                made = {"id": piece.get("id"), "function": {"name": "", "arguments": ""}}
                call = calls.setdefault(piece["index"], made)
                function = piece.get("function") or {}
                call["function"]["name"] += function.get("name") or ""
                call["function"]["arguments"] += function.get("arguments") or ""
            whole["choices"][0]["finish_reason"] = choice.get("finish_reason") or whole["choices"][0]["finish_reason"]
    message["tool_calls"] = [calls[index] for index in sorted(calls)]
    return whole


def _joined_responses(body: bytes) -> dict[str, Any]:
    found = events(body)
    last = found[-1]["response"]
    done = [event["item"] for event in found if event["type"] == "response.output_item.done"]
    return {**last, "output": last["output"] or done}


def _joined_messages(body: bytes) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    texts: dict[int, str] = {}
    for event in events(body):
        match event["type"]:
            case "message_start":
                whole = event["message"]
            case "content_block_start":
                assert event["index"] == len(whole["content"])
                whole["content"].append(dict(event["content_block"]))
            case "content_block_delta":
                delta, block = event["delta"], whole["content"][event["index"]]
                kind = delta["type"].removesuffix("_delta")
                if kind == "input_json":
                    texts[event["index"]] = texts.get(event["index"], "") + delta["partial_json"]
                elif kind == "signature":
                    block["signature"] = delta["signature"]
                elif kind in ("text", "thinking"):
                    block[kind] += delta[kind]
            case "message_delta":
                whole |= {key: each for key, each in event["delta"].items() if each is not None}
                whole["usage"] = (whole.get("usage") or {}) | event.get("usage", {})
            case _:
                pass
    for index, text in texts.items():
        whole["content"][index]["input"] = json.loads(text or "{}")
    return whole


def _joined_gemini(body: bytes) -> dict[str, Any]:
    whole: dict[str, Any] = {}
    parts: list[Any] = []
    for chunk in events(body):
        for candidate in chunk.get("candidates", ()):
            parts += candidate.get("content", {}).get("parts", ())
            whole = candidate | {"finishReason": candidate.get("finishReason", whole.get("finishReason", "STOP"))}
    usage = [chunk["usageMetadata"] for chunk in events(body) if "usageMetadata" in chunk]
    return {
        "candidates": [whole | {"content": {"parts": parts}}],
        "usageMetadata": usage[-1] if usage else {},
    }


def _joined_converse(body: bytes) -> dict[str, Any]:
    blocks: dict[int, dict[str, Any]] = {}
    whole: dict[str, Any] = {}
    for kind, event in frames(body):
        block = blocks.setdefault(event.get("contentBlockIndex", -1), {})
        if kind == "contentBlockStart":
            block.update({name: {**each, "input": ""} for name, each in event["start"].items()})
        elif kind == "contentBlockDelta" and "text" in event["delta"]:
            block["text"] = block.get("text", "") + event["delta"]["text"]
        elif kind == "contentBlockDelta" and "toolUse" in event["delta"]:
            block["toolUse"]["input"] += event["delta"]["toolUse"].get("input", "")
        elif kind in ("messageStop", "metadata"):
            whole |= event
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    return {**whole, "output": {"message": {"content": [blocks[index] for index in sorted(blocks)]}}}


_JOINERS = {
    "openai-chat": _joined_chat,
    "openai-responses": _joined_responses,
    "anthropic": _joined_messages,
    "gemini": _joined_gemini,
    "bedrock": _joined_converse,
}
