"""When a Responses stream opens, and what it, or a whole answer, says instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.errors import UpstreamGarbage
from ajar.wire.openai_responses.opening import failure_in, opening
from ajar.wire.opening import Failure

UNNAMED = "the upstream answered with an error that it does not name"


def event(kind: str, **fields: Any) -> bytes:
    value = json.dumps({"type": kind, "sequence_number": 0, **fields}, separators=(",", ":"))
    return f"event: {kind}\ndata: {value}\n\n".encode()


def bare(kind: str, **fields: Any) -> bytes:
    """Without a name, and spaced."""
    return b"data: %b\n\n" % json.dumps({"type": kind, **fields}).encode()


def added(**item: Any) -> bytes:
    return event("response.output_item.added", output_index=0, item=item)


def done(**item: Any) -> bytes:
    return event("response.output_item.done", output_index=0, item=item)


def part(which: str, **part: Any) -> bytes:
    return event(f"response.{which}", output_index=0, content_index=0, part=part)


CREATED = event("response.created", response={"id": "r", "status": "in_progress", "error": None, "tools": []})
EMPTY_TEXT: dict[str, Any] = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
TEXT: dict[str, Any] = {**EMPTY_TEXT, "text": "x"}


@pytest.mark.parametrize(
    "events",
    [
        CREATED,
        event("response.queued", response={}),
        event("response.in_progress", response={}),
        event("keepalive"),
        event("response.keep_alive"),
        b": ping\n\n",
        b"data: [DONE]\n\n",
        bare("response.created", response={"status": "in_progress"}),
        added(type="message", id="m", status="in_progress", role="assistant", content=[]),
        added(type="message", id="m", role="assistant"),
        added(type="reasoning", id="r", summary=[]),
        added(type="reasoning", id="r", summary=[], content=[], encrypted_content=None),
        # It is not complete, and not the one that is to be sent back: that comes where the item ends.
        added(type="reasoning", id="r", summary=[], encrypted_content="gAAAAA"),
        bare("response.output_item.added", item={"type": "message", "role": "assistant", "content": []}),
        part("content_part.added", **EMPTY_TEXT),
        part("content_part.added", type="refusal", refusal=""),
        part("reasoning_summary_part.added", type="summary_text", text=""),
        bare("response.content_part.added", part=EMPTY_TEXT),
        part("content_part.done", **EMPTY_TEXT),
        part("reasoning_summary_part.done", type="summary_text", text=""),
        event("response.output_text.delta", delta="", logprobs=[], obfuscation="x"),
        event("response.reasoning_summary_text.delta", delta=""),
        event("response.output_text.done", text=""),
        event("response.refusal.done", refusal=""),
        done(type="message", id="m", role="assistant", content=[EMPTY_TEXT]),
        done(type="reasoning", id="r", summary=[]),
        done(type="reasoning", id="r", summary=[{"type": "summary_text", "text": ""}], encrypted_content=""),
        CREATED + added(type="message", content=[]) + part("content_part.added", **EMPTY_TEXT),
    ],
)
def test_held(events: bytes) -> None:
    assert opening(events) == "held"


@pytest.mark.parametrize(
    "events",
    [
        event("response.output_text.delta", delta=" "),
        event("response.refusal.delta", delta="no"),
        event("response.reasoning_summary_text.delta", delta="hm"),
        event("response.reasoning_text.delta", delta="hm"),
        event("response.function_call_arguments.delta", delta="{"),
        event("response.audio.delta", delta="AAAA"),
        event("response.new.delta"),
        event("response.new.delta", delta={}),
        event("response.output_text.done", text="x"),
        event("response.refusal.done", refusal="no"),
        event("response.reasoning_summary_text.done", text="hm"),
        event("response.function_call_arguments.done", arguments="{}"),
        event("response.output_text.annotation.added", annotation={}),
        added(type="function_call", id="f", call_id="c", name="n", arguments=""),
        added(type="custom_tool_call", id="f", call_id="c", name="n", input=""),
        added(type="web_search_call", id="w", status="in_progress"),
        added(type="message", content=[TEXT]),
        added(type="reasoning", summary=[{"type": "summary_text", "text": "hm"}]),
        event("response.output_item.added"),
        event("response.output_item.added", item="x"),
        part("content_part.added", **TEXT),
        part("content_part.added", **{**EMPTY_TEXT, "text": '"text":""'}),
        part("content_part.done", **TEXT),
        event("response.content_part.added"),
        done(type="message", content=[TEXT]),
        done(type="message", content=[{"type": "refusal", "refusal": "no"}]),
        done(type="reasoning", summary=[], encrypted_content="gAAAAA"),
        done(type="reasoning", summary=[], content=[{"type": "reasoning_text", "text": "hm"}]),
        done(type="function_call", name="n", arguments="{}"),
        event("response.completed", response={"status": "completed", "error": None, "output": []}),
        event(
            "response.incomplete",
            response={"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
        ),
        event("response.completed"),
        event("response.web_search_call.in_progress"),
        event("something.new"),
        b"event: something.new\ndata: {}\n\n",
        b'data: {"type":5}\n\n',
        CREATED + event("response.output_text.delta", delta="x") + event("error", message="late"),
    ],
)
def test_content(events: bytes) -> None:
    assert opening(events) == "content"


def failed(kind: str, **response: Any) -> bytes:
    return event(f"response.{kind}", response=response)


SLOW = {"code": "rate_limit_exceeded", "message": "m"}


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        (event("error", code="server_error", message="m", param=None), Failure(500, "m", None, "server_error")),
        (event("error", code=None, message="m"), Failure(502, "m")),
        (
            event("error", error={"type": "invalid_request_error", "code": None, "message": "m"}),
            Failure(400, "m", "invalid_request_error"),
        ),
        (event("error"), Failure(502, UNNAMED)),
        (failed("failed", status="failed", error=SLOW), Failure(429, "m", None, "rate_limit_exceeded")),
        (failed("failed", status="failed", error=None), Failure(502, UNNAMED)),
        (failed("failed"), Failure(502, UNNAMED)),
        (event("response.failed"), Failure(502, UNNAMED)),
        (failed("cancelled", status="cancelled"), Failure(502, UNNAMED)),
        (failed("completed", status="failed", error=SLOW), Failure(429, "m", None, "rate_limit_exceeded")),
        (failed("completed", status="failed"), Failure(502, UNNAMED)),
        (
            failed(
                "failed",
                error={"code": "invalid_prompt", "message": "It may be potentially violating our usage policy."},
            ),
            Failure(
                400, "It may be potentially violating our usage policy.", None, "invalid_prompt", None, refused=True
            ),
        ),
        (b'data: {"error":{"message":"m","code":503}}\n\n', Failure(503, "m", None, "503")),
        (b'data: {"type":["error"],"error":"m"}\n\n', Failure(502, "m")),
        (b'event: error\ndata: {"message":"m","code":"slow_down"}\n\n', Failure(503, "m", None, "slow_down")),
    ],
)
def test_failure(events: bytes, wanted: Failure) -> None:
    assert opening(events) == wanted
    assert opening(CREATED + added(type="reasoning", summary=[]) + events) == wanted
    assert opening(CREATED + event("response.output_text.delta", delta="x") + events) == "content"


@pytest.mark.parametrize(
    "events",
    [
        b"data: {\n\n",
        b'event: response.created\ndata: {"type":"response.created","response":{"id"\n\n',
        b'event: response.output_item.added\ndata: {"type":"response.output_item.added","item":{"content":[],\n\n',
        b"data: oh\n\n",
    ],
)
def test_garbage(events: bytes) -> None:
    with pytest.raises(UpstreamGarbage, match="not JSON"):
        opening(CREATED + events)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"status": "completed", "error": None, "output": []}, None),
        ({"status": "incomplete", "error": None, "incomplete_details": {"reason": "content_filter"}}, None),
        ({"status": "queued", "error": None, "output": []}, None),
        ({"object": "response.compaction", "output": []}, None),
        ({"status": 5, "error": None, "x": {"error": 1}}, None),
        ({"status": "failed", "error": SLOW, "output": []}, Failure(429, "m", None, "rate_limit_exceeded")),
        ({"error": {"message": "m", "type": "server_error"}}, Failure(500, "m", "server_error")),
        ({"error": "m"}, Failure(502, "m")),
        ({"type": "error", "code": "server_error", "message": "m"}, Failure(500, "m", None, "server_error")),
        ({"id": "r", "status": "failed", "error": None, "output": []}, Failure(502, UNNAMED)),
        ({"id": "r", "output": [], "status": "cancelled"}, Failure(502, UNNAMED)),
        ({"metadata": {"status": "completed"}, "status": "failed", "output": []}, Failure(502, UNNAMED)),
        ({"input": [{"status": "completed"}], "status": "failed", "output": []}, Failure(502, UNNAMED)),
        (
            {"instructions": "x" * 1100, "status": "failed", "error": SLOW, "tools": [{"description": "y" * 600}]},
            Failure(429, "m", None, "rate_limit_exceeded"),
        ),
        (
            {"id": "r", "status": "failed", "instructions": "x" * 1100, "error": SLOW, "user": "y" * 600},
            Failure(429, "m", None, "rate_limit_exceeded"),
        ),
        ({"output": [{"status": "failed"}, {"content": "x" * 2000}], "status": "completed"}, None),
        ({"status": "completed", "error": None, "output": [{"type": "web_search_call", "status": "failed"}]}, None),
    ],
)
def test_a_whole_answer(value: Any, wanted: Failure | None) -> None:
    assert failure_in(json.dumps(value).encode()) == wanted
    assert failure_in(json.dumps(value, indent=2).encode()) == wanted
