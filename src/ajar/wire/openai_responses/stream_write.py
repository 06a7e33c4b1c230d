"""Events of the typed form as a Responses stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Finished,
    OpaqueDelta,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Refusal
from ajar.errors import UpstreamGarbage
from ajar.wire.openai_responses.envelope import Envelope
from ajar.wire.openai_responses.error import error_event
from ajar.wire.openai_responses.items import Items
from ajar.wire.openai_responses.stop import incomplete_of
from ajar.wire.openai_responses.stream_block import Block
from ajar.wire.openai_responses.stream_items import Output
from ajar.wire.openai_responses.usage import usage_block

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Finish
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.domain.usage import Usage
    from ajar.errors import AjarError
    from ajar.wire.made import Made


class StreamWriter:
    """Writes one stream."""

    __slots__ = ("_blocks", "_envelope", "_finish", "_losses", "_made", "_output", "_over", "_refused", "_usage")

    def __init__(self, request: ChatRequest, made: Made, losses: Losses) -> None:
        self._envelope = Envelope(request, made)
        self._made = made
        self._losses = losses
        self._output: Output | None = None
        self._blocks: dict[int, Block] = {}
        self._refused = False
        self._finish: Finish | None = None
        self._usage: Usage | None = None
        self._over = False

    def write(self, events: list[Event]) -> bytes:
        """The bytes for the caller, whole events only; after `Ended` with the last of them.

        Raises UpstreamGarbage where a part is nested too deeply to be written.
        """
        if len(events) == 1 and not self._over and type(event := events[0]) is TextDelta:
            return self._begun().delta(self._blocks[event.index], event.text, event.logprobs)
        try:
            return b"".join([self._write(event) for event in events])
        except RecursionError:
            raise UpstreamGarbage("the stream holds a part that is nested too deeply") from None

    def fail(self, error: AjarError) -> bytes:
        """What ends a broken stream: an error event, and the response as failed with what was complete of it."""
        if self._over:
            return b""
        self._over = True
        output = self._output
        if output is None:
            return error_event(error)
        said = output.settle("completed") + error_event(error, output.number())
        failure = {"code": error.code, "message": error.message}
        response = self._envelope.response("failed", output.array(), error=failure)
        return said + output.event("response.failed", b'"response":' + response)

    def _write(self, event: Event) -> bytes:
        if self._over:
            return b""
        kind = type(event)
        if kind is TextDelta:
            event = cast("TextDelta", event)
            return self._begun().delta(self._blocks[event.index], event.text, event.logprobs)
        if kind is ArgumentsDelta:
            event = cast("ArgumentsDelta", event)
            return self._begun().delta(self._blocks[event.index], event.text)
        if isinstance(event, Started):
            return self._start(event)
        if isinstance(event, Opened):
            return self._open(event)
        if isinstance(event, Closed):
            block = self._blocks.pop(event.index)
            return self._begun().close(block, last=not self._blocks)
        if isinstance(event, OpaqueDelta):
            self._blocks[event.index].seal(event.value, self._begun().items)
        elif isinstance(event, AnnotationDelta):
            return self._annotation(event)
        elif isinstance(event, Finished):
            self._finish = event.finish
        elif isinstance(event, Counted):
            self._usage = event.usage
        elif isinstance(event, Ended):
            return self._end()
        return b""

    def _begun(self) -> Output:
        """The output; a stream always begins with `Started`."""
        output = self._output
        assert output is not None
        return output

    def _start(self, event: Started) -> bytes:
        envelope = self._envelope
        envelope.begin(event.format, event.id, event.model, event.created)
        self._output = output = Output(Items(event.format, self._made, self._losses))
        response = b'"response":' + envelope.response("in_progress")
        return output.event("response.created", response) + output.event("response.in_progress", response)

    def _open(self, event: Opened) -> bytes:
        output = self._begun()
        self._refused |= isinstance(event.part, Refusal)
        # One that waited for an opaque value begins now at the latest: items stand in the order of their beginnings.
        waiting = b"".join([output.begin(block) for block in self._blocks.values() if block.head is None])
        self._blocks[event.index] = block = Block(event.part, whole=event.whole)
        if block.waits:
            return waiting
        return waiting + output.begin(block)

    def _annotation(self, event: AnnotationDelta) -> bytes:
        output, block = self._begun(), self._blocks[event.index]
        found = output.items.annotations([event.value], event.format)
        return b"".join([output.annotation(block, value) for value in found])

    def _end(self) -> bytes:
        self._over = True
        output, finish, losses = self._begun(), self._finish, self._losses
        incomplete = None if finish is None else incomplete_of(finish, refused=self._refused)
        status = "completed" if incomplete is None else "incomplete"
        last = b"".join([output.close(self._blocks.pop(at), last=not self._blocks) for at in list(self._blocks)])
        last += output.end(status)
        more: Rest = {}
        if finish is not None and finish.native is not None and not output.items.own:
            more["native_finish_reason"] = finish.native
        response = self._envelope.response(
            status,
            output.array(),
            usage=usage_block(self._usage, losses),
            incomplete=incomplete,
            more=more,
        )
        return last + output.event(f"response.{status}", b'"response":' + response)
