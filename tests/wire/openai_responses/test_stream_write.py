"""Events of the typed form as Responses streams, judged by the schema and by OpenAI's own client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest

from ajar.domain.dialog.answer import Answer, Finish
from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Event,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.errors import UpstreamClosed
from ajar.wire.openai_responses.answer_write import write_answer
from ajar.wire.openai_responses.request_read import read_request
from ajar.wire.openai_responses.stream_read import StreamReader
from ajar.wire.openai_responses.stream_write import StreamWriter
from wire.openai_responses import oracle
from wire.openai_responses.samples import AGENT, HEX, MADE, TOOL, asked, encode
from wire.openai_responses.samples import event as upstream

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part

START = Started("anthropic", "msg_01", "claude", None)
USAGE = Counted(Usage(9, 5, 4, 0, 2), "{}")
END: list[Event] = [Finished(Finish("stop", "end_turn")), USAGE, Ended()]
AGENT_EVENTS: list[Event] = [
    START,
    Opened(0, Reasoning()),
    TextDelta(0, "I sh"),
    TextDelta(0, "ould look."),
    OpaqueDelta(0, "signed"),
    Closed(0),
    Opened(1, Reasoning(opaque="EuYB", redacted=True), whole=True),
    Closed(1),
    Opened(2, Text("")),
    TextDelta(2, 'Say "hi"\n'),
    TextDelta(2, "é\u2028"),
    Closed(2),
    Opened(3, Text("")),
    TextDelta(3, "More."),
    Closed(3),
    Opened(4, ToolCall("toolu_1", "find_order", "")),
    Opened(5, ToolCall("toolu_2", "shell", "", custom=True)),
    ArgumentsDelta(4, '{"id":'),
    ArgumentsDelta(5, "ls"),
    ArgumentsDelta(4, '"1"}'),
    Closed(4),
    Closed(5),
    Finished(Finish("tool_calls", "tool_use")),
    USAGE,
    Ended(),
]


def write(events: list[Event], request: bytes | None = None, *, at_once: bool = True) -> tuple[bytes, tuple[str, ...]]:
    losses = Losses()
    writer = StreamWriter(read_request(request or asked(stream=True)), MADE, losses)
    pieces = [writer.write(events)] if at_once else [writer.write([event]) for event in events]
    assert all(piece == b"" or piece.endswith(b"\n\n") for piece in pieces)
    return b"".join(pieces), losses.names


def block(index: int, part: Part, *deltas: Event) -> list[Event]:
    return [Opened(index, part), *deltas, Closed(index)]


def test_an_agents_answer() -> None:
    data, lost = write(AGENT_EVENTS)
    assert not lost
    events = oracle.check_stream(data)
    assert [event["type"].removeprefix("response.") for event in events] == [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "output_item.added",
        "custom_tool_call_input.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "custom_tool_call_input.done",
        "output_item.done",
        "completed",
    ]
    first, last = events[0]["response"], events[-1]["response"]
    assert (first["id"], first["status"], first["output"], first["usage"]) == (f"resp_{HEX}", "in_progress", [], None)
    assert (last["id"], last["status"], last["model"]) == (f"resp_{HEX}", "completed", "claude")
    assert last["usage"]["total_tokens"] == 14
    assert last["native_finish_reason"] == "tool_use"
    thought, redacted, message, call, custom = last["output"]
    assert thought["encrypted_content"] == "signed"
    assert redacted["encrypted_content"] == "redacted_thinking:EuYB"
    assert [part["text"] for part in message["content"]] == ['Say "hi"\né\u2028', "More."]
    assert (call["call_id"], call["name"], call["arguments"]) == ("toolu_1", "find_order", '{"id":"1"}')
    assert (custom["call_id"], custom["input"]) == ("toolu_2", "ls")
    assert (call["status"], custom["status"]) == ("completed", "completed")


def test_event_by_event_is_the_same() -> None:
    assert write(AGENT_EVENTS, at_once=False) == write(AGENT_EVENTS)


def test_a_stream_ends_as_the_whole_answer_would_be() -> None:
    parts: list[Part] = [
        Reasoning("I should look.", "signed"),
        Reasoning(opaque="EuYB", redacted=True),
        Text('Say "hi"\né\u2028'),
        Text("More."),
        ToolCall("toolu_1", "find_order", '{"id":"1"}'),
        ToolCall("toolu_2", "shell", "ls", custom=True),
    ]
    answer = Answer(
        format="anthropic",
        parts=parts,
        finish=Finish("tool_calls", "tool_use"),
        model="claude",
        usage=USAGE.usage,
    )
    whole = json.loads(write_answer(answer, read_request(encode(AGENT)), MADE, Losses()))
    last = oracle.events_of(write(AGENT_EVENTS, encode(AGENT))[0])[-1]["response"]
    for response in (whole, last):
        for item in response["output"]:
            del item["id"]
    assert last == whole


def test_the_request_is_repeated_in_every_state() -> None:
    request = asked(tools=[TOOL], instructions="Be brief.", temperature=0, stream=True)
    events = oracle.check_stream(write([START, *END], request)[0])
    for event in (events[0], events[1], events[-1]):
        response = event["response"]
        assert (response["tools"], response["instructions"], response["temperature"]) == ([TOOL], "Be brief.", 0)
        assert response["store"] is False


@pytest.mark.parametrize(
    ("finish", "kind", "reason"),
    [
        (Finish("length", "max_tokens"), "incomplete", "max_output_tokens"),
        (Finish("content_filter"), "incomplete", "content_filter"),
        (Finish("refusal"), "incomplete", "content_filter"),
        (Finish("pause"), "completed", None),
        (Finish("stop_sequence"), "completed", None),
    ],
)
def test_the_end(finish: Finish, kind: str, reason: str | None) -> None:
    events = [START, *block(0, Text(""), TextDelta(0, "a")), Counted(Usage(1), "{}"), Finished(finish), USAGE, Ended()]
    found = oracle.check_stream(write(events)[0])
    assert found[-1]["type"] == f"response.{kind}"
    response = found[-1]["response"]
    assert (response["status"], response["output"][0]["status"]) == (kind, kind)
    assert response["incomplete_details"] == (None if reason is None else {"reason": reason})
    assert response["usage"]["input_tokens"] == 9


F, G = ToolCall("c", "f", ""), ToolCall("d", "s", "", custom=True)
CUT: list[tuple[list[Event], list[str | None]]] = [
    ([*block(0, F, ArgumentsDelta(0, "{}")), *block(1, G, ArgumentsDelta(1, "l"))], ["completed", "incomplete"]),
    ([*block(0, Text(""), TextDelta(0, "a")), *block(1, F, ArgumentsDelta(1, "{"))], ["completed", "incomplete"]),
    ([*block(0, F, ArgumentsDelta(0, "{}")), *block(1, Text(""), TextDelta(1, "a"))], ["completed", "incomplete"]),
    ([*block(0, F, ArgumentsDelta(0, "{}")), *block(1, Reasoning(), TextDelta(1, "a"))], ["completed", None]),
    ([Opened(0, F), Opened(1, G), Closed(0), Closed(1)], ["completed", "incomplete"]),
    ([Opened(0, F), Opened(1, G), ArgumentsDelta(0, "{"), ArgumentsDelta(1, "l")], ["completed", "incomplete"]),
    ([Opened(0, F), *block(1, Text(""), TextDelta(1, "a")), Closed(0)], ["completed", "incomplete"]),
    ([*block(0, F), *block(1, Foreign("anthropic", "odd", {}))], ["incomplete"]),
]


@pytest.mark.parametrize(("blocks", "statuses"), CUT)
@pytest.mark.parametrize("source", ["anthropic", "openai-responses"])
def test_of_a_stream_that_was_cut_the_last_item_was(
    source: Any, blocks: list[Event], statuses: list[str | None]
) -> None:
    start = Started(source)
    found = oracle.check_stream(write([start, *blocks, Finished(Finish("length")), Ended()])[0])
    assert [item.get("status") for item in found[-1]["response"]["output"]] == statuses
    found = oracle.check_stream(write([start, *blocks, *END])[0])
    assert {item.get("status") for item in found[-1]["response"]["output"]} <= {"completed", None}


def test_a_call_is_told_as_done_when_the_next_item_begins() -> None:
    writer = StreamWriter(read_request(asked(stream=True)), MADE, Losses())
    said = writer.write([START, *block(0, F, ArgumentsDelta(0, "{}"))])
    assert b'"response.function_call_arguments.done"' in said
    assert b'"response.output_item.done"' not in said
    said = writer.write([Opened(1, G), ArgumentsDelta(1, "l")])
    [done] = [event for event in oracle.events_of(said) if event["type"] == "response.output_item.done"]
    assert done["item"]["status"] == "completed"


def test_a_custom_call_of_the_same_format_ends_completed() -> None:
    """Where it begins, the upstream says that it is in progress."""
    item = {
        "type": "custom_tool_call",
        "id": "ctc_1",
        "call_id": "c",
        "name": "s",
        "input": "",
        "status": "in_progress",
    }
    done = {**item, "input": "ls", "status": "completed"}
    reader = StreamReader()
    events = reader.feed(
        upstream("response.created", response={"id": "resp_1"})
        + upstream("response.output_item.added", output_index=0, item=item)
        + upstream("response.custom_tool_call_input.delta", output_index=0, item_id="ctc_1", delta="ls")
        + upstream("response.output_item.done", output_index=0, item=done)
        + upstream("response.completed", response={"status": "completed"})
    )
    found = oracle.check_stream(write(events)[0])
    assert found[2]["item"] == item
    assert found[-1]["response"]["output"] == [done]


def test_a_refusal() -> None:
    events = [START, *block(0, Refusal(""), TextDelta(0, "no")), Finished(Finish("refusal")), Ended()]
    found = oracle.check_stream(write(events)[0])
    assert found[-1]["response"]["status"] == "completed"
    assert found[-1]["response"]["output"][0]["content"] == [{"type": "refusal", "refusal": "no"}]


def test_an_opaque_value_stands_before_its_call() -> None:
    early = [Opened(0, ToolCall("c", "f", "{}", opaque="sig"), whole=True), Closed(0)]
    late = block(0, ToolCall("c", "f", ""), OpaqueDelta(0, "sig"), ArgumentsDelta(0, "{}"))
    for events in (early, late):
        data, lost = write([Started("gemini"), *events, *END])
        output = oracle.check_stream(data)[-1]["response"]["output"]
        assert [item["type"] for item in output] == ["reasoning", "function_call"]
        assert output[0]["encrypted_content"] == "sig"
        assert output[1]["arguments"] == "{}"
        assert not lost


def test_an_opaque_value_that_comes_late() -> None:
    """Gemini signs a text at its end: the value stands behind the text. A call has it before it, or not at all."""
    text = block(0, Text(""), TextDelta(0, "a"), OpaqueDelta(0, "sig"))
    data, lost = write([Started("gemini"), *text, *block(1, Text(""), TextDelta(1, "b")), *END])
    output = oracle.check_stream(data)[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "reasoning", "message"]
    assert output[1]["encrypted_content"] == "sig"
    assert not lost
    call = block(0, ToolCall("c", "f", ""), ArgumentsDelta(0, "{}"), OpaqueDelta(0, "sig"))
    data, lost = write([Started("gemini"), *call, *END])
    oracle.check_stream(data)
    assert lost == ("thought_signature",)


def test_a_block_waits_no_longer_than_for_the_next() -> None:
    events: list[Event] = [
        START,
        Opened(0, ToolCall("a", "f", "")),
        Opened(1, ToolCall("b", "f", "")),
        ArgumentsDelta(1, "{}"),
        Closed(1),
        Closed(0),
        *END,
    ]
    output = oracle.check_stream(write(events)[0])[-1]["response"]["output"]
    assert [item["call_id"] for item in output] == ["a", "b"]


def test_text_after_a_call_is_a_message_of_its_own() -> None:
    events: list[Event] = [
        START,
        Opened(0, Text("")),
        TextDelta(0, "a"),
        Opened(1, ToolCall("c", "f", "")),
        TextDelta(0, "b"),
        Closed(0),
        Closed(1),
        *block(2, Text(""), TextDelta(2, "c")),
        *END,
    ]
    output = oracle.check_stream(write(events)[0])[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "function_call", "message"]
    assert [output[at]["content"][0]["text"] for at in (0, 2)] == ["ab", "c"]


def test_whole_blocks_and_empty_ones() -> None:
    events: list[Event] = [
        START,
        Opened(0, Text("Hi.", annotations=[]), whole=True),
        Closed(0),
        Opened(1, Reasoning("hm"), whole=True),
        Closed(1),
        *block(2, Text("")),
        *block(3, ToolCall("c", "f", "")),
        *block(4, Reasoning()),
        *END,
    ]
    output = oracle.check_stream(write(events)[0])[-1]["response"]["output"]
    assert [item["type"] for item in output] == ["message", "reasoning", "message", "function_call", "reasoning"]
    assert output[0]["content"][0]["text"] == "Hi."
    assert output[1]["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert output[3]["arguments"] == "{}", "a call without parameters"


def test_log_probabilities() -> None:
    token = {"token": "a", "logprob": -1.0, "bytes": None, "top_logprobs": []}
    events = [Started("openai-chat"), *block(0, Text(""), TextDelta(0, "a", [token]), TextDelta(0, "b")), *END]
    found = oracle.check_stream(write(events)[0])
    flat = {**token, "bytes": [97]}
    deltas = [event["logprobs"] for event in found if event["type"] == "response.output_text.delta"]
    assert deltas == [[flat], []]
    assert found[-1]["response"]["output"][0]["content"][0]["logprobs"] == [flat]


def test_citations() -> None:
    inner = {"start_index": 0, "end_index": 1, "url": "https://x.test", "title": "X"}
    good = AnnotationDelta(0, "openai-chat", {"type": "url_citation", "url_citation": inner})
    odd = AnnotationDelta(0, "anthropic", {"type": "char_location"})
    data, lost = write([START, *block(0, Text(""), TextDelta(0, "a"), good, odd), *END])
    found = oracle.check_stream(data)
    [added] = [event for event in found if event["type"] == "response.output_text.annotation.added"]
    assert added["annotation"] == {"type": "url_citation", **inner}
    assert found[-1]["response"]["output"][0]["content"][0]["annotations"] == [added["annotation"]]
    assert lost == ("content.citations",)


def test_what_is_lost_is_named() -> None:
    foreign = Foreign("anthropic", "server_tool_use", {"type": "server_tool_use"})
    data, lost = write(
        [
            START,
            Opened(0, foreign, whole=True),
            Closed(0),
            Opened(1, Media("image", "image/png", "AA"), whole=True),
            Closed(1),
            *block(2, Text("", rest={"odd": 1}), TextDelta(2, "a")),
            Finished(Finish("stop")),
            Ended(),
        ]
    )
    assert lost == ("server_tool_use", "content.image", "content.odd")
    last = oracle.check_stream(data)[-1]["response"]
    assert (len(last["output"]), last["usage"]) == (1, None)


def test_a_broken_stream() -> None:
    losses = Losses()
    writer = StreamWriter(read_request(asked(stream=True)), MADE, losses)
    before = writer.write([START, *block(0, Reasoning(), TextDelta(0, "a")), Opened(1, Text("")), TextDelta(1, "b")])
    data = before + writer.fail(UpstreamClosed("cut"))
    assert writer.fail(UpstreamClosed("cut")) == b""
    assert writer.write(END) == b""
    events = oracle.events_of(data)
    assert not [found for event in events if (found := oracle.event_errors(event))]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[-2:]] == ["error", "response.failed"]
    assert events[-2]["message"] == "cut"
    failed = events[-1]["response"]
    assert (failed["status"], failed["error"]) == ("failed", {"code": "upstream_closed", "message": "cut"})
    assert [item["type"] for item in failed["output"]] == ["reasoning"]
    with oracle.client(data) as client, pytest.raises(openai.APIError, match="cut"):
        list(client.responses.create(model="r", input="x", stream=True))


def test_a_call_that_was_complete_when_the_stream_broke_is_told() -> None:
    writer = StreamWriter(read_request(asked(stream=True)), MADE, Losses())
    data = writer.write([START, *block(0, F, ArgumentsDelta(0, "{}"))]) + writer.fail(UpstreamClosed("cut"))
    events = oracle.events_of(data)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[-3:]] == ["response.output_item.done", "error", "response.failed"]
    [call] = events[-1]["response"]["output"]
    assert (call["arguments"], call["status"]) == ("{}", "completed")


def test_a_stream_that_never_began() -> None:
    writer = StreamWriter(read_request(asked(stream=True)), MADE, Losses())
    [event] = oracle.events_of(writer.fail(UpstreamClosed("cut")))
    assert (event["type"], event["sequence_number"]) == ("error", 0)


def test_the_official_client_reads_it() -> None:
    data, _ = write(AGENT_EVENTS, asked(tools=[TOOL], stream=True))
    kinds = [event["type"] for event in oracle.events_of(data)]
    with oracle.client(data) as client:
        plain: list[Any] = list(client.responses.create(model="r", input="x", stream=True))
    assert [event.type for event in plain] == kinds
    for event in plain:
        assert type(event).__name__ != "ResponseStreamEvent"
        type(event).model_validate(event.model_dump(warnings="error"))
    with oracle.client(data) as client, client.responses.stream(model="r", input="x", tools=[TOOL]) as stream:  # type: ignore[list-item]
        seen = [event.type for event in stream]
        response = stream.get_final_response()
    assert seen == kinds
    assert response.output_text == 'Say "hi"\né\u2028More.'
    assert [item.type for item in response.output] == [
        "reasoning",
        "reasoning",
        "message",
        "function_call",
        "custom_tool_call",
    ]
    call = response.output[3]
    assert call.type == "function_call"
    assert call.parsed_arguments == {"id": "1"}
