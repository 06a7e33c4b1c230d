"""A stream of a deployment that speaks Responses, as events of the typed form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.events import Counted, Ended, Failed, Finished, Started
from ajar.errors import InvalidField, UpstreamGarbage
from ajar.wire.error_field import has_error
from ajar.wire.openai_responses.answer_read import incomplete_reason
from ajar.wire.openai_responses.content_read import FORMAT
from ajar.wire.openai_responses.error import FAILURES, error_in, status_of
from ajar.wire.openai_responses.stop import finish_of
from ajar.wire.openai_responses.stream_blocks import Blocks
from ajar.wire.openai_responses.stream_event import Wire, decode_event, decode_response, object_in
from ajar.wire.openai_responses.usage import usage_of
from ajar.wire.sse import SseReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Rest
    from ajar.wire.sse import Sse


class StreamReader:
    """Reads one stream."""

    __slots__ = ("_blocks", "_sse", "_started", "ended")

    def __init__(self) -> None:
        self._sse = SseReader()
        self._blocks = Blocks()
        self._started = False
        self.ended = False
        """Nothing more comes: the stream ended well, or with the upstream's own error."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete. Raises UpstreamGarbage."""
        return self._read(self._sse.feed(data))

    def finish(self) -> list[Event]:
        """The body is over. The format has an end of its own: without it nothing more is said."""
        return self._read(self._sse.finish())

    def _read(self, found: list[Sse]) -> list[Event]:
        out: list[Event] = []
        self._blocks.out = out
        for sse in found:
            if self.ended:
                break
            if sse.data != b"[DONE]":
                self._take(sse, out)
        return out

    def _take(self, sse: Sse, out: list[Event]) -> None:
        event = decode_event(sse)
        if event.type == "response.output_text.delta" and self._started:
            if type(event.delta) is str:
                self._blocks.text(event.output_index, event.content_index, event.delta, event.logprobs)
            return
        kind = event.type
        read = _READERS.get(kind)
        if read is None and kind not in _LIFE:
            if not kind and has_error(event.error):  # some servers send a bare error object
                self._fail(object_in(event.error), out)
            return
        try:
            if not self._started and kind != "error":
                self._start(event, out)
            if read is not None:
                read(self._blocks, event)
            elif kind in _ENDS:
                self._end(event, out)
            elif kind == "error":
                self._fail(_error_of(event), out)
            elif kind in FAILURES:
                self._fail(decode_response(event.response).error, out)
        except InvalidField as error:
            raise UpstreamGarbage(f"the stream is not in the Responses format: {error.message}") from None
        except RecursionError:
            raise UpstreamGarbage("the stream holds an event that is nested too deeply") from None

    def _start(self, event: Wire, out: list[Event]) -> None:
        self._started = True
        response = decode_response(event.response)
        created = response.created_at
        out.append(Started(FORMAT, response.id, response.model, None if created is None else int(created)))

    def _end(self, event: Wire, out: list[Event]) -> None:
        response, blocks = decode_response(event.response), self._blocks
        blocks.close()
        if not blocks.seen:
            for raw in response.output or ():
                blocks.whole(object_in(raw))
        status = response.status or event.type.rpartition(".")[2]
        reason = incomplete_reason(response.incomplete_details)
        finish = finish_of(status, reason, calls=blocks.called, refused=blocks.refused)
        if finish.reason == "error":  # such as an end that says `failed`
            self._fail(response.error, out)
            return
        out.append(Finished(finish))
        usage = usage_of(response.usage) if response.usage else None
        if usage is not None and bytes(response.usage) != b"null":
            out.append(Counted(usage, bytes(response.usage).decode()))
        out.append(Ended())
        self.ended = True

    def _fail(self, value: object, out: list[Event]) -> None:
        error = error_in({"error": value})
        message = error.message or "the upstream ended its stream with an error"
        out.append(Failed(message, error.type, error.code, status_of(error)))
        self.ended = True


def _error_of(event: Wire) -> Rest:
    """OpenAI has the fields on the event itself, Open Responses in an object."""
    inner = object_in(event.error)
    return inner or {"message": event.message, "code": event.code}


def _item_added(blocks: Blocks, event: Wire) -> None:
    blocks.item_added(event.output_index, object_in(event.item))


def _item_done(blocks: Blocks, event: Wire) -> None:
    blocks.item_done(event.output_index, object_in(event.item))


def _part_added(blocks: Blocks, event: Wire) -> None:
    blocks.part_added(event.output_index, event.content_index, object_in(event.part))


def _part_done(blocks: Blocks, event: Wire) -> None:
    blocks.part_done(event.output_index, event.content_index, object_in(event.part))


def _text_done(blocks: Blocks, event: Wire) -> None:
    blocks.text_done(event.output_index, event.content_index, event.text)


def _text(blocks: Blocks, event: Wire) -> None:
    if type(event.delta) is str:
        blocks.text(event.output_index, event.content_index, event.delta, event.logprobs)


def _annotation(blocks: Blocks, event: Wire) -> None:
    if event.annotation is not None:
        blocks.annotation(event.output_index, event.content_index, event.annotation)


def _refusal(blocks: Blocks, event: Wire) -> None:
    if type(event.delta) is str:
        blocks.text(event.output_index, event.content_index, event.delta, refusal=True)


def _refusal_done(blocks: Blocks, event: Wire) -> None:
    blocks.text_done(event.output_index, event.content_index, event.refusal)


def _summary(blocks: Blocks, event: Wire) -> None:
    if type(event.delta) is str:
        blocks.thought(event.output_index, event.summary_index, event.delta, summary=True)


def _thought(blocks: Blocks, event: Wire) -> None:
    if type(event.delta) is str:
        blocks.thought(event.output_index, event.content_index, event.delta, summary=False)


def _arguments(blocks: Blocks, event: Wire) -> None:
    if type(event.delta) is str:
        blocks.arguments(event.output_index, event.delta)


def _arguments_done(blocks: Blocks, event: Wire) -> None:
    blocks.arguments_done(event.output_index, event.arguments)


def _input_done(blocks: Blocks, event: Wire) -> None:
    blocks.arguments_done(event.output_index, event.input)


_READERS: dict[str, Callable[[Blocks, Wire], None]] = {
    "response.output_item.added": _item_added,
    "response.output_item.done": _item_done,
    "response.content_part.added": _part_added,
    "response.content_part.done": _part_done,
    "response.output_text.delta": _text,
    "response.output_text.done": _text_done,
    "response.output_text.annotation.added": _annotation,
    "response.refusal.delta": _refusal,
    "response.refusal.done": _refusal_done,
    "response.reasoning_summary_text.delta": _summary,
    "response.reasoning_summary.delta": _summary,
    "response.reasoning_text.delta": _thought,
    "response.reasoning.delta": _thought,
    "response.function_call_arguments.delta": _arguments,
    "response.function_call_arguments.done": _arguments_done,
    "response.custom_tool_call_input.delta": _arguments,
    "response.custom_tool_call_input.done": _input_done,
}
_ENDS = frozenset({"response.completed", "response.incomplete"})
_LIFE = _ENDS | FAILURES | {"response.created", "response.queued", "response.in_progress", "error"}
