"""A stream in Anthropic's form, its events, and the grammar that events keep."""

from __future__ import annotations

import itertools
import json
from typing import Any

from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Event,
    Failed,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Foreign, Reasoning, Text, ToolCall
from ajar.domain.usage import Usage
from ajar.wire.anthropic.stream_read import StreamReader


def event(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def start(index: int, **block: Any) -> bytes:
    return event("content_block_start", index=index, content_block=block)


def delta(index: int, kind: str, **fields: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": f"{kind}_delta", **fields})


def stop(index: int) -> bytes:
    return event("content_block_stop", index=index)


def end(reason: str = "end_turn", **usage: Any) -> bytes:
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage) + event(
        "message_stop"
    )


START = event(
    "message_start", message={"id": "msg_1", "model": "m-1", "usage": {"input_tokens": 5, "output_tokens": 1}}
)
BEGUN = [Started("anthropic", "msg_1", "m-1"), Counted(Usage(5, 1), '{"input_tokens": 5, "output_tokens": 1}')]


def read(data: bytes, *cuts: int) -> list[Event]:
    reader = StreamReader()
    bounds = [0, *sorted(cuts), len(data)]
    found = [each for a, b in itertools.pairwise(bounds) for each in reader.feed(data[a:b])]
    return found + reader.finish()


def joined(events: list[Event]) -> list[Event]:
    """Usage compared by what it says."""
    return [Counted(each.usage, json.loads(each.raw)) if type(each) is Counted else each for each in events]


def check_grammar(events: list[Event]) -> None:
    assert type(events[0]) is Started
    opened, open_now, over = 0, set(), False
    for each in events[1:]:
        assert not over
        if type(each) is Opened:
            assert each.index == opened
            opened += 1
            open_now.add(each.index)
        elif type(each) is Closed:
            open_now.remove(each.index)
        elif type(each) in (TextDelta, ArgumentsDelta, OpaqueDelta, AnnotationDelta):
            assert each.index in open_now  # type: ignore[union-attr]
        elif type(each) is Finished:
            assert not open_now
        elif type(each) in (Ended, Failed):
            over = True
            assert type(each) is Failed or not open_now


WHOLE = (
    START
    + event("ping")
    + start(0, type="thinking", thinking="", signature="")
    + delta(0, "thinking", thinking="hm")
    + delta(0, "thinking", thinking="")
    + delta(0, "signature", signature="sig")
    + stop(0)
    + start(1, type="redacted_thinking", data="dark")
    + stop(1)
    + start(2, type="text", text="", citations=[])
    + delta(2, "text", text="Hé ")
    + delta(2, "citations", citation={"type": "char_location"})
    + delta(2, "text", text="you\n\n")
    + stop(2)
    + start(3, type="server_tool_use", id="srv", name="web_search", input={})
    + delta(3, "input_json", partial_json='{"q"')
    + delta(3, "input_json", partial_json=": 1}")
    + stop(3)
    + start(4, type="tool_use", id="t1", name="f", input={}, caller={"type": "direct"})
    + delta(4, "input_json", partial_json="")
    + delta(4, "input_json", partial_json='{"a": ')
    + delta(4, "input_json", partial_json="1}")
    + stop(4)
    + end("tool_use", output_tokens=9, cache_read_input_tokens=2)
)
EVENTS: list[Event] = [
    *BEGUN,
    Opened(0, Reasoning()),
    TextDelta(0, "hm"),
    OpaqueDelta(0, "sig"),
    Closed(0),
    Opened(1, Reasoning(opaque="dark", redacted=True), whole=True),
    Closed(1),
    Opened(2, Text("")),
    TextDelta(2, "Hé "),
    AnnotationDelta(2, "anthropic", {"type": "char_location"}),
    TextDelta(2, "you\n\n"),
    Closed(2),
    Opened(
        3,
        Foreign(
            "anthropic",
            "server_tool_use",
            {"type": "server_tool_use", "id": "srv", "name": "web_search", "input": {"q": 1}},
        ),
        whole=True,
    ),
    Closed(3),
    Opened(4, ToolCall("t1", "f", "", rest={"caller": None})),
    ArgumentsDelta(4, '{"a": '),
    ArgumentsDelta(4, "1}"),
    Closed(4),
    Finished(Finish("tool_calls", "tool_use")),
    Counted(Usage(7, 9, 2), '{"input_tokens": 5, "output_tokens": 9, "cache_read_input_tokens": 2}'),
    Ended(),
]
