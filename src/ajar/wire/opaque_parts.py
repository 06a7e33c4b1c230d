"""Opaque values and ids of kept state in the typed form of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.events import AnnotationDelta, Finished, OpaqueDelta, Opened, Started, TextDelta
from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Text, ToolCall, ToolResult
from ajar.wire.opaque import gather

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Part
    from ajar.wire.opaque import Found


def values_in_events(events: Iterable[Event]) -> list[str]:
    """The values in what a stream reader made of an upstream's events."""
    found: Found = {}
    for event in events:
        if isinstance(event, TextDelta):
            continue  # the usual one
        if isinstance(event, OpaqueDelta):
            _add(event.value, found)
        elif isinstance(event, Opened):
            _part(event.part, found)
        elif isinstance(event, AnnotationDelta):
            gather(event.value, found)
        elif isinstance(event, Finished):
            gather(event.finish.rest, found)
        elif isinstance(event, Started) and event.format == "openai-responses":
            _add(event.id, found)
    return list(found)


def values_in_parts(parts: Iterable[Part]) -> list[str]:
    """The values on and in parts. Of a `Foreign` block: it may go only where each of them may."""
    found: Found = {}
    for part in parts:
        _part(part, found)
    return list(found)


def values_in_whole(answer: Answer) -> list[str]:
    """The values in an answer that a reader made of an upstream's body: in its parts, and its own."""
    found: Found = dict.fromkeys(values_in_parts(answer.parts))
    if answer.format == "openai-responses":
        _add(answer.id, found)
    gather(answer.rest, found)
    gather(answer.finish.rest, found)
    return list(found)


def _part(part: Part, found: Found) -> None:
    if isinstance(part, Text | ToolCall):
        _add(part.opaque, found)
        if isinstance(part, Text) and part.annotations:
            gather(part.annotations, found)
    elif isinstance(part, Reasoning):
        _add(part.opaque, found)
        _add(part.id, found)
    elif isinstance(part, Media):
        _add(part.file_id, found)
    elif isinstance(part, ToolResult):
        for inner in part.content:
            _part(inner, found)
    elif isinstance(part, Foreign):
        gather([part.value], found)
        return
    gather(part.rest, found)


def _add(value: str | None, found: Found) -> None:
    if value:
        found[value] = None
