"""Answers in the form of Responses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Part, Reasoning, Refusal, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.wire.openai_responses.answer_read import read_answer
from ajar.wire.openai_responses.answer_write import write_answer
from ajar.wire.openai_responses.request_read import read_request
from wire.openai_responses import oracle
from wire.openai_responses.samples import AGENT, HEX, MADE, TOOL, asked, encode

STOP = Finish("stop", "end_turn")
USAGE = Usage(9, 5, 4, 0, 2)


def write(answer: Answer, request: bytes | None = None) -> tuple[dict[str, Any], tuple[str, ...]]:
    losses = Losses()
    body = json.loads(write_answer(answer, read_request(request or asked()), MADE, losses))
    problems = oracle.errors({**body, "tools": [each for each in body["tools"] if each["type"] != "namespace"]}
                             if request is None else {**body, "tools": []}, "ResponseResource")  # fmt: skip
    assert not problems, problems
    return body, losses.names


def answer(*parts: Part, finish: Finish = STOP, **fields: Any) -> Answer:
    return Answer(format="anthropic", parts=list(parts), finish=finish, **fields)


def test_a_plain_answer() -> None:
    body, lost = write(answer(Text("Hi."), id="msg_01", model="claude", usage=USAGE))
    assert not lost
    assert body["id"] == f"resp_{HEX}"
    assert body["model"] == "claude"
    assert (body["status"], body["error"], body["incomplete_details"]) == ("completed", None, None)
    assert (body["created_at"], body["completed_at"], body["store"]) == (MADE.created, MADE.created, False)
    assert body["native_finish_reason"] == "end_turn"
    assert body["usage"]["input_tokens"] == 9
    [item] = body["output"]
    assert item == {
        "type": "message",
        "id": item["id"],
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hi.", "annotations": [], "logprobs": []}],
    }
    assert item["id"].startswith("msg_")


def test_the_request_is_repeated_with_its_own_values() -> None:
    body, _ = write(answer(Text("Hi.")), encode(AGENT))
    for name in ("instructions", "tool_choice", "parallel_tool_calls", "max_output_tokens", "temperature", "top_p",
                 "metadata", "prompt_cache_key", "user", "reasoning"):  # fmt: skip
        assert body[name] == AGENT[name], name
    assert body["tools"] == AGENT["tools"]
    assert body["text"]["verbosity"] == "low"
    assert body["text"]["format"] == {**AGENT["text"]["format"], "description": None}
    assert body["truncation"] == "disabled"
    assert (body["previous_response_id"], body["background"]) == (None, False)


def test_tools_are_repeated_in_full() -> None:
    request = read_request(asked(tools=[{"type": "function", "name": "f"}, TOOL]))
    body = json.loads(write_answer(answer(), request, MADE, Losses()))
    assert body["tools"] == [
        {"type": "function", "name": "f", "description": None, "parameters": None, "strict": None},
        TOOL,
    ]
    assert not oracle.errors(body, "ResponseResource")


def test_items_of_all_kinds() -> None:
    body, lost = write(
        answer(
            Reasoning("hm", "signed"),
            Reasoning(opaque="EuYB", redacted=True),
            Text("a"),
            Text("b"),
            Refusal("no"),
            ToolCall("toolu_1", "f", '{"a":1}', opaque="sig"),
            ToolCall("c", "s", "ls", custom=True),
            Text("c", opaque="sig2"),
        )
    )
    assert not lost
    items = body["output"]
    assert [item["type"] for item in items] == [
        "reasoning",
        "reasoning",
        "message",
        "reasoning",
        "function_call",
        "custom_tool_call",
        "reasoning",
        "message",
    ]
    assert len({item["id"] for item in items}) == len(items)
    assert items[0]["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert items[0]["encrypted_content"] == "signed"
    assert items[1]["encrypted_content"] == "redacted_thinking:EuYB"
    assert [part["type"] for part in items[2]["content"]] == ["output_text", "output_text", "refusal"]
    assert items[3]["encrypted_content"] == "sig"
    assert (items[4]["call_id"], items[4]["arguments"], items[4]["status"]) == ("toolu_1", '{"a":1}', "completed")
    assert (items[5]["input"], items[6]["encrypted_content"]) == ("ls", "sig2")
    assert items[5]["status"] == "completed"


def test_what_a_caller_sends_back_is_what_was_answered() -> None:
    """Opaque values byte for byte, a redacted thought as such, before the call that they belong to."""
    body, _ = write(
        answer(Reasoning("hm", "signed"), Reasoning(opaque="EuYB", redacted=True), ToolCall("c", "f", "{}"))
    )
    request = read_request(asked(input=body["output"]))
    [turn] = request.messages
    thought, redacted, call = turn.parts
    assert isinstance(thought, Reasoning)
    assert (thought.text, thought.opaque, thought.redacted) == ("hm", "signed", False)
    assert isinstance(redacted, Reasoning)
    assert (redacted.text, redacted.opaque, redacted.redacted) == ("", "EuYB", True)
    assert isinstance(call, ToolCall)


@pytest.mark.parametrize(
    ("finish", "parts", "status", "reason"),
    [
        (Finish("stop"), [Text("a")], "completed", None),
        (Finish("stop_sequence"), [Text("a")], "completed", None),
        (Finish("pause"), [Text("a")], "completed", None),
        (Finish("tool_calls"), [ToolCall("c", "f", "")], "completed", None),
        (Finish("length"), [Text("a")], "incomplete", "max_output_tokens"),
        (Finish("content_filter"), [Text("a")], "incomplete", "content_filter"),
        (Finish("refusal"), [Text("a")], "incomplete", "content_filter"),
        (Finish("refusal"), [Refusal("a")], "completed", None),
    ],
)
def test_the_status(finish: Finish, parts: list[Part], status: str, reason: str | None) -> None:
    body, _ = write(answer(*parts, finish=finish))
    assert body["status"] == status
    assert body["incomplete_details"] == (None if reason is None else {"reason": reason})
    assert (body["completed_at"] is None) == (status == "incomplete")
    if isinstance(parts[0], Text):
        assert body["output"][0]["status"] == status


CUT: list[tuple[list[Part], list[str | None]]] = [
    ([Text("a"), ToolCall("c", "f", '{"a')], ["completed", "incomplete"]),
    ([ToolCall("c", "f", "{}"), ToolCall("d", "s", "l", custom=True)], ["completed", "incomplete"]),
    ([ToolCall("c", "f", "{}"), Text("a")], ["completed", "incomplete"]),
    ([Text("a"), Reasoning("hm", "sig")], ["completed", None]),
    ([Text("a"), Foreign("openai-responses", "web_search_call", {"id": "w"})], ["completed", None]),
    ([ToolCall("c", "f", "{"), Foreign("anthropic", "odd", {})], ["incomplete"]),
]


@pytest.mark.parametrize(("parts", "statuses"), CUT)
@pytest.mark.parametrize("source", ["anthropic", "openai-responses"])
def test_of_an_answer_that_was_cut_the_last_item_was(
    source: Any, parts: list[Part], statuses: list[str | None]
) -> None:
    cut = Answer(format=source, parts=parts, finish=Finish("length"))
    body = json.loads(write_answer(cut, read_request(asked()), MADE, Losses()))
    assert [item.get("status") for item in body["output"]] == statuses
    done = Answer(format=source, parts=parts, finish=Finish("tool_calls"))
    body = json.loads(write_answer(done, read_request(asked()), MADE, Losses()))
    assert {item.get("status") for item in body["output"]} <= {"completed", None}


def test_reasoning_without_an_id_gets_one() -> None:
    thought = {"type": "reasoning", "id": None, "summary": [], "encrypted_content": "g"}
    upstream = {"output": [thought], "status": "completed"}
    body = json.loads(write_answer(read_answer(encode(upstream)), read_request(asked()), MADE, Losses()))
    assert body["output"][0]["id"].startswith("rs_ajar")


def test_log_probabilities_of_a_chat_answer() -> None:
    rival = {"token": "é", "logprob": -1.0, "bytes": None}
    given = [{"token": "a", "logprob": -0.5, "bytes": None, "top_logprobs": [rival]}, "odd"]
    body, _ = write(Answer(format="openai-chat", parts=[Text("a")], finish=Finish("stop"), logprobs=given))
    assert body["output"][0]["content"][0]["logprobs"] == [
        {
            "token": "a",
            "logprob": -0.5,
            "bytes": [97],
            "top_logprobs": [{"token": "é", "logprob": -1.0, "bytes": [0xC3, 0xA9]}],
        }
    ]


def test_citations() -> None:
    inner = {"start_index": 0, "end_index": 1, "url": "https://x.test", "title": "X"}
    text = Text("a", annotations=[{"type": "url_citation", "url_citation": inner}])
    body, lost = write(Answer(format="openai-chat", parts=[text], finish=Finish("stop")))
    assert body["output"][0]["content"][0]["annotations"] == [{"type": "url_citation", **inner}]
    assert not lost
    _, lost = write(answer(Text("a", annotations=[{"type": "char_location"}])))
    assert lost == ("content.citations",)


def test_what_is_lost_is_named() -> None:
    foreign = Foreign("anthropic", "server_tool_use", {"type": "server_tool_use"})
    body, lost = write(
        answer(
            Text("a", rest={"odd": 1}),
            foreign,
            Media("image", "image/png", "AA"),
            usage=Usage(1),
            rest={"container": {"id": "c"}, "nothing": None},
        )
    )
    assert lost == ("container", "content.odd", "server_tool_use", "content.image", "usage")
    assert body["usage"] is None
    assert len(body["output"]) == 1


def test_an_empty_answer() -> None:
    body, lost = write(answer())
    assert (body["output"], body["usage"], body["model"]) == ([], None, MADE.model)
    assert not lost


def test_the_official_client_reads_it() -> None:
    body = encode(write(answer(Text("Hi."), ToolCall("c", "f", "{}"), usage=USAGE))[0])
    with oracle.client(body, "application/json") as client:
        response = client.responses.create(model="r", input="Hi")
    assert response.output_text == "Hi."
    assert response.usage is not None
    assert response.usage.input_tokens_details.cached_tokens == 4
    assert [item.type for item in response.output] == ["message", "function_call"]
