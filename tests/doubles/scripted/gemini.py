"""The scripted model behind Gemini's generateContent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from doubles.scripted.script import SIGNATURE, Script, script

if TYPE_CHECKING:
    from collections.abc import Iterator


def answer(body: dict[str, Any]) -> Script:
    """What the script says to this request."""
    tools = [each["name"] for tool in body.get("tools", []) for each in tool.get("functionDeclarations", [])]
    mode = body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode")
    return script(
        tools,
        forced=mode == "ANY",
        answered=any("functionResponse" in part for content in body["contents"] for part in content["parts"]),
        thinks=bool(body.get("generationConfig", {}).get("thinkingConfig", {}).get("includeThoughts")),
    )


def whole(body: dict[str, Any]) -> dict[str, Any]:
    """The whole answer."""
    said = answer(body)
    parts = [part for each in _steps(said, (said.text,)) for part in each]
    return _chunk(said, parts, finish="STOP")


def events(body: dict[str, Any]) -> Iterator[bytes]:
    """The stream, a chunk at a time: each function call in a chunk of its own, as Gemini does it."""
    said = answer(body)
    steps = _steps(said, said.words)
    for number, parts in enumerate(steps):
        chunk = _chunk(said, parts, finish="STOP" if number == len(steps) - 1 else None)
        yield b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n"


def _steps(said: Script, words: tuple[str, ...]) -> list[list[dict[str, Any]]]:
    steps: list[list[dict[str, Any]]] = []
    if said.thought:
        steps.append([{"text": said.thought, "thought": True}])
    for number, (_, name, arguments) in enumerate(said.calls):
        part: dict[str, Any] = {"functionCall": {"name": name, "args": json.loads(arguments)}}
        if not number:
            part["thoughtSignature"] = SIGNATURE
        steps.append([part])
    if not said.calls:
        steps += [[{"text": word}] for word in words]
    return steps


def _chunk(said: Script, parts: list[dict[str, Any]], finish: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    usage = {
        "promptTokenCount": said.tokens_in,
        "cachedContentTokenCount": said.cached,
        "candidatesTokenCount": said.tokens_out,
        "totalTokenCount": said.tokens_in + said.tokens_out + said.tokens_thought,
    }
    if said.tokens_thought:
        usage["thoughtsTokenCount"] = said.tokens_thought
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "script-1", "responseId": "script"}
