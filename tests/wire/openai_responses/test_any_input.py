"""Whatever comes in: readers raise only what they say, and what they accept is written back."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ajar.domain.dialog.events import Ended
from ajar.domain.dialog.losses import Losses
from ajar.errors import InvalidField, InvalidJson, UpstreamGarbage
from ajar.wire.openai_responses.answer_read import read_answer
from ajar.wire.openai_responses.answer_write import write_answer
from ajar.wire.openai_responses.request import ResponsesRequest
from ajar.wire.openai_responses.request_read import read_request
from ajar.wire.openai_responses.request_write import write_request
from ajar.wire.openai_responses.stateless import require_stateless
from ajar.wire.openai_responses.stream_read import StreamReader
from ajar.wire.openai_responses.stream_write import StreamWriter
from wire.openai_responses import oracle
from wire.openai_responses.samples import AGENT, KEEPS_ALL, MADE, asked, event
from wire.openai_responses.test_stream_write import AGENT_EVENTS, write

WORDS = [
    "type", "role", "content", "text", "input_text", "message", "assistant", "tool", "reasoning", "summary", "output",
    "function_call", "function_call_output", "arguments", "call_id", "name", "id", "refusal", "auto", "", "data:,x",
    "input_image", "image_url", "input_file", "file_data", "annotations", "encrypted_content", "function", "include",
    "allowed_tools", "tools", "mode", "json_schema", "format", "schema", "custom", "input", "status", "incomplete",
]  # fmt: skip
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-1, 1) | st.sampled_from(WORDS)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in a value, with each of its keys."""
    found: list[tuple[Any, Any]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found.append((value, key))
        found += places(inner)
    return found


@st.composite
def bent(draw: st.DrawFn, sample: Any) -> Any:
    """A copy of `sample` with a few of its values replaced, removed or repeated."""
    value = copy.deepcopy(sample)
    for _ in range(draw(st.integers(1, 3))):
        every = places(value)
        if not every:
            break
        holder, key = every[draw(st.integers(0, len(every) - 1))]
        how = draw(st.integers(0, 3))
        if how == 0:
            del holder[key]
        elif how == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[draw(st.integers(0, len(holder) - 1))]))
        elif how == 2 and isinstance(holder, dict):
            holder[draw(st.sampled_from(WORDS))] = draw(trees)
        else:
            holder[key] = draw(trees)
    return value


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for read in (read_request, ResponsesRequest):
        with pytest.raises((InvalidJson, InvalidField)):
            read(data)
    with pytest.raises(UpstreamGarbage):
        read_answer(data)
    reader = StreamReader()
    with contextlib.suppress(UpstreamGarbage):
        reader.feed(data)
        reader.finish()


@settings(max_examples=1500, deadline=None)
@given(bent(AGENT))
def test_a_bent_request_is_refused_or_written_back(value: Any) -> None:
    body = json.dumps(value).encode()
    try:
        request = read_request(body)
    except (InvalidField, InvalidJson):
        return
    with contextlib.suppress(InvalidField):
        require_stateless(request)
    with contextlib.suppress(InvalidField):
        _ = ResponsesRequest(body).state
    losses = Losses()
    written = json.loads(write_request(request, KEEPS_ALL, losses))
    assert not losses
    if "store" not in value:
        del written["store"]
        if written.get("include") != value.get("include"):
            added = written.pop("include")
            assert added == [*(value.get("include") or []), "reasoning.encrypted_content"]
            value.pop("include", None)
    assert written == {**value, "model": "m"}
    request.format = "openai-chat"  # as if another format had brought it: nothing may break
    write_request(request, KEEPS_ALL, losses)
    request.format = "openai-responses"
    write_answer(read_answer(json.dumps(ANSWER).encode()), request, MADE, losses)


ANSWER: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 5,
    "status": "completed",
    "model": "m",
    "error": None,
    "incomplete_details": None,
    "output": [item for item in AGENT["input"] if item.get("role", "assistant") == "assistant"][:4],
    "usage": {"input_tokens": 3, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 0}},
    "odd": {"a": 1},
}
REQUEST = read_request(asked())


@settings(max_examples=700, deadline=None)
@given(bent(ANSWER))
def test_a_bent_answer_is_refused_or_written(value: Any) -> None:
    try:
        answer = read_answer(json.dumps(value).encode())
    except UpstreamGarbage:
        return
    write_answer(answer, REQUEST, MADE, Losses())
    answer.format = "openai-chat"
    write_answer(answer, REQUEST, MADE, Losses())


STREAM = oracle.events_of(write(AGENT_EVENTS)[0])


@settings(max_examples=700, deadline=None)
@given(bent(STREAM))
def test_a_bent_stream_is_refused_or_written(value: Any) -> None:
    reader, writer = StreamReader(), StreamWriter(REQUEST, MADE, Losses())
    found = []
    out = b""
    try:
        for each in value:
            if isinstance(each, dict):
                found += (events := reader.feed(event(str(each.pop("type", "")), **each)))
                out += writer.write(events)
        found += (events := reader.finish())
        out += writer.write(events)
    except UpstreamGarbage:
        return
    if out:
        written = oracle.events_of(out)
        assert [each["sequence_number"] for each in written] == list(range(len(written)))
    if any(isinstance(each, Ended) for each in found):
        oracle.check_items(written)


@given(trees)
def test_any_json(value: Any) -> None:
    data = json.dumps(value).encode()
    with contextlib.suppress(InvalidField, InvalidJson):
        read_request(data)
    with contextlib.suppress(UpstreamGarbage):
        read_answer(data)
    with contextlib.suppress(UpstreamGarbage):
        StreamReader().feed(b"data: " + data + b"\n\n")
