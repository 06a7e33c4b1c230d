"""The scripted model behind Chat Completions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from doubles.scripted.script import Script, script

if TYPE_CHECKING:
    from collections.abc import Iterator


def answer(body: dict[str, Any]) -> Script:
    """What the script says to this request."""
    return script(
        [tool["function"]["name"] for tool in body.get("tools", []) if "function" in tool],
        forced=body.get("tool_choice") not in (None, "auto", "none"),
        answered=any(message["role"] == "tool" for message in body["messages"]),
        thinks=body.get("reasoning_effort") not in (None, "none"),
    )


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """The whole answer."""
    said = answer(body)
    message: dict[str, Any] = {"role": "assistant", "content": said.text or None, "refusal": None, "annotations": []}
    if said.thought:
        message["reasoning_content"] = said.thought
    if said.calls:
        message["tool_calls"] = [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
            for id_, name, arguments in said.calls
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(said)}
    return {**_head(body, "chat.completion"), "choices": [choice], "usage": _usage(said)}


def events(body: dict[str, Any]) -> Iterator[bytes]:
    """The stream, an event at a time."""
    said = answer(body)
    head = _head(body, "chat.completion.chunk")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    if said.thought:
        deltas += [{"reasoning_content": word + " "} for word in said.thought.split()]
    for index, (id_, name, arguments) in enumerate(said.calls):
        function = {"name": name, "arguments": ""}
        deltas.append({"tool_calls": [{"index": index, "id": id_, "type": "function", "function": function}]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in _pieces(arguments)]
    if not said.calls:
        deltas += [{"content": word} for word in said.words]
    for delta in deltas:
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(said)}]})
    if (body.get("stream_options") or {}).get("include_usage"):
        yield _event({**head, "choices": [], "usage": _usage(said)})
    yield b"data: [DONE]\n\n"


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-script", "object": kind, "created": 1_767_225_600, "model": body["model"]}


def _finish(said: Script) -> str:
    return "tool_calls" if said.calls else "stop"


def _usage(said: Script) -> dict[str, Any]:
    out = said.tokens_out + said.tokens_thought
    return {
        "prompt_tokens": said.tokens_in,
        "completion_tokens": out,
        "total_tokens": said.tokens_in + out,
        "prompt_tokens_details": {"cached_tokens": said.cached},
        "completion_tokens_details": {"reasoning_tokens": said.tokens_thought},
    }


def _pieces(text: str) -> list[str]:
    return [text[at : at + 7] for at in range(0, len(text), 7)]


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"
