"""Errors that an upstream tells after content, on the way where its bytes pass as they are."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from doubles.upstream import DONE, Upstream, chunk, stream
from gateway.conftest import config as chat_config
from gateway.formats import config

if TYPE_CHECKING:
    from collections.abc import Callable

PATHS = {
    "openai-chat": "/v1/chat/completions",
    "openai-responses": "/v1/responses",
    "anthropic": "/v1/messages",
}


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


CHAT = [chunk("a"), chunk("b", "stop")]
RESPONSES = [
    event("response.created", response={"id": "r", "model": "m", "status": "in_progress"}),
    event("response.output_text.delta", delta="a", output_index=0, content_index=0),
]
MESSAGES = [
    event("message_start", message={"model": "m", "usage": {"input_tokens": 7, "output_tokens": 1}}),
    event("content_block_delta", index=0, delta={"type": "text_delta", "text": "a"}),
    event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2}),
]
STOP = event("message_stop")
LATE = [
    ("openai-chat", CHAT, b'event: error\ndata: {"message":"out of memory"}\n\n', DONE),
    ("openai-chat", CHAT, b'data: {"object":"error","message":"out of memory"}\n\n', DONE),
    ("openai-chat", CHAT, b'data: {"choices":[{"index":0,"delta":{},"error":{"code":502}}]}\n\n', DONE),
    ("openai-chat", CHAT, b'data: {"error":\ndata: {"message":"out of memory"}}\n\n', DONE),
    ("openai-chat", CHAT[:1], chunk("b", "network_error"), DONE),
    ("openai-responses", RESPONSES, b'event: error\ndata: {"message":"out of memory"}\n\n', b""),
    ("openai-responses", RESPONSES, event("response.failed", response={"id": "r"}), b""),
    ("anthropic", MESSAGES, b'event: error\ndata: {"message":"out of memory"}\n\n', STOP),
]


def ask(name: str) -> dict[str, Any]:
    said = [{"role": "user", "content": "hi"}]
    rest = {"input": said} if name == "openai-responses" else {"messages": said, "max_tokens": 9}
    return {"model": name, "stream": True, **rest}


@pytest.mark.parametrize(("name", "before", "error", "after"), LATE)
def test_it_reaches_the_caller_the_record_and_the_breaker(
    serve: Callable[..., Any],
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    before: list[bytes],
    error: bytes,
    after: bytes,
) -> None:
    monkeypatch.setenv("SCRIPT_KEY", "k")
    service = serve(config(upstream.url.removesuffix("/v1"), budget={"attempts": 1}))
    upstream.default = stream([*before, error, *([after] if after else [])])
    result = service.request("POST", PATHS[name], ask(name))
    assert (result.status, result.body) == (200, b"".join([*before, error, after]))
    (record,) = service.records()
    assert (record["status"], record["error"]) == (502, "upstream_error_event")
    assert [attempt["error"] for attempt in record["attempts"]] == ["upstream_error_event"]
    vitals = service.health.slot(name)._read()
    assert (vitals.successes, vitals.row) == (0, 1)


def test_deployments_that_fail_so_are_given_a_rest(
    serve: Callable[..., Any], upstream: Upstream, second: Upstream
) -> None:
    service = serve(chat_config(upstream, second))
    upstream.default = stream([*CHAT, LATE[0][2], DONE])
    second.default = stream([*CHAT, DONE])
    for _ in range(6):
        service.chat(stream=True)
    assert service.health.slot("a").state(time.monotonic()) == "open"
    assert service.chat(stream=True).headers["x-ajar-deployment"] == "b"


def test_several_lines_of_data_are_counted(serve: Callable[..., Any], upstream: Upstream) -> None:
    service = serve(chat_config(upstream))
    usage = chunk(None, usage={"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7})
    events = [chunk("a"), *(each.replace(b',"choices"', b'\ndata: ,"choices"') for each in (chunk("", "stop"), usage))]
    upstream.default = stream([*events, DONE])
    assert service.chat(stream=True, stream_options={"include_usage": True}).body == b"".join([*events, DONE])
    (record,) = service.records()
    assert (record["status"], record["finish_reason"]) == (200, "stop")
    assert record["usage"] is not None
