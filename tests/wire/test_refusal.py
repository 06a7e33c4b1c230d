"""An answer that was refused on grounds of safety is told from any other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.events import Closed, Ended, Finished, Opened, Started, TextDelta
from ajar.domain.dialog.parts import Media, Reasoning, Refusal, Text, ToolCall
from ajar.wire.formats import FORMATS
from ajar.wire.refusal import refused_answer, refused_events, refused_in, refused_words

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import FinishReason
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Format, Part

AZURE: dict[str, Any] = {
    "error": {
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {}},
    }
}
FLAGGED = "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again"


def error(**fields: Any) -> dict[str, Any]:
    return {"error": {"message": "m", "type": None, "param": None, "code": None, **fields}}


@pytest.mark.parametrize(
    "value",
    [
        AZURE,
        error(innererror={"code": "ResponsibleAIPolicyViolation"}),
        error(code="content_policy_violation"),
        error(code="moderation_blocked", type="image_generation_user_error"),
        error(code="invalid_prompt", message=FLAGGED),
        error(code="cyber_policy"),
        error(code="contentFilter"),
        error(type="content_filter"),
        error(message="Content Exists Risk", code="invalid_request_error"),
        error(code="data_inspection_failed"),
        error(code="1301"),
        error(code=403, metadata={"reasons": ["violence"], "flagged_input": "x", "provider_name": "P"}),
        error(code=403, metadata={"error_type": "content_policy_violation"}),
        {"code": "permission-denied", "error": "Content violates usage guidelines. "},
        {
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "Output blocked by content filtering policy"},
        },
        [{"error": {"code": "content_filter"}}],
    ],
)
def test_errors_that_are_refusals(value: Any) -> None:
    assert refused_in(value)
    assert all(speech.refused(400, json.dumps(value).encode()) for speech in FORMATS.values())


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [1],
        1,
        "content_filter",
        {},
        error(),
        error(code="invalid_prompt", message="Invalid prompt: it is empty"),
        error(code="rate_limit_exceeded"),
        error(code=["content_filter"], type={"a": 1}, message=5, metadata=[1], innererror="x"),
        error(code=400, metadata={"reasons": [], "error_type": None}),
        {"error": "no such model", "code": "content"},
        {"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT", "details": []}},
        {"message": "Too many tokens", "__type": "ThrottlingException"},
    ],
)
def test_errors_that_are_not(value: Any) -> None:
    assert not refused_in(value)
    assert not any(speech.refused(400, json.dumps(value).encode()) for speech in FORMATS.values())


def test_words() -> None:
    assert refused_words(None, None, "Content_Filter")
    assert refused_words("sorry: CONTENT EXISTS RISK")
    assert not refused_words("content_filter")
    assert not refused_words(None)


def chat(finish: str | None, **message: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"finish_reason": finish, "message": {"role": "assistant", **message}}]}


def responses(output: list[Any], **fields: Any) -> dict[str, Any]:
    return {"id": "r", "object": "response", "status": "completed", "error": None, "output": output, **fields}


def item(*content: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "id": "m", "content": list(content)}


NO = {"type": "refusal", "refusal": "no"}
YES: dict[str, Any] = {"type": "output_text", "text": "yes", "annotations": []}
FILTERED = {"reason": "content_filter"}


def messages(stop: str, *content: Any) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": list(content), "stop_reason": stop}


def gemini(finish: str | None, *parts: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": list(parts)}, "finishReason": finish}]}


def converse(stop: str, *content: Any) -> dict[str, Any]:
    return {"output": {"message": {"role": "assistant", "content": list(content)}}, "stopReason": stop}


TEXT = {"type": "text", "text": "yes"}


@pytest.mark.parametrize(
    ("origin", "value", "wanted"),
    [
        ("openai-chat", chat("content_filter", content=None), True),
        ("openai-chat", chat("content_filter", content="half of"), True),
        ("openai-chat", chat("stop", content=None, refusal="no"), True),
        ("openai-chat", chat("stop", content="", refusal="no"), True),
        ("openai-chat", chat("stop", content="yes", refusal="but"), False),
        ("openai-chat", chat("stop", content="yes", refusal=None), False),
        ("openai-chat", chat("length", content=""), False),
        ("openai-chat", {**AZURE, "choices": []}, True),
        ("openai-chat", chat("stop", content="yes") | {"code": "content_filter"}, False),
        ("openai-responses", responses([item(NO)]), True),
        ("openai-responses", responses([{"type": "reasoning", "id": "r", "summary": []}, item(NO)]), True),
        ("openai-responses", responses([], status="incomplete", incomplete_details=FILTERED), True),
        ("openai-responses", responses([item(YES)], status="incomplete", incomplete_details=FILTERED), True),
        ("openai-responses", responses([item(YES)]), False),
        ("openai-responses", responses([], status="failed", error={"code": "content_filter", "message": "m"}), True),
        ("openai-responses", responses([], status="failed", error={"code": "server_error", "message": "m"}), False),
        ("anthropic", messages("refusal"), True),
        ("anthropic", messages("refusal", TEXT), True),
        ("anthropic", messages("end_turn", TEXT), False),
        ("anthropic", messages("end_turn"), False),
        ("gemini", {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, True),
        ("gemini", gemini("SAFETY"), True),
        ("gemini", gemini("PROHIBITED_CONTENT", {"text": "half"}), True),
        ("gemini", gemini("STOP", {"text": "yes"}), False),
        ("gemini", gemini("MAX_TOKENS", {"text": "yes"}), False),
        ("bedrock", converse("guardrail_intervened", {"text": "Sorry, I cannot."}), True),
        ("bedrock", converse("content_filtered"), True),
        ("bedrock", converse("end_turn", {"text": "yes"}), False),
    ],
)
def test_whole_answers(origin: Format, value: Any, wanted: bool) -> None:
    assert FORMATS[origin].refused(200, json.dumps(value).encode()) is wanted


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"[" * 100_000, b"\xff", b'{"error":"\xff"}', b"<html>"])
def test_what_cannot_be_read_is_no_refusal(body: bytes) -> None:
    for speech in FORMATS.values():
        assert not speech.refused(200, body)
        assert not speech.refused(400, body)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "message", "code", "type", "innererror", "metadata", "reasons"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_value(value: Any) -> None:
    assert refused_in(value) in (True, False)
    for speech in FORMATS.values():
        assert speech.refused(500, json.dumps(value).encode()) is refused_in(value)


def answer(reason: FinishReason, *parts: Part) -> Answer:
    return Answer(format="openai-chat", parts=list(parts), finish=Finish(reason))


def test_a_typed_answer() -> None:
    assert refused_answer(answer("refusal"))
    assert refused_answer(answer("content_filter", Text("half")))
    assert refused_answer(answer("stop", Reasoning("hm"), Text(""), Refusal("no")))
    assert not refused_answer(answer("stop", Refusal("no"), Text("but")))
    assert not refused_answer(answer("tool_calls", Refusal("no"), ToolCall("i", "n", "{}")))
    assert not refused_answer(answer("stop", Media("image", "image/png", data="")))
    assert not refused_answer(answer("stop"))
    assert not refused_answer(answer("error"))


BEGUN: list[Event] = [Started("openai-chat")]


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ([], False),
        (BEGUN, False),
        ([*BEGUN, Opened(0, Text("")), TextDelta(0, "yes")], False),
        ([*BEGUN, Opened(0, Refusal("")), TextDelta(0, "no")], True),
        ([*BEGUN, Opened(0, Refusal("no"), whole=True)], True),
        ([*BEGUN, Opened(0, Refusal("")), Opened(1, Text("")), TextDelta(1, "yes")], False),
        ([*BEGUN, Opened(0, Refusal("")), TextDelta(0, ""), TextDelta(0, "no")], True),
        ([*BEGUN, TextDelta(7, "yes")], False),
        ([*BEGUN, Opened(0, Text("")), Closed(0), Finished(Finish("refusal")), Ended()], True),
        ([*BEGUN, Finished(Finish("content_filter")), Ended()], True),
        ([*BEGUN, Finished(Finish("stop")), Ended()], False),
        ([*BEGUN, Opened(0, ToolCall("i", "n", "")), Finished(Finish("content_filter"))], True),
        ([*BEGUN, Opened(0, ToolCall("i", "n", "")), Opened(1, Refusal("no"))], False),
    ],
)
def test_the_beginning_of_a_stream(events: list[Event], wanted: bool) -> None:
    assert refused_events(events) is wanted
