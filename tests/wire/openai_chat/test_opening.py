"""When a Chat Completions stream opens, and what it, or a whole answer, says instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.errors import UpstreamGarbage
from ajar.wire.openai_chat.opening import failure_in, opening
from ajar.wire.openai_chat.stream import EventStream
from ajar.wire.opening import Failure


def chunk(delta: Any = None, **choice: Any) -> bytes:
    fields: dict[str, Any] = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": None, **choice}
    return data({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [fields]})


def data(value: Any, name: str = "") -> bytes:
    return (f"event: {name}\n" if name else "").encode() + b"data: %b\n\n" % json.dumps(value).encode()


ROLE = chunk({"role": "assistant", "content": ""})
DONE = b"data: [DONE]\n\n"


@pytest.mark.parametrize(
    "events",
    [
        b": OPENROUTER PROCESSING\n\n",
        ROLE,
        chunk({"role": "assistant", "content": None, "refusal": None, "tool_calls": [], "reasoning_content": None}),
        chunk({"role": "assistant"}),
        chunk({}),
        chunk(delta={"content": "", "reasoning": ""}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "", "format": "x-v1", "index": 0}]}),
        chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": ""}]}]}),
        chunk({"audio": {"id": "audio_1", "transcript": "", "expires_at": 17}}),
        chunk({"annotations": []}),
        chunk({"extra_content": {"google": {"thought": True}}}),
        data({"id": "", "object": "", "choices": [], "prompt_filter_results": [{"prompt_index": 0}]}),
        data(
            {"choices": [{"index": 0, "finish_reason": None, "content_filter_results": {"hate": {"filtered": False}}}]}
        ),
        data({"object": "chat.completion.chunk", "choices": None, "error": None}),
        data({"choices": [], "usage": {"prompt_tokens": 1}}),
        data({"usage": {"prompt_tokens": 1}}),
        ROLE + b": ping\n\n" + chunk({"content": ""}),
        # The end mark alone ends no answer: no reason was given before it.
        DONE,
        b"data: [DONE]",
        ROLE + DONE,
        data({"choices": []}) + DONE,
        chunk({"role": "assistant", "content": "", "name": "MiniMax AI", "audio_content": ""}),
        chunk({"role": "assistant", "id": "i", "type": "message", "status": "in_progress", "format": "x"}),
        data({"error": "", "choices": []}),
        chunk({}, error={}),
    ],
)
def test_held(events: bytes) -> None:
    assert opening(events) == "held"


@pytest.mark.parametrize(
    "events",
    [
        chunk({"content": " "}),
        chunk({"role": "assistant", "content": "Hi"}),
        chunk({"reasoning_content": "hm"}),
        chunk({"reasoning": "hm", "content": ""}),
        chunk({"thinking": "hm"}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]}),
        chunk({"reasoning_details": [{"type": "reasoning.text", "text": "", "signature": "s"}]}),
        chunk({"reasoning_details": [{"type": "reasoning.encrypted", "data": "e", "id": "r"}]}),
        chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]}),
        chunk({"tool_calls": [{"index": 0, "id": "i", "function": {"name": "f", "arguments": ""}}]}),
        chunk({"tool_calls": [{"index": 0}]}),
        chunk({"function_call": {"name": "f", "arguments": ""}}),
        chunk({"refusal": "no"}),
        chunk({"audio": {"data": "AAAA"}}),
        chunk({"images": [{"type": "image_url", "image_url": {"url": "data:"}}]}),
        chunk({"annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}]}),
        chunk({"extra_content": {"google": {"thought_signature": "s"}}}),
        chunk({}, finish_reason="stop"),
        chunk({"content": ""}, finish_reason="content_filter"),
        chunk({}, finish_reason=["error"]),
        chunk({"content": "x"}, finish_reason="error"),
        data({"choices": [{"index": 0, "text": "x", "finish_reason": "error"}]}),
        data({"error": {}, "choices": [{"index": 0, "delta": {"content": "x"}}]}),
        data([{"error": None}]),
        data([]),
        data({"choices": [{"index": 0, "delta": {}}, {"index": 1, "delta": {"content": "x"}}]}),
        data({"choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}}]}),
        data({"choices": [{"index": 0, "text": "x"}]}),
        data({"choices": "none"}),
        data({"choices": [None]}),
        data({"some": "event"}),
        ROLE + chunk({"content": "x"}) + data({"error": {"message": "late"}}),
        ROLE + chunk({"content": "x"}) + b"data: {\n\n",
    ],
)
def test_content(events: bytes) -> None:
    assert opening(events) == "content"


def test_the_usage_that_only_ajar_asked_for_is_not_missed() -> None:
    stream = EventStream(clean=True)
    usage = {"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1}
    role = {"id": "c", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}], "usage": None}
    assert opening(stream.feed(data(role))) == "held"
    assert opening(stream.feed(data({"id": "c", "choices": [], "usage": usage}))) == "held"
    assert opening(stream.feed(chunk({}, finish_reason="stop") + DONE)) == "content"


OPENROUTER = {
    "error": {
        "code": 502,
        "message": "Provider returned error",
        "metadata": {"raw": "overloaded", "provider_name": "P"},
    },
    "id": "gen",
    "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"}],
}
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
FAILURES = [
    (data({"error": {"message": "m", "type": "server_error", "code": None}}), Failure(500, "m", "server_error")),
    (
        data({"error": {"message": "m", "type": "BadRequestError", "code": 400}}),
        Failure(400, "m", "BadRequestError", "400"),
    ),
    (data(OPENROUTER), Failure(502, "Provider returned error: overloaded", None, "502")),
    (chunk({}, error={"message": "m", "code": 503}), Failure(503, "m", None, "503")),
    (chunk({}, error={"message": "m", "code": 503}, finish_reason="error"), Failure(503, "m", None, "503")),
    (data({"error": "m"}), Failure(502, "m")),
    (chunk({}, finish_reason="error"), Failure(502, "the upstream's answer is empty and ended with `error`")),
    (
        chunk({"content": ""}, finish_reason="network_error"),
        Failure(502, "the upstream's answer is empty and ended with `network_error`"),
    ),
    (data([{"error": {"message": "m", "code": 429}}]), Failure(429, "m", None, "429")),
    (data([{"error": {"message": "m", "status_code": 503}}]), Failure(503, "m")),
    (data([{"error": "m"}], "error"), Failure(502, "m")),
    (data({"object": "error", "message": "m", "type": "t", "code": 404}), Failure(404, "m", "t", "404")),
    (data({"message": "m"}, "error"), Failure(502, "m")),
    (b"event: error\ndata: oh\n\n", Failure(502, "the upstream answered with an error that it does not name")),
    (data({"error": {"message": "m"}, "choices": "none"}), Failure(502, "m")),
    (
        data({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m", "details": [RETRY]}}),
        Failure(429, "m", "RESOURCE_EXHAUSTED", "429", 7.0),
    ),
    (
        data({"error": {"message": "m", "code": "content_filter"}}),
        Failure(400, "m", None, "content_filter", None, True),
    ),
    (
        data({"error": {"message": "m", "code": 403, "metadata": {"reasons": ["violence"]}}}),
        Failure(403, "m", None, "403", None, True),
    ),
]


@pytest.mark.parametrize(("events", "wanted"), FAILURES)
def test_failure(events: bytes, wanted: Failure) -> None:
    assert opening(events) == wanted
    assert opening(ROLE + b": ping\n\n" + events + DONE) == wanted
    assert opening(chunk({"content": "x"}) + events) == "content"


@pytest.mark.parametrize(
    "events", [b"data: {\n\n", b'data: {"choices":[{"del\n\n', b"data: oh\n\n", b'data: {"a":"\xff']
)
def test_garbage(events: bytes) -> None:
    with pytest.raises(UpstreamGarbage, match="not JSON"):
        opening(ROLE + events)


def answer(content: str | None = "Hi", **choice: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    return {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}], "usage": {}}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (answer(), None),
        ({**answer(), "error": None}, None),
        (answer('{"error": "not one"}'), None),
        (answer(finish_reason="error"), None),
        (answer("half of it", error={"code": 502, "message": "m"}), None),
        ({"data": [{"embedding": [0.5]}]}, None),
        ({"error": {"code": 429, "message": "m"}, "user_id": "u"}, Failure(429, "m", None, "429")),
        ({"error": "m"}, Failure(502, "m")),
        (
            [{"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}],
            Failure(429, "m", "RESOURCE_EXHAUSTED", "429"),
        ),
        ({**answer(), "error": ""}, None),
        (answer("", error={}), None),
        (answer("", finish_reason="error"), Failure(502, "the upstream's answer is empty and ended with `error`")),
        ({**answer(), "error": {"type": "rate_limit_error", "message": "m"}}, Failure(429, "m", "rate_limit_error")),
        (answer("", error={"code": 502, "message": "m"}), Failure(502, "m", None, "502")),
        (
            {"object": "error", "message": "m", "type": "NotFoundError", "code": 404},
            Failure(404, "m", "NotFoundError", "404"),
        ),
    ],
)
def test_a_whole_answer(value: Any, wanted: Failure | None) -> None:
    assert failure_in(json.dumps(value).encode()) == wanted
    assert failure_in(json.dumps(value, indent=2).encode()) == wanted
