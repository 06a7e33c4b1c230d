"""Numbers that no API takes: a typed error, or nothing breaks."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.request import ChatRequest
from ajar.errors import InvalidField, InvalidJson, UpstreamGarbage
from ajar.wire.back import Back
from ajar.wire.formats import FORMATS
from ajar.wire.fronts import CHAT, MESSAGES, RESPONSES
from ajar.wire.made import Made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ajar.domain.dialog.parts import Format

HUGE = ["1e300", "-1e300", "1e999", "1.5e19", str(2**64), "1" + "0" * 400, "9" * 4300, "-" + "9" * 4300]
"""4300 digits are the most that Python reads, and their sum with others is more than it writes."""

MARK = 987654321
MADE = Made("0193e7a5-1111-7222-8333-444455556666", 17, "route")
MODELS = {"bedrock": "anthropic.claude-sonnet-4-5-20250929-v1:0", "gemini": "gemini-2.5-pro"}

REQUESTS: dict[Format, dict[str, Any]] = {
    "openai-chat": {
        "model": "m",
        "messages": [{"role": "user", "content": "hi"}],
        "max_tokens": 5,
        "seed": 1,
        "n": 1,
        "top_logprobs": 2,
        "logprobs": True,
        "frequency_penalty": 0.1,
        "logit_bias": {"5": 1},
        "reasoning_effort": "high",
        "unknown": 1,
    },
    "openai-responses": {
        "model": "m",
        "input": "hi",
        "max_output_tokens": 5,
        "top_logprobs": 2,
        "reasoning": {"effort": "high"},
    },
    "anthropic": {
        "model": "m",
        "max_tokens": 5000,
        "messages": [{"role": "user", "content": "hi"}],
        "temperature": 0.5,
        "top_p": 0.5,
        "top_k": 5,
        "thinking": {"type": "enabled", "budget_tokens": 2000},
    },
    "gemini": {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        "generationConfig": {
            "maxOutputTokens": 5,
            "topK": 5,
            "seed": 1,
            "candidateCount": 1,
            "logprobs": 3,
            "thinkingConfig": {"thinkingBudget": 2000},
        },
    },
    "bedrock": {
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "inferenceConfig": {"maxTokens": 5000, "temperature": 0.5, "topP": 0.5},
        "additionalModelRequestFields": {"top_k": 5, "thinking": {"type": "enabled", "budget_tokens": 2000}},
    },
}
ANSWERS: dict[Format, dict[str, Any]] = {
    "openai-chat": {
        "id": "c",
        "created": 5,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "hi"},
                "finish_reason": "stop",
                "logprobs": {"content": [{"token": "hi", "logprob": -1, "bytes": None, "top_logprobs": []}]},
            }
        ],
        "usage": {
            "prompt_tokens": 5,
            "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 1},
        },
    },
    "gemini": {
        "candidates": [
            {
                "content": {"parts": [{"text": "hi"}, {"functionCall": {"name": "f", "args": {"a": 1}}}]},
                "finishReason": "STOP",
                "index": 0,
                "tokenCount": 3,
                "logprobsResult": {"chosenCandidates": [{"token": "a", "logProbability": -1}]},
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 3,
            "candidatesTokenCount": 2,
            "thoughtsTokenCount": 1,
            "cachedContentTokenCount": 1,
            "toolUsePromptTokenCount": 1,
        },
    },
    "bedrock": {
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 3, "outputTokens": 2, "cacheReadInputTokens": 1, "cacheWriteInputTokens": 1},
        "metrics": {"latencyMs": 5},
    },
}
ANSWERS["anthropic"] = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "usage": {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 4,
        "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 6},
        "output_tokens_details": {"thinking_tokens": 1},
    },
}
ANSWERS["openai-responses"] = {
    "id": "r",
    "object": "response",
    "created_at": 5,
    "model": "m",
    "status": "completed",
    "output": [{"type": "message", "id": "i", "role": "assistant", "content": [{"type": "output_text", "text": "hi"}]}],
    "usage": {
        "input_tokens": 1,
        "output_tokens": 2,
        "input_tokens_details": {"cached_tokens": 1},
        "output_tokens_details": {"reasoning_tokens": 1},
        "total_tokens": 3,
    },
}


CHUNKS: dict[Format, list[dict[str, Any]]] = {
    "openai-chat": [
        {
            "id": "c",
            "created": 5,
            "choices": [
                {"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"},
                {"index": 1, "delta": {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}]}},
            ],
        },
        {"id": 7, "created": 5, "choices": [], "usage": ANSWERS["openai-chat"]["usage"]},
    ],
    "gemini": [ANSWERS["gemini"]],
}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every number's container and key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        if type(inner) is int or type(inner) is float:
            yield value, key
        else:
            yield from places(inner)


def bent(sample: Any) -> Iterator[bytes]:
    """The sample with one of its numbers, or all of them, replaced by each of the huge ones."""
    count = sum(1 for _ in places(sample))
    for which in [[at] for at in range(count)] + [list(range(count))]:
        value = copy.deepcopy(sample)
        for at, (holder, key) in enumerate(list(places(value))):
            if at in which:
                holder[key] = MARK
        text = json.dumps(value)
        for huge in HUGE:
            yield text.replace(str(MARK), huge).encode()


@pytest.mark.parametrize("source", REQUESTS)
def test_requests(source: Format) -> None:
    for body in bent(REQUESTS[source]):
        for target, speech in FORMATS.items():
            with contextlib.suppress(InvalidField, InvalidJson):
                speech.write_request(FORMATS[source].read_request(body), Back(model=MODELS.get(target, "m")), Losses())


@pytest.mark.parametrize("source", ANSWERS)
def test_answers(source: Format) -> None:
    for body in bent(ANSWERS[source]):
        for target, speech in FORMATS.items():
            request = ChatRequest(format=target, model="m", messages=[])
            with contextlib.suppress(UpstreamGarbage):
                speech.write_answer(FORMATS[source].read_answer(body), request, MADE, Losses())


@pytest.mark.parametrize("source", CHUNKS)
def test_streams(source: Format) -> None:
    for at, sample in enumerate(CHUNKS[source]):
        for chunk in bent(sample):
            every = [json.dumps(each).encode() for each in CHUNKS[source]]
            every[at] = chunk
            data = b"".join(b"data: %b\n\n" % each for each in every)
            for front in (CHAT, RESPONSES, MESSAGES):
                reader = FORMATS[source].stream_reader()
                request = ChatRequest(format=front.format, model="m", messages=[], include_usage=True)
                writer = front.writer(request, MADE, Losses())
                with contextlib.suppress(UpstreamGarbage):
                    writer.write(reader.feed(data) + reader.finish())
