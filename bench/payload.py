"""The bytes of the benchmark: what the callers send, what the upstream answers, and how a right answer is known."""

from __future__ import annotations

import json
from typing import Any

SIZE = 1024
"""Bytes of a request's body and of a plain answer's body."""

EVENT = 180
"""Bytes of one event with `data: ` and the empty line. Where usage is asked for, an event is `,"usage":null` longer."""

EVENTS = 200
PACE_MS = 5

_ID = "chatcmpl-01"
_CREATED = 1_790_000_000
_USAGE = {"prompt_tokens": 180, "completion_tokens": 200, "total_tokens": 380}
_WORDS = "the parcel left the depot this morning and will arrive at your door before the end of the week "

DONE = b"data: [DONE]\n\n"


def request_body(model: str, stream: bool = False, pace_ms: int = PACE_MS, events: int = EVENTS) -> bytes:
    """One caller's body, `SIZE` bytes. The pace is written into the message, so that it passes through any proxy."""
    question = f"[pace={pace_ms} events={events}] "
    body: dict[str, Any] = {
        "model": model,
        "messages": [
            {"role": "system", "content": "You answer customers of a parcel service, briefly and kindly."},
            {"role": "user", "content": question},
        ],
        "temperature": 0.2,
        "max_tokens": 256,
    }
    if stream:
        body["stream"] = True
    body["messages"][1]["content"] = question + _filler(SIZE - len(_dump(body)))
    return _dump(body)


def answer_body() -> bytes:
    """The upstream's plain answer, `SIZE` bytes."""
    message = {"role": "assistant", "content": ""}
    body: dict[str, Any] = {
        "id": _ID,
        "object": "chat.completion",
        "created": _CREATED,
        "model": "bench-model",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": _USAGE,
    }
    message["content"] = _filler(SIZE - len(_dump(body)))
    return _dump(body)


def answer_text() -> bytes:
    """The text in `answer_body`: a proxy that writes the answer anew must still carry it."""
    return json.loads(answer_body())["choices"][0]["message"]["content"].encode()


def event(index: int, events: int, with_usage: bool) -> bytes:
    """The event number `index` of a stream of `events`: the first names the role, the last the finish reason."""
    delta: dict[str, str] = {"content": _word(index)}
    if index == 0:
        delta = {"role": "assistant"}
    elif index == events - 1:
        delta = {}
    finish = "stop" if index == events - 1 else None
    chunk: dict[str, Any] = {
        "id": _ID,
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": "bench-model",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    spare = EVENT - len(_dump(chunk)) - len("data: \n\n")
    if "content" in delta:
        delta["content"] += "." * spare
    else:
        chunk["id"] += "x" * spare
    if with_usage:
        chunk["usage"] = None
    return b"data: " + _dump(chunk) + b"\n\n"


def usage_event() -> bytes:
    """The extra event that carries the usage, where the request asked for it."""
    chunk = {
        "id": _ID,
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": "bench-model",
        "choices": [],
        "usage": _USAGE,
    }
    return b"data: " + _dump(chunk) + b"\n\n"


def _word(index: int) -> str:
    return f" word{index}"


def _filler(size: int) -> str:
    return (_WORDS * (size // len(_WORDS) + 1))[:size]


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
