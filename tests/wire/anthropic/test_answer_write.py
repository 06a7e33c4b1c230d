"""Whole answers for callers who speak Anthropic's format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import anthropic.types
import pytest

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall
from ajar.domain.dialog.request import ChatRequest
from ajar.domain.usage import Usage
from ajar.wire.anthropic.answer_read import read_answer
from ajar.wire.anthropic.answer_write import write_answer
from ajar.wire.made import Made
from recordings import Exchange, exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

    Valid = Callable[[bytes], dict[str, Any]]

REQUEST = ChatRequest(format="anthropic", model="r", messages=[])
MADE = Made("0197c0de-0000-7000-8000-0123456789ab", 1, "claude-x")
COUNTS = Usage(10, 5, 4, 2, 3)


def write(*parts: Part, finish: Finish | None = None, **fields: Any) -> tuple[bytes, tuple[str, ...]]:
    losses = Losses()
    given = {"format": "openai-chat", "id": "chatcmpl-1", "model": "gpt", "usage": COUNTS, "usage_raw": "{}", **fields}
    answer = Answer(parts=list(parts), finish=finish or Finish("stop", "stop"), **given)
    return write_answer(answer, REQUEST, MADE, losses), losses.names


def test_an_answer_of_another_format(valid_answer: Valid) -> None:
    body, lost = write(
        Reasoning("hm"),
        Text("hello"),
        Text(""),
        ToolCall("c:1", "f", '{ "a" : 1.0 }'),
        ToolCall("c2", "f", ""),
        finish=Finish("tool_calls", "tool_calls"),
    )
    assert b'{ "a" : 1.0 }' in body
    value = json.loads(body)
    assert value["id"] == "msg_0197c0de0000700080000123456789ab"
    assert (value["model"], value["stop_reason"], value["stop_sequence"]) == ("gpt", "tool_use", None)
    assert value["content"] == [
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "text", "text": "hello", "citations": None},
        {"type": "tool_use", "id": "c:1", "name": "f", "input": {"a": 1.0}, "caller": {"type": "direct"}},
        {"type": "tool_use", "id": "c2", "name": "f", "input": {}, "caller": {"type": "direct"}},
    ]
    usage = {name: count for name, count in value["usage"].items() if count is not None}
    assert usage == {
        "input_tokens": 4,
        "output_tokens": 5,
        "cache_read_input_tokens": 4,
        "cache_creation_input_tokens": 2,
        "output_tokens_details": {"thinking_tokens": 3},
    }
    assert lost == ()
    valid_answer(body.replace(b"c:1", b"c1"))
    assert anthropic.types.Message.model_validate(value).content[2].type == "tool_use"


def test_nothing_is_made_up(valid_answer: Valid) -> None:
    body, lost = write(Text("x"), usage=None, usage_raw=None, id=None, model=None)
    value = valid_answer(body)
    assert (value["usage"]["input_tokens"], value["usage"]["output_tokens"]) == (0, 0)
    assert value["model"] == "claude-x"
    assert lost == ("usage",)


PARTS: list[tuple[Part, list[dict[str, Any]], tuple[str, ...]]] = [
    (Reasoning("", "sig"), [{"type": "thinking", "thinking": "", "signature": "sig"}], ()),
    (Reasoning("", "sig", redacted=True), [{"type": "redacted_thinking", "data": "sig"}], ()),
    (
        ToolCall("c", "f", "", opaque="sig"),
        [
            {"type": "thinking", "thinking": "", "signature": "sig"},
            {"type": "tool_use", "id": "c", "name": "f", "input": {}, "caller": {"type": "direct"}},
        ],
        (),
    ),
    (
        Text("t", opaque="sig"),
        [
            {"type": "thinking", "thinking": "", "signature": "sig"},
            {"type": "text", "text": "t", "citations": None},
        ],
        (),
    ),
    (Text("t", annotations=[{}]), [{"type": "text", "text": "t", "citations": None}], ("annotations",)),
    (Media("image", mime="image/png", data="AAAA"), [], ("image",)),
    (Foreign("openai-responses", "web_search_call", {}), [], ("web_search_call",)),
    (Text("", rest={"odd": 1, "null": None}), [], ("content.odd",)),
]


@pytest.mark.parametrize(("part", "blocks", "names"), PARTS)
def test_parts(valid_answer: Valid, part: Part, blocks: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    body, lost = write(part)
    assert valid_answer(body)["content"] == blocks
    assert lost == names


ARGUMENTS = [("{", {"INVALID_JSON": "{"}), ("[1]", {"INVALID_JSON": "[1]"}), ("null", {}), (" ", {})]


@pytest.mark.parametrize(("text", "given"), ARGUMENTS)
def test_arguments_that_are_no_object(valid_answer: Valid, text: str, given: dict[str, Any]) -> None:
    body, lost = write(ToolCall("c", "f", text), finish=Finish("length", "length"))
    value = valid_answer(body)
    assert value["content"][0]["input"] == given
    assert value["stop_reason"] == "max_tokens"
    assert lost == (("tool_calls.arguments",) if given else ())


def test_a_custom_call(valid_answer: Valid) -> None:
    body, lost = write(ToolCall("c", "f", 'say "x"', custom=True))
    assert valid_answer(body)["content"][0]["input"] == {"input": 'say "x"'}
    assert lost == ("tool_calls.custom",)


def test_a_refusal(valid_answer: Valid) -> None:
    value = valid_answer(write(Refusal("I will not"))[0])
    assert (value["content"][0]["text"], value["stop_reason"]) == ("I will not", "refusal")
    assert valid_answer(write(finish=Finish("content_filter", "SAFETY"))[0])["stop_reason"] == "refusal"


def test_what_else_is_lost() -> None:
    _, lost = write(
        Text("x"),
        logprobs=[1],
        rest={"system_fingerprint": "f", "null": None},
        service_tier="flex",
        finish=Finish("stop", "stop", rest={"odd": 1}),
    )
    assert lost == ("logprobs", "system_fingerprint", "finish.odd", "service_tier")
    body, lost = write(Text("x"), service_tier="default")
    assert (json.loads(body)["usage"]["service_tier"], lost) == ("standard", ())


@exchanges("anthropic", r"/v1/messages\?", lambda each: each.status == 200 and not each.streamed)
def test_recorded_answers_come_back(exchange: Exchange) -> None:
    losses = Losses()
    written = json.loads(write_answer(read_answer(exchange.answer), REQUEST, MADE, losses))
    given = json.loads(exchange.answer)
    added = {"caller": {"type": "direct"}, "citations": None}
    for before, after in zip(given["content"], written["content"], strict=True):
        assert {**{name: added[name] for name in after.keys() - before.keys()}, **before} == after
    for node in (given, written):
        del node["content"]
    assert {"container": None, "stop_details": None, **given} == written
    assert not losses
