from __future__ import annotations

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Ended,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.wire.opaque_parts import values_in_events, values_in_parts, values_in_whole

PARTS = [
    Text("x", opaque="on-text", annotations=[{"encrypted_index": "idx"}, {"url": "signature"}]),
    Reasoning("hm", opaque="sig", id="rs_1", rest={"thought_signature": "in-rest"}),
    Reasoning(opaque="", id=None),
    ToolCall("c", "f", '{"signature":"no"}', opaque="on-call"),
    ToolResult("c", [Text("y", opaque="inner"), Media("image", file_id="file_1")]),
    Media("image", data="signature"),
    Refusal("no"),
    Foreign("anthropic", "x_result", {"content": [{"encrypted_content": "enc"}], "input": {"signature": "no"}}),
]
VALUES = {"on-text", "idx", "sig", "rs_1", "in-rest", "on-call", "inner", "file_1", "enc"}


def test_values_in_parts() -> None:
    assert set(values_in_parts(PARTS)) == VALUES
    assert values_in_parts([Text("x"), Refusal("no")]) == []


def test_values_in_a_whole_answer() -> None:
    finish = Finish("refusal", rest={"stop_details": {"fallback_credit_token": "token"}})
    answer = Answer(format="anthropic", parts=PARTS, finish=finish, id="msg_1", rest={"container": {"id": "c_1"}})
    assert set(values_in_whole(answer)) == VALUES | {"token", "c_1"}
    answer = Answer(format="openai-responses", parts=[], finish=Finish("stop"), id="resp_1")
    assert values_in_whole(answer) == ["resp_1"]


def test_values_in_events() -> None:
    events = [Started("anthropic", id="msg_1")]
    for index, part in enumerate(PARTS):
        events += [Opened(index, part), Closed(index)]
    events += [
        TextDelta(0, "signature"),
        ArgumentsDelta(3, '{"signature":"no"}'),
        OpaqueDelta(1, "late"),
        OpaqueDelta(1, ""),
        AnnotationDelta(0, "anthropic", {"encrypted_index": "idx2"}),
        Finished(Finish("refusal", rest={"stop_details": {"fallback_credit_token": "token"}})),
        Ended(),
    ]
    assert set(values_in_events(events)) == VALUES | {"late", "idx2", "token"}
    assert values_in_events([Started("openai-responses", id="resp_1")]) == ["resp_1"]
    assert values_in_events([Started("openai-responses")]) == []
