"""Recorded traffic: every request, answer and stream is read, and what is read is written back the same."""

from __future__ import annotations

import contextlib
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.events import Closed, Counted, Ended, Event, Finished, Opened, Started, TextDelta
from ajar.domain.dialog.losses import Losses
from ajar.errors import InvalidField
from ajar.wire.back import Back
from ajar.wire.made import Made
from ajar.wire.openai_responses.answer import Facts
from ajar.wire.openai_responses.answer_read import read_answer
from ajar.wire.openai_responses.answer_write import write_answer
from ajar.wire.openai_responses.error import read_error
from ajar.wire.openai_responses.request import ResponsesRequest
from ajar.wire.openai_responses.request_read import read_request
from ajar.wire.openai_responses.request_write import write_request
from ajar.wire.openai_responses.stateless import require_stateless
from ajar.wire.openai_responses.stream import EventStream
from ajar.wire.openai_responses.stream_read import StreamReader
from ajar.wire.openai_responses.stream_write import StreamWriter
from recordings import Exchange, exchanges
from wire.openai_responses import oracle

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.usage import Usage

MADE = Made("0198c0de-0000-7000-8000-000000000001", 1_790_000_000, "some-model")
KEEPS_ALL = Back(model="m", keeps=lambda _: True)
URL = r"/responses(\?|$)"
_LONG = 20_000


def recorded(wanted: Callable[[Exchange], bool]) -> Callable[[Any], Any]:
    def decorate(test: Any) -> Any:
        marks = [exchanges(provider, URL, wanted) for provider in ("openai-responses", "bedrock-mantle", "deepseek")]
        values = [value for mark in marks for value in mark.args[1]]
        values = [value for value in values if isinstance(value, Exchange)] or values[:1]
        return pytest.mark.parametrize("exchange", values, ids=lambda each: getattr(each, "name", None))(test)

    return decorate


def answered(exchange: Exchange) -> bool:
    return exchange.status == 200 and not exchange.streamed


def streamed(exchange: Exchange) -> bool:
    return exchange.status == 200 and exchange.streamed


def asked(exchange: Exchange) -> bool:
    return exchange.request[:1] == b"{"


def check_usage(usage: Usage) -> None:
    """Input includes cached, output includes reasoning."""
    assert usage.input_tokens is not None
    assert usage.output_tokens is not None
    assert (usage.cache_read_input_tokens or 0) + (usage.cache_write_input_tokens or 0) <= usage.input_tokens
    assert (usage.reasoning_output_tokens or 0) <= usage.output_tokens


@recorded(asked)
def test_a_request_is_written_back_as_it_came(exchange: Exchange) -> None:
    request = read_request(exchange.request)
    losses = Losses()
    written = json.loads(write_request(request, KEEPS_ALL, losses))
    given = json.loads(exchange.request)
    reasons = (given.get("reasoning") or {}).get("effort") not in (None, "none")
    expected = {**given, "model": "m"}
    if "store" not in given:  # nothing is stored that nobody asked to store
        expected["store"] = False
        if reasons and "reasoning.encrypted_content" not in given.get("include", []):
            expected["include"] = [*given.get("include", []), "reasoning.encrypted_content"]
    assert written == expected
    assert not losses


@recorded(asked)
def test_a_request_passes_as_bytes_with_its_state_told(exchange: Exchange) -> None:
    request = ResponsesRequest(exchange.request)
    given = json.loads(exchange.request)
    assert json.loads(request.outgoing(b'"m"', meter=True)) == {**given, "model": "m"}
    state = request.state
    conversation = given.get("conversation")
    assert state.previous_response_id == given.get("previous_response_id")
    assert state.conversation == conversation
    assert state.store == given.get("store")
    assert state.background == bool(given.get("background"))
    held = state.held or state.previous_response_id or state.conversation or state.store or state.background
    with pytest.raises(InvalidField) if held else contextlib.nullcontext():
        require_stateless(read_request(exchange.request))


@recorded(answered)
def test_an_answer_is_read_and_written_back(exchange: Exchange) -> None:
    answer = read_answer(exchange.answer)
    given = json.loads(exchange.answer)
    if answer.usage is not None:
        check_usage(answer.usage)
        assert json.loads(answer.usage_raw or "") == given["usage"]
        assert given["usage"]["input_tokens"] == answer.usage.input_tokens
    else:
        assert given["usage"] is None
    if answer.finish.reason == "error":
        assert given["status"] in ("queued", "in_progress")
        return
    losses = Losses()
    request = read_request(exchange.request) if asked(exchange) else read_request(b'{"model":"m","input":""}')
    written = json.loads(write_answer(answer, request, MADE, losses))
    for item, original in zip(written["output"], given["output"], strict=True):
        assert {**item, "status": 1} == {**default_of(original), "status": 1}
    assert (written["id"], written["model"]) == (given["id"], given["model"])
    assert written["status"] == "completed"
    if all(item["type"] in ("message", "function_call", "reasoning") for item in written["output"]):
        assert not oracle.errors(stripped(written), "ResponseResource")


def default_of(item: dict[str, Any]) -> dict[str, Any]:
    """Log probabilities that were not asked for are an empty list in what is written."""
    if item["type"] == "message":
        parts = [{"logprobs": [], **part} if part["type"] == "output_text" else part for part in item["content"]]
        return {**item, "content": parts}
    return item


def stripped(response: dict[str, Any]) -> dict[str, Any]:
    """Without what the schema, but not OpenAI's API, is too narrow for."""
    response = {**response, "tools": [tool for tool in response["tools"] if tool["type"] in ("function", "custom")]}
    for item in response["output"]:
        for part in item.get("content") or ():
            kinds = [each["type"] for each in part.get("annotations", ())]
            if set(kinds) - {"url_citation"}:
                part["annotations"] = []
        if item.get("encrypted_content", "") is None:
            del item["encrypted_content"]
    return response


@recorded(lambda each: each.status >= 400)
def test_an_error_is_read(exchange: Exchange) -> None:
    found = read_error(exchange.status, exchange.answer)
    error = json.loads(exchange.answer)["error"]
    assert (found.message, found.type, found.code) == (error["message"], error["type"], error["code"])


def read(data: bytes, cuts: list[int]) -> list[Event]:
    reader = StreamReader()
    events: list[Event] = []
    at = 0
    for cut in [*cuts, len(data)]:
        events += reader.feed(data[at:cut])
        at = cut
    events += reader.finish()
    assert reader.ended
    return events


def check_grammar(events: list[Event]) -> None:
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Ended)
    begun: list[int] = []
    open_blocks: set[int] = set()
    finished = 0
    for event in events[1:-1]:
        if isinstance(event, Opened):
            assert event.index == len(begun)
            begun.append(event.index)
            open_blocks.add(event.index)
        elif isinstance(event, Closed):
            open_blocks.remove(event.index)
        elif isinstance(event, Finished):
            assert not open_blocks
            finished += 1
        elif not isinstance(event, Counted):
            assert event.index in open_blocks  # type: ignore[union-attr]
            assert not finished
    assert not open_blocks
    assert finished == 1


@recorded(streamed)
def test_a_stream_is_read_at_every_split(exchange: Exchange) -> None:
    data = exchange.answer
    events = read(data, [])
    check_grammar(events)
    usage = next(event for event in events if isinstance(event, Counted))
    check_usage(usage.usage)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    for piece in (b"output_text.done", b"summary_text.done"):
        assert piece not in data or text
    chosen = random.Random(7)
    if len(data) > _LONG:
        splits = [sorted(chosen.sample(range(len(data)), 3)) for _ in range(200)]
    else:
        splits = [[cut] for cut in range(len(data))]
    for cuts in splits:
        assert read(data, cuts) == events


@recorded(streamed)
def test_a_stream_is_written_back_with_the_same_output(exchange: Exchange) -> None:
    writer = StreamWriter(read_request(exchange.request or b'{"model":"m","input":""}'), MADE, losses := Losses())
    reader = StreamReader()
    out = b"".join([writer.write(reader.feed(exchange.answer)), writer.write(reader.finish())])
    events = oracle.events_of(out)
    oracle.check_items(events)
    assert not losses
    given = final_response(exchange.answer)
    final = events[-1]["response"]
    # The last event repeats the items with reasoning that is encrypted anew.
    for item, original in zip(final["output"], done_items(exchange.answer), strict=True):
        expected = default_of(original)
        if item["type"] == "reasoning":
            joined = "\n\n".join(part["text"] for part in original["summary"])
            expected["summary"] = [{"type": "summary_text", "text": joined}] if joined else []
            expected.pop("status", None)
        assert item == expected
    assert (final["id"], final["model"]) == (given["id"], given["model"])
    for name in ("input_tokens", "output_tokens", "total_tokens"):
        assert final["usage"][name] == given["usage"][name]


def done_items(data: bytes) -> list[dict[str, Any]]:
    found = [json.loads(line[6:]) for line in data.splitlines() if line.startswith(b"data: {")]
    return [event["item"] for event in found if event["type"] == "response.output_item.done"]


def final_response(data: bytes) -> dict[str, Any]:
    for line in reversed(data.splitlines()):
        if line.startswith(b"data: {"):
            event = json.loads(line[6:])
            if event["type"] == "response.completed":
                return event["response"]
    raise AssertionError


@recorded(streamed)
def test_a_stream_passes_as_bytes_and_its_end_is_found(exchange: Exchange) -> None:
    data = exchange.answer
    chosen = random.Random(7)
    for _ in range(50):
        cuts = sorted(chosen.sample(range(len(data)), 5))
        stream, out, mark = EventStream(), b"", -1
        for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
            piece = stream.feed(data[start:end])
            at = stream.mark_in(piece)
            if at >= 0 and mark < 0:
                mark = len(out) + at
            out += piece
        out += stream.flush()
        assert out == data
        last = data[mark:]
        assert last.startswith((b"event: ", b"data: "))  # Bedrock names an event after its data
        assert b'"type":"response.completed"' in last
        assert b'"type":"response.completed"' not in data[:mark]
        facts, marked = stream.facts()
        assert marked
        assert facts.finish_reason == "completed"
        assert facts.model == final_response(data)["model"]
        assert json.loads(bytes(facts.usage or b"")) == final_response(data)["usage"]


@recorded(answered)
def test_the_facts_of_an_answer(exchange: Exchange) -> None:
    facts = Facts()
    facts.update(exchange.answer)
    given = json.loads(exchange.answer)
    status = given["status"] if given["status"] not in ("queued", "in_progress") else None
    assert (facts.model, facts.finish_reason, facts.failed) == (given["model"], status, False)
    assert facts.usage is None or json.loads(bytes(facts.usage)) == given["usage"]
