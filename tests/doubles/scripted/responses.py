"""The scripted model behind OpenAI's Responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from doubles.scripted.script import SIGNATURE, Script, script

if TYPE_CHECKING:
    from collections.abc import Iterator


def answer(body: dict[str, Any]) -> Script:
    """What the script says to this request."""
    given = body["input"]
    return script(
        [tool["name"] for tool in body.get("tools", []) if tool["type"] == "function"],
        forced=body.get("tool_choice") not in (None, "auto", "none"),
        answered=isinstance(given, list) and any(item.get("type") == "function_call_output" for item in given),
        thinks=(body.get("reasoning") or {}).get("effort") not in (None, "none"),
    )


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """The whole response."""
    said = answer(body)
    return {**_head(body), "status": "completed", "output": _items(said), "usage": _usage(said)}


def events(body: dict[str, Any]) -> Iterator[bytes]:
    """The stream, an event at a time."""
    said = answer(body)
    bare = {**_head(body), "status": "in_progress", "output": [], "usage": None}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": bare}),
        ("response.in_progress", {"response": bare}),
    ]
    for index, item in enumerate(_items(said)):
        steps += [(kind, {"output_index": index, **fields}) for kind, fields in _STEPS[item["type"]](item, said.words)]
    steps.append(("response.completed", {"response": whole(body)}))
    for number, (kind, fields) in enumerate(steps):
        data = json.dumps({"type": kind, "sequence_number": number, **fields})
        yield f"event: {kind}\ndata: {data}\n\n".encode()


def _items(said: Script) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if said.thought:
        summary = [{"type": "summary_text", "text": said.thought}]
        items.append({"id": "rs_script", "type": "reasoning", "summary": summary, "encrypted_content": SIGNATURE})
    items += [
        {
            "id": f"fc_{id_}",
            "type": "function_call",
            "call_id": id_,
            "name": name,
            "arguments": arguments,
            "status": "completed",
        }
        for id_, name, arguments in said.calls
    ]
    if not said.calls:
        content = [{"type": "output_text", "text": said.text, "annotations": [], "logprobs": []}]
        message = {"id": "msg_script", "type": "message", "role": "assistant", "status": "completed"}
        items.append({**message, "content": content})
    return items


def _message_steps(item: dict[str, Any], words: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    part = item["content"][0]
    at = {"item_id": item["id"], "content_index": 0}
    yield "response.output_item.added", {"item": {**item, "status": "in_progress", "content": []}}
    yield "response.content_part.added", {**at, "part": {**part, "text": ""}}
    for word in words:
        yield "response.output_text.delta", {**at, "delta": word, "logprobs": []}
    yield "response.output_text.done", {**at, "text": part["text"], "logprobs": []}
    yield "response.content_part.done", {**at, "part": part}
    yield "response.output_item.done", {"item": item}


def _call_steps(item: dict[str, Any], _: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    at = {"item_id": item["id"]}
    yield "response.output_item.added", {"item": {**item, "status": "in_progress", "arguments": ""}}
    for piece in (item["arguments"][:9], item["arguments"][9:]):
        yield "response.function_call_arguments.delta", {**at, "delta": piece}
    yield "response.function_call_arguments.done", {**at, "arguments": item["arguments"], "name": item["name"]}
    yield "response.output_item.done", {"item": item}


def _reasoning_steps(item: dict[str, Any], _: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    at = {"item_id": item["id"], "summary_index": 0}
    part = item["summary"][0]
    yield "response.output_item.added", {"item": {"id": item["id"], "type": "reasoning", "summary": []}}
    yield "response.reasoning_summary_part.added", {**at, "part": {**part, "text": ""}}
    yield "response.reasoning_summary_text.delta", {**at, "delta": part["text"]}
    yield "response.reasoning_summary_text.done", {**at, "text": part["text"]}
    yield "response.reasoning_summary_part.done", {**at, "part": part}
    yield "response.output_item.done", {"item": item}


_STEPS = {"message": _message_steps, "function_call": _call_steps, "reasoning": _reasoning_steps}


def _head(body: dict[str, Any]) -> dict[str, Any]:
    """The fields that every response has, with what was asked for."""
    asked: dict[str, Any] = {
        "instructions": None,
        "tools": [],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "text": {"format": {"type": "text"}},
        "reasoning": {"effort": None, "summary": None},
        "max_output_tokens": None,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
    }
    fixed: dict[str, Any] = {
        "id": "resp_script",
        "object": "response",
        "created_at": 1_767_225_600,
        "completed_at": 1_767_225_601,
        "model": body["model"],
        "error": None,
        "incomplete_details": None,
        "previous_response_id": None,
        "truncation": "disabled",
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "top_logprobs": 0,
        "max_tool_calls": None,
        "store": body.get("store", True),
        "background": False,
        "service_tier": "default",
        "safety_identifier": None,
        "prompt_cache_key": None,
    }
    echoed = {key: body.get(key) or value for key, value in asked.items()}
    echoed["tools"] = [{"strict": True, **tool} for tool in echoed["tools"]]
    return {**fixed, **echoed}


def _usage(said: Script) -> dict[str, Any]:
    out = said.tokens_out + said.tokens_thought
    return {
        "input_tokens": said.tokens_in,
        "input_tokens_details": {"cached_tokens": said.cached},
        "output_tokens": out,
        "output_tokens_details": {"reasoning_tokens": said.tokens_thought},
        "total_tokens": said.tokens_in + out,
    }
