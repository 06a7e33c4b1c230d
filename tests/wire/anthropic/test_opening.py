"""When a Messages stream opens, and what it, or a whole answer, says instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.errors import UpstreamGarbage
from ajar.wire.anthropic.opening import failure_in, opening
from ajar.wire.opening import Failure
from wire.anthropic.streams import delta, event, start

START = event("message_start", message={"id": "m", "type": "message", "role": "assistant", "content": [], "usage": {}})
PING = event("ping")
UNNAMED = "the upstream answered with an error that it does not name"


@pytest.mark.parametrize(
    "events",
    [
        START,
        PING,
        b": ping\n\n",
        start(0, type="text", text=""),
        start(0, type="text", text="", citations=[]),
        start(0, type="text", text="", citations=None),
        start(0, type="thinking", thinking="", signature=""),
        start(0, type="thinking", thinking=""),
        delta(0, "text", text=""),
        delta(0, "thinking", thinking="", estimated_tokens=50),
        delta(0, "signature", signature=""),
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 1}),
        b"data: [DONE]\n\n",
        b'data: {"type":"message_start","message":{}}\n\n',
        b"event: ping\ndata: {}\n\n",
        START + PING + start(0, type="text", text="") + event("content_block_stop", index=0),
    ],
)
def test_held(events: bytes) -> None:
    assert opening(events) == "held"


@pytest.mark.parametrize(
    "events",
    [
        delta(0, "text", text=" "),
        delta(0, "thinking", thinking="hm"),
        delta(0, "signature", signature="s"),
        delta(0, "input_json", partial_json=""),
        delta(0, "citations", citation={}),
        delta(0, "new", value=""),
        start(0, type="text", text="x"),
        start(0, type="text", text="", citations=[{"url": "u"}]),
        start(0, type="thinking", thinking="", signature="s"),
        start(0, type="redacted_thinking", data="e"),
        start(0, type="tool_use", id="i", name="n", input={}),
        start(0, type="server_tool_use", id="i", name="web_search", input={}),
        start(0, type="web_search_tool_result", tool_use_id="i", content=[]),
        start(0, type=["text"]),
        start(0),
        event("content_block_start", index=0),
        event("content_block_start", content_block="x"),
        event("content_block_delta", index=0),
        event("message_stop"),
        event("something_new"),
        b"data: {}\n\n",
        START + delta(0, "text", text="x") + event("error", error={"message": "late"}),
    ],
)
def test_content(events: bytes) -> None:
    assert opening(events) == "content"


def failed(kind: str, message: str = "m", **fields: Any) -> bytes:
    return event("error", error={"type": kind, "message": message, **fields})


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        (failed("overloaded_error"), Failure(529, "m", "overloaded_error")),
        (failed("rate_limit_error"), Failure(429, "m", "rate_limit_error")),
        (failed("api_error"), Failure(500, "m", "api_error")),
        (failed("invalid_request_error"), Failure(400, "m", "invalid_request_error")),
        (failed("authentication_error"), Failure(401, "m", "authentication_error")),
        (failed("billing_error"), Failure(402, "m", "billing_error")),
        (failed("permission_error"), Failure(403, "m", "permission_error")),
        (failed("not_found_error"), Failure(404, "m", "not_found_error")),
        (failed("request_too_large"), Failure(413, "m", "request_too_large")),
        (failed("timeout_error"), Failure(504, "m", "timeout_error")),
        (failed("new_error"), Failure(502, "m", "new_error")),
        (failed("BadRequestError", code=400), Failure(400, "m", "BadRequestError", "400")),
        (failed("new_error", status=503), Failure(503, "m", "new_error")),
        (
            failed("new_error", code="context_length_exceeded"),
            Failure(400, "m", "new_error", "context_length_exceeded"),
        ),
        (failed("server_error"), Failure(500, "m", "server_error")),
        (failed("overloaded_error", code="new"), Failure(529, "m", "overloaded_error", "new")),
        (failed("api_error", ""), Failure(500, UNNAMED, "api_error")),
        (
            failed("invalid_request_error", "Output blocked by content filtering policy"),
            Failure(400, "Output blocked by content filtering policy", "invalid_request_error", None, None, True),
        ),
        (b'data: {"error":{"message":"m","code":"c"}}\n\n', Failure(502, "m", None, "c")),
        (b'data: {"type":"error"}\n\n', Failure(502, UNNAMED)),
        (b'data: {"type":"error","delta":1,"error":"m"}\n\n', Failure(502, "m")),
    ],
)
def test_failure(events: bytes, wanted: Failure) -> None:
    assert opening(events) == wanted
    assert opening(START + PING + events) == wanted
    assert opening(START + delta(0, "text", text="x") + events) == "content"


@pytest.mark.parametrize(
    "events", [b"data: {\n\n", b'event: content_block_delta\ndata: {"type":"con\n\n', b"data: oh\n\n"]
)
def test_garbage(events: bytes) -> None:
    with pytest.raises(UpstreamGarbage, match="not JSON"):
        opening(START + events)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"type": "message", "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"}, None),
        ({"type": "message", "content": [{"type": "tool_use", "input": {"error": "x"}}]}, None),
        ({"type": "message", "content": [], "error": None}, None),
        ({"input_tokens": 5}, None),
        (
            {"type": "error", "error": {"type": "overloaded_error", "message": "m"}},
            Failure(529, "m", "overloaded_error"),
        ),
        ({"error": {"message": "m"}}, Failure(502, "m")),
        ({"type": "error"}, Failure(502, UNNAMED)),
    ],
)
def test_a_whole_answer(value: Any, wanted: Failure | None) -> None:
    assert failure_in(json.dumps(value).encode()) == wanted
