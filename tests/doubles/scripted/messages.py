"""The scripted model behind Anthropic's Messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from doubles.scripted.script import SIGNATURE, Script, script

if TYPE_CHECKING:
    from collections.abc import Iterator


def answer(body: dict[str, Any]) -> Script:
    """What the script says to this request."""
    turns = [message["content"] for message in body["messages"] if isinstance(message["content"], list)]
    return script(
        [tool["name"] for tool in body.get("tools", []) if "input_schema" in tool],
        forced=body.get("tool_choice", {}).get("type") in ("any", "tool"),
        answered=any(block["type"] == "tool_result" for turn in turns for block in turn),
        thinks=body.get("thinking", {}).get("type") not in (None, "disabled"),
    )


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """The whole message."""
    said = answer(body)
    blocks: list[dict[str, Any]] = []
    if said.thought:
        blocks.append({"type": "thinking", "thinking": said.thought, "signature": SIGNATURE})
    blocks += [
        {"type": "tool_use", "id": id_, "name": name, "input": json.loads(arguments), "caller": {"type": "direct"}}
        for id_, name, arguments in said.calls
    ]
    if not said.calls:
        blocks.append({"type": "text", "text": said.text, "citations": None})
    return {**_head(body), "content": blocks, "stop_reason": _stop(said), "usage": _usage(said)}


def events(body: dict[str, Any]) -> Iterator[bytes]:
    """The stream, an event at a time."""
    said = answer(body)
    yield _event("message_start", message={**_head(body), "usage": {**_usage(said), "output_tokens": 1}})
    yield _event("ping")
    index = 0
    if said.thought:
        deltas = [{"type": "thinking_delta", "thinking": word + " "} for word in said.thought.split()]
        deltas.append({"type": "signature_delta", "signature": SIGNATURE})
        yield from _block(index, {"type": "thinking", "thinking": "", "signature": ""}, deltas)
        index += 1
    for id_, name, arguments in said.calls:
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", arguments[:9], arguments[9:])]
        yield from _block(index, {"type": "tool_use", "id": id_, "name": name, "input": {}}, deltas)
        index += 1
    if not said.calls:
        deltas = [{"type": "text_delta", "text": word} for word in said.words]
        yield from _block(index, {"type": "text", "text": ""}, deltas)
    yield _event("message_delta", delta={"stop_reason": _stop(said), "stop_sequence": None}, usage=_usage(said))
    yield _event("message_stop")


def _block(index: int, block: dict[str, Any], deltas: list[dict[str, Any]]) -> Iterator[bytes]:
    yield _event("content_block_start", index=index, content_block=block)
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _head(body: dict[str, Any]) -> dict[str, Any]:
    head = {"id": "msg_script", "type": "message", "role": "assistant", "model": body["model"], "content": []}
    return {**head, "stop_reason": None, "stop_sequence": None, "stop_details": None, "container": None}


def _stop(said: Script) -> str:
    return "tool_use" if said.calls else "end_turn"


def _usage(said: Script) -> dict[str, Any]:
    return {
        "input_tokens": said.tokens_in - said.cached,
        "cache_read_input_tokens": said.cached,
        "cache_creation_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": said.tokens_out + said.tokens_thought,
        "output_tokens_details": {"thinking_tokens": said.tokens_thought},
        "server_tool_use": None,
        "service_tier": "standard",
        "inference_geo": None,
    }


def _event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()
