"""Which events of a stream are content: something that a caller can see, or the clean end of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ajar.domain.dialog.events import AnnotationDelta, ArgumentsDelta, Ended, OpaqueDelta, Opened, TextDelta
from ajar.domain.dialog.parts import Reasoning, Refusal, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Part


def opens(events: Sequence[Event]) -> bool:
    """Whether content is among the events."""
    return any([is_content(event) for event in events])  # noqa: C419 - a list is faster


def is_content(event: Event) -> bool:
    """Whether an event is content: text, a call, an opaque value, a citation, a whole block that is not empty."""
    kind = type(event)
    if kind is TextDelta or kind is ArgumentsDelta:
        return cast("TextDelta | ArgumentsDelta", event).text != ""
    if kind is Opened:
        return _is_filled(cast("Opened", event).part)
    return kind is Ended or kind is OpaqueDelta or kind is AnnotationDelta


def _is_filled(part: Part) -> bool:
    """Whether a block holds anything when it is opened. A tool call does: its name."""
    if type(part) is Text:
        return bool(part.text or part.opaque or part.annotations)
    if type(part) is Reasoning:
        return bool(part.text or part.opaque)
    return part.text != "" if type(part) is Refusal else True
