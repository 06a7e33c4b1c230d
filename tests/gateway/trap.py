"""What the tests of known traps share: every kind of back end played by one upstream, and small answers of each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from doubles.eventstream import stream as frames
from doubles.upstream import Reply, Upstream, answer, stream
from gateway.formats import config
from gateway.joined import events

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from doubles.service import Result, Service

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}}
MORE: dict[str, dict[str, Any]] = {
    "deepseek": {"provider": "deepseek", "path": "", "model": "deepseek-x", "format": "openai-chat"},
    "openrouter": {"provider": "openrouter", "path": "/api/v1", "model": "anthropic/claude", "format": "openai-chat"},
    "vllm": {"runtime": "vllm", "path": "/v1", "model": "open", "format": "openai-chat"},
    "vllm-messages": {"runtime": "vllm", "path": "/v1", "model": "open", "format": "anthropic"},
    "gemini-two": {"provider": "gemini", "path": "/v1beta", "model": "script-1", "api_key": "env:OTHER_KEY"},
    "anthropic-two": {"provider": "anthropic", "path": "", "model": "script-1", "api_key": "env:OTHER_KEY"},
    "vertex": {
        "provider": "vertex-anthropic",
        "path": "/v1",
        "model": "claude",
        "project": "p",
        "location": "eu",
        "api_key": None,
    },
}
"""Deployments beside those of `formats.config`. `path` follows the upstream's address."""


@dataclass
class Gate:
    """A gateway before an upstream that answers everything alike."""

    service: Service
    upstream: Upstream

    def plays(self, *replies: dict[str, Any] | list[bytes] | Reply) -> None:
        """What the upstream says next: whole answers, or streams as lists of events. The last one stays."""
        made = [
            reply if isinstance(reply, Reply) else stream(reply) if isinstance(reply, list) else answer(reply)
            for reply in replies
        ]
        self.upstream.replies.extend(made[:-1])
        self.upstream.default = made[-1]

    def chat(self, back: str, messages: Any = "hi", **fields: Any) -> Result:
        """A Chat Completion."""
        return self._post("/v1/chat/completions", {"model": back, "messages": _turns(messages), **fields})

    def messages(self, back: str, messages: Any = "hi", headers: Any = None, **fields: Any) -> Result:
        """A Message."""
        body = {"model": back, "max_tokens": 4096, "messages": _turns(messages), **fields}
        return self._post("/v1/messages", body, headers)

    def responses(self, back: str, items: Any = "hi", **fields: Any) -> Result:
        """A Response."""
        return self._post("/v1/responses", {"model": back, "input": items, **fields})

    @property
    def sent(self) -> dict[str, Any]:
        """The last request that the upstream saw."""
        return self.upstream.seen[-1].json

    def _post(self, path: str, body: dict[str, Any], headers: Any = None) -> Result:
        return self.service.request("POST", path, body, headers)


@pytest.fixture
def gate(serve: Callable[..., Service], upstream: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Gate:
    """All back ends of `formats.config` and `MORE`, each the only one of a route of its name."""
    monkeypatch.setenv("SCRIPT_KEY", "secret")
    monkeypatch.setenv("OTHER_KEY", "another")
    url = upstream.url.removesuffix("/v1")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    monkeypatch.setenv("GCE_METADATA_HOST", url.removeprefix("http://"))
    made = config(url)
    for name, fields in MORE.items():
        made["deployments"][name] = {"api_key": "env:SCRIPT_KEY", "base_url": url + fields["path"], **fields}
        del made["deployments"][name]["path"]
        made["routes"][name] = {"primary": name}
    made["routes"]["geminis"] = {"primary": "gemini-two", "fallback": ["gemini"]}
    made["routes"]["claudes"] = {"primary": "vllm-messages", "fallback": ["anthropic"]}
    made["routes"]["two-claudes"] = {"primary": "anthropic-two", "fallback": ["anthropic"]}
    return Gate(serve(made), upstream)


def chat_answer(message: dict[str, Any], finish: str = "stop", **fields: Any) -> dict[str, Any]:
    """A Chat Completion with that message."""
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message}, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], **fields}


def chat_chunks(*deltas: dict[str, Any], finish: str = "stop") -> list[bytes]:
    """The stream of a Chat Completion, without its end mark."""
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    made = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    made.append({"index": 0, "delta": {}, "finish_reason": finish})
    return sse(*({**head, "choices": [choice]} for choice in made))


def message(*content: dict[str, Any], stop: str = "end_turn", **usage: int) -> dict[str, Any]:
    """A Message of Anthropic's."""
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    return {**head, "content": content, "stop_reason": stop, "usage": {"input_tokens": 3, "output_tokens": 2, **usage}}


def message_events(*blocks: tuple[dict[str, Any], list[dict[str, Any]]], stop: str = "end_turn") -> list[bytes]:
    """The stream of a Message: for each block how it starts, and its deltas."""
    made: list[dict[str, Any]] = [{"type": "message_start", "message": {**message(), "stop_reason": None}}]
    for index, (block, deltas) in enumerate(blocks):
        made.append({"type": "content_block_start", "index": index, "content_block": block})
        made += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        made.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": stop, "stop_sequence": None}
    made.append({"type": "message_delta", "delta": delta, "usage": {"input_tokens": 3, "output_tokens": 2}})
    return named(*made, {"type": "message_stop"})


def candidate(*parts: dict[str, Any], finish: str | None = "STOP", **usage: int) -> dict[str, Any]:
    """An answer, or a chunk, of Gemini's."""
    made: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if finish:
        made["finishReason"] = finish
    counts = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5, **usage}
    return {"candidates": [made], "usageMetadata": counts, "modelVersion": "m", "responseId": "r"}


def converse_stream(*made: tuple[str, dict[str, Any]]) -> Reply:
    """A stream of Converse's."""
    body = frames(made)
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\ncontent-length: %d\r\n\r\n"
    return Reply([head % len(body), body])


def sse(*values: dict[str, Any]) -> list[bytes]:
    """Events without names."""
    return [b"data: " + json.dumps(value).encode() + b"\n\n" for value in values]


def named(*values: dict[str, Any]) -> list[bytes]:
    """Events named after their types."""
    return [f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode() for value in values]


def deltas(result: Result) -> list[dict[str, Any]]:
    """What a streamed Chat Completion says, piece by piece."""
    return [choice["delta"] for chunk in events(result.body) for choice in chunk.get("choices", ())]


def _turns(messages: Any) -> Any:
    return [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
