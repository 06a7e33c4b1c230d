"""Answers come out as OpenAI's own client reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.domain.dialog.request import ChatRequest
from ajar.domain.usage import Usage
from ajar.wire.json_fields import said
from ajar.wire.made import Made
from ajar.wire.openai_chat.answer_read import read_answer
from ajar.wire.openai_chat.answer_write import write_answer
from ajar.wire.openai_chat.request_read import read_request
from wire.openai_chat.recorded import chat_exchanges

if TYPE_CHECKING:
    from collections.abc import Callable

    from recordings import Exchange

MADE = Made("0193e7a5-1111-7222-8333-444455556666", 17, "route")
REQUEST = ChatRequest(format="openai-chat", model="m", messages=[])


def write(*parts: Any, finish: Finish | None = None, **fields: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    losses = Losses()
    made = Answer(**{"format": "anthropic", "parts": list(parts), "finish": finish or Finish("stop"), **fields})
    return json.loads(write_answer(made, REQUEST, MADE, losses)), losses.names


def message(*parts: Any) -> dict[str, Any]:
    return write(*parts)[0]["choices"][0]["message"]


def test_a_whole_answer(valid_answer: Callable[[bytes], dict[str, Any]]) -> None:
    losses = Losses()
    answer = Answer(
        format="anthropic",
        parts=[
            Reasoning("hm", "sig"),
            Text("a"),
            Text("b"),
            ToolCall("t1", "f", '{"a":1}'),
            Reasoning(opaque="red", redacted=True),
            ToolCall("t2", "g", "", opaque="s"),
        ],
        finish=Finish("tool_calls", "tool_use"),
        id="msg_1",
        model="claude",
        usage=Usage(10, 5, 4, 0, 3),
        usage_raw='{"input_tokens":6}',
        service_tier="standard",
    )
    assert valid_answer(write_answer(answer, REQUEST, MADE, losses)) == {
        "id": "msg_1",
        "object": "chat.completion",
        "created": 17,
        "model": "claude",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "ab",
                    "refusal": None,
                    "reasoning_content": "hm",
                    "reasoning_details": [
                        {"type": "reasoning.text", "text": "hm", "signature": "sig", "index": 0},
                        {"type": "reasoning.encrypted", "data": "red", "index": 4},
                    ],
                    "tool_calls": [
                        {"id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
                        {
                            "id": "t2",
                            "type": "function",
                            "function": {"name": "g", "arguments": "{}"},
                            "extra_content": {"google": {"thought_signature": "s"}},
                        },
                    ],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
                "native_finish_reason": "tool_use",
            }
        ],
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    }
    assert losses.names == ()


def test_an_answer_comes_back_as_it_was_said() -> None:
    """What a caller sends back of it is what it was."""
    parts = [
        Reasoning("hm", "sig"),
        Text("a", opaque="on text"),
        Reasoning("more", "enc", id="rs_1", summary=True),
        ToolCall("t1", "f", "{}", opaque="on call"),
        Reasoning(opaque="red", redacted=True),
        ToolCall("t2", "f", "x", custom=True),
    ]
    body = json.dumps({"model": "m", "messages": [message(*parts)]}).encode()
    (read,) = read_request(body).messages
    assert (read.role, read.parts) == ("assistant", parts)
    assert list(said(read.rest)) == []


def own_recorded(exchange: Exchange) -> bool:
    return exchange.status == 200 and not exchange.streamed and b'"choices"' in exchange.answer


@chat_exchanges(own_recorded)
def test_recorded_answers(exchange: Exchange, valid_answer: Callable[[bytes], dict[str, Any]]) -> None:
    losses = Losses()
    request = read_request(exchange.request)
    body = write_answer(read_answer(exchange.answer), request, MADE, losses)
    assert losses.names == ()
    value, came = json.loads(body), json.loads(exchange.answer)
    assert without_nothing(value.get("usage")) == without_nothing(came["usage"])
    for known in ("id", "model", "created", "system_fingerprint", "provider", "service_tier", "x_groq"):
        assert value.get(known) == came.get(known)
    value.pop("service_tier", None)  # others have tiers that OpenAI has not
    value["choices"][0]["message"].pop("annotations", None)  # and annotations
    value["usage"] = without_nothing(value["usage"])
    valid_answer(json.dumps(value).encode())


def without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_nothing(inner) for name, inner in value.items() if inner is not None}
    return value


@pytest.mark.parametrize(
    ("finish", "parts", "wanted"),
    [
        (Finish("stop"), [Text("a")], {"finish_reason": "stop"}),
        (Finish("stop", "stop"), [Text("a")], {"finish_reason": "stop"}),
        (
            Finish("stop_sequence", "stop_sequence", "END"),
            [],
            {"finish_reason": "stop", "native_finish_reason": "stop_sequence", "stop_reason": "END"},
        ),
        (Finish("length"), [], {"finish_reason": "length"}),
        (Finish("content_filter"), [], {"finish_reason": "content_filter"}),
        (Finish("refusal"), [Text("a")], {"finish_reason": "content_filter"}),
        (Finish("refusal"), [Refusal("no")], {"finish_reason": "stop"}),
        (
            Finish("pause", "pause_turn"),
            [Text("a")],
            {"finish_reason": "stop", "native_finish_reason": "pause_turn"},
        ),
    ],
)
def test_why_it_ended(finish: Finish, parts: list[Any], wanted: dict[str, Any]) -> None:
    choice = write(*parts, finish=finish)[0]["choices"][0]
    assert {name: choice[name] for name in choice if "reason" in name} == wanted


def test_content() -> None:
    assert message()["content"] == ""
    assert message(Text(""))["content"] == ""
    assert message(ToolCall("1", "f", "{}"))["content"] is None
    assert message(Refusal("no")) == {"role": "assistant", "content": None, "refusal": "no"}
    assert message(Media("image", "image/png", "AA=="))["images"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    ]
    custom = message(ToolCall("1", "f", "x", custom=True))["tool_calls"]
    assert custom == [{"id": "1", "type": "custom", "custom": {"name": "f", "input": "x"}}]
    assert message(ToolCall("", "f", "{}"))["tool_calls"][0]["id"] == "call_0193e7a5_0"


def test_what_stands_on_an_image_is_named() -> None:
    rest = {"thoughtSignature": "sig", "inlineData": {"new": 1}, "nothing": []}
    body, losses = write(Media("image", "image/png", "AA==", name="cat.png", rest=rest), format="gemini")
    assert body["choices"][0]["message"]["images"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    ]
    assert losses == ("content.name", "content.thoughtSignature", "content.inlineData")
    drawn = [{"type": "image_url", "image_url": {"url": "https://x/y", "detail": "low"}, "extra_content": {"a": 1}}]
    choice = {"message": {"role": "assistant", "content": "", "images": drawn}, "finish_reason": "stop"}
    own = Losses()
    again = write_answer(read_answer(json.dumps({"id": "c", "choices": [choice]}).encode()), REQUEST, MADE, own)
    assert json.loads(again)["choices"][0]["message"]["images"] == drawn
    assert own.names == ()


def test_thoughts_without_anything_to_send_back() -> None:
    assert message(Reasoning("a"), Reasoning("b"), Text("c")) == {
        "role": "assistant",
        "content": "c",
        "refusal": None,
        "reasoning_content": "ab",
    }


def test_citations() -> None:
    web = {"type": "web_search_result_location", "url": "u", "title": None, "encrypted_index": "e"}
    page = {"type": "page_location"}
    body, losses = write(Text("one "), Text("two", annotations=[web, page]))
    assert body["choices"][0]["message"]["annotations"] == [
        {"type": "url_citation", "url_citation": {"url": "u", "title": "", "start_index": 4, "end_index": 7}}
    ]
    assert losses == ("content.citations.encrypted_index", "content.citations")
    flat = {"type": "url_citation", "url": "u", "title": "t", "start_index": 1, "end_index": 2}
    body, losses = write(Text("one "), Text("two", annotations=[flat]), format="openai-responses")
    assert body["choices"][0]["message"]["annotations"] == [
        {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 5, "end_index": 6}}
    ]
    assert losses == ()
    far = flat | {"start_index": 10**30, "end_index": 1.5}
    body, _ = write(Text("one "), Text("two", annotations=[far]), format="openai-responses")
    (found,) = body["choices"][0]["message"]["annotations"]
    assert (found["url_citation"]["start_index"], found["url_citation"]["end_index"]) == (4, 7)


def test_nothing_is_invented() -> None:
    assert "usage" not in write(Text("a"))[0]
    assert "usage" not in write(Text("a"), usage=Usage())[0]
    body, losses = write(Text("a"), usage=Usage(output_tokens=3))
    assert body["usage"] == {"prompt_tokens": 0, "completion_tokens": 3, "total_tokens": 3}
    assert losses == ("usage",)
    assert "prompt_tokens_details" not in write(Text("a"), usage=Usage(1, 2))[0]["usage"]
    assert (body["id"], body["created"], body["model"]) == (f"chatcmpl-{MADE.id}", 17, "route")


def test_what_has_no_place_is_named() -> None:
    body, losses = write(
        Foreign("anthropic", "server_tool_use", {}),
        Media("audio", "audio/wav", "AA=="),
        finish=Finish("stop", rest={"stop_details": {"a": 1}, "nothing": None}),
        rest={"container": {"a": 1}, "nothing": None, "empty": []},
        service_tier="batch",
    )
    assert losses == ("server_tool_use", "audio", "stop_details", "container", "service_tier")
    assert "service_tier" not in body
