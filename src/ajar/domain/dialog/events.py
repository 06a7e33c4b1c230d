"""What a stream says, step by step.

One `Started` first. Then blocks: each has an `index` of its own, counted from 0 in the order in which they begin. A
block is opened by `Opened`, grown by deltas, and closed by `Closed`; several may be open at once. Then `Finished` and
`Counted`, in either order, `Counted` as often as the upstream says a (cumulative) usage: the last one holds. Last
`Ended`. A stream that fails has `Failed` instead, and nothing after it.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.parts import Format, Part
from ajar.domain.usage import Usage


class Started(msgspec.Struct, gc=False):
    """The answer begins."""

    format: Format
    id: str | None = None
    model: str | None = None
    created: int | None = None


class Opened(msgspec.Struct, gc=False):
    """A block begins. `part` is what is known of it: text and arguments come in deltas, unless it is `whole`."""

    index: int
    part: Part
    whole: bool = False
    """No delta follows: the next event on this block is `Closed`."""


class TextDelta(msgspec.Struct, gc=False):
    """More text of a `Text` or `Refusal` block, more thought of a `Reasoning` block."""

    index: int
    text: str
    logprobs: Any = None


class ArgumentsDelta(msgspec.Struct, gc=False):
    """More JSON text of a `ToolCall` block's arguments."""

    index: int
    text: str


class OpaqueDelta(msgspec.Struct, gc=False):
    """The block's whole opaque value."""

    index: int
    value: str


class AnnotationDelta(msgspec.Struct, gc=False):
    """One more citation of a `Text` block, as the upstream's format has it."""

    index: int
    format: Format
    value: Any


class Closed(msgspec.Struct, gc=False):
    """The block is complete."""

    index: int


class Finished(msgspec.Struct, gc=False):
    """Why the answer ends."""

    finish: Finish


class Counted(msgspec.Struct, gc=False):
    """The usage so far, cumulative, with the provider's own block as JSON text."""

    usage: Usage
    raw: str


class Ended(msgspec.Struct, gc=False):
    """The upstream's clean end."""


class Failed(msgspec.Struct, gc=False):
    """The upstream's own error inside a stream that began well. `status` is what it would have been before."""

    message: str
    type: str | None = None
    code: str | None = None
    status: int = 502
    retry_after: float | None = None
    """In seconds."""


Event: TypeAlias = (
    Started
    | Opened
    | TextDelta
    | ArgumentsDelta
    | OpaqueDelta
    | AnnotationDelta
    | Closed
    | Finished
    | Counted
    | Ended
    | Failed
)
