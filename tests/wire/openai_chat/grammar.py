"""What every stream of events must hold to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Failed,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Reasoning, Refusal, Text, ToolCall

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Part


def check(events: list[Event]) -> None:
    """Fails where the events are out of order."""
    if not events or type(events[0]) is Failed:
        assert len(events) <= 1
        return
    assert type(events[0]) is Started
    blocks: dict[int, Part] = {}
    opened = 0
    finished = False
    for at, event in enumerate(events[1:], 1):
        if type(event) is Opened:
            assert (event.index, finished) == (opened, False)
            blocks[event.index] = event.part
            opened += 1
        elif type(event) is Closed:
            del blocks[event.index]
        elif type(event) is TextDelta:
            assert type(blocks[event.index]) in {Text, Reasoning, Refusal}
        elif type(event) is ArgumentsDelta:
            assert type(blocks[event.index]) is ToolCall
        elif type(event) is OpaqueDelta or type(event) is AnnotationDelta:
            assert event.index in blocks
        elif type(event) is Finished:
            assert (blocks, finished) == ({}, False)
            finished = True
        elif type(event) is Ended or type(event) is Failed:
            assert at == len(events) - 1
            assert finished or type(event) is Failed
        else:
            assert type(event) is Counted


def joined(events: list[Event]) -> list[Part]:
    """The parts that the events build."""
    parts: dict[int, Part] = {}
    for event in events:
        if type(event) is Opened:
            part = parts[event.index] = type(event.part)(**{n: getattr(event.part, n) for n in fields(event.part)})
            if type(part) is Text:
                part.annotations = list(part.annotations or ()) or None
        elif type(event) is TextDelta:
            parts[event.index].text += event.text  # type: ignore[union-attr]
        elif type(event) is ArgumentsDelta:
            parts[event.index].arguments += event.text  # type: ignore[union-attr]
        elif type(event) is OpaqueDelta:
            parts[event.index].opaque = event.value  # type: ignore[union-attr]
        elif type(event) is AnnotationDelta:
            text = parts[event.index]
            assert type(text) is Text
            text.annotations = [*(text.annotations or ()), event.value]
    return list(parts.values())


def fields(part: Part) -> tuple[str, ...]:
    """The names of a part's fields."""
    return part.__struct_fields__
