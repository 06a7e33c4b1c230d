"""A streamed answer of `streamGenerateContent?alt=sse`.

Each event is an answer of its own with a few parts more; the usage in it is cumulative. There is no end mark: after a
reason to finish, the end of the body is the clean end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    Counted,
    Ended,
    Finished,
    Opened,
    Started,
    TextDelta,
)
from ajar.domain.dialog.parts import Reasoning, Text, ToolCall
from ajar.errors import UpstreamGarbage
from ajar.wire.gemini.answer_read import aside_of, blocked_by, notes_of, other_part, seconds_of
from ajar.wire.gemini.chunk import arguments_of, first_candidate, plain_answer, plain_parts, read_chunk, text_of_raw
from ajar.wire.gemini.error import error_in, failed_of
from ajar.wire.gemini.logprobs import logprobs_of
from ajar.wire.gemini.partial import ArgumentsText
from ajar.wire.gemini.parts_read import made_id
from ajar.wire.gemini.stop import finish_of
from ajar.wire.gemini.usage import usage_of
from ajar.wire.sse import SseReader

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Finish
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.wire.gemini.chunk import Call, Candidate, Chunk, WirePart

_MOST_TAIL = 65536


class StreamReader:
    """Turns the upstream's bytes into events. Raises UpstreamGarbage only; after a `Failed` nothing comes.

    Successive parts of text, or of thoughts, are one block, and a part with a signature begins another: so the
    signature is known when its block opens, and stands on text that came with it or after it.
    """

    __slots__ = (
        "_answer",
        "_block",
        "_blocked",
        "_call",
        "_called",
        "_counted",
        "_failed",
        "_finish",
        "_next",
        "_rest",
        "_sse",
        "_started",
        "_tail",
        "ended",
    )

    def __init__(self) -> None:
        self._sse = SseReader()
        self._tail = b""
        """What came after the last empty line: an error may stand there without being an event."""
        self._started = False
        self._failed = False
        self._answer = ""
        self._next = 0
        self._block: Literal["text", "thought"] | None = None
        """The kind of block that the next text may go on with; its index is `_next - 1`."""
        self._call: tuple[str, ArgumentsText] | None = None
        """The name of a call whose arguments are still to come; its index is `_next - 1`."""
        self._called = False
        self._counted = b""
        self._finish: str | None = None
        self._blocked: Finish | None = None
        self._rest: Rest = {}
        self.ended = False
        """Whether the clean end was seen."""

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete."""
        if self._failed or self.ended:
            return []
        if data[-4:] == b"\r\n\r\n":  # as Google ends its events
            data = data.replace(b"\r\n", b"\n")
        self._keep_tail(data)
        out: list[Event] = []
        for event in self._sse.feed(data):
            self._read(event.data, out)
            if self._failed:
                break
        return out

    def finish(self) -> list[Event]:
        """The upstream's body ended. No `Ended` is among these events where it had not come to its end."""
        if self._failed or self.ended:
            return []
        out: list[Event] = []
        try:
            for event in self._sse.finish():
                self._read(event.data, out)
        except UpstreamGarbage:
            return out  # half an event: the stream was cut
        if self._failed:
            return out
        tail = self._tail.replace(b"\r\n", b"\n").rpartition(b"\n\n")[2].strip()
        error = error_in(tail) if tail else None
        if error is not None:
            self._failed = True
            return [*out, failed_of(error)]
        finish = self._blocked
        if self._finish is not None:
            finish = finish_of(self._finish, self._rest, calls=self._called)
        if finish is not None:
            self._close(out)
            out += (Finished(finish), Ended())
            self.ended = True
        return out

    def _keep_tail(self, data: bytes) -> None:
        if data[-2:] == b"\n\n":
            self._tail = b""
            return
        end = max(data.rfind(b"\n\n"), data.rfind(b"\n\r\n"))
        self._tail = (self._tail + data)[-_MOST_TAIL:] if end < 0 else data[end:]

    def _read(self, data: bytes, out: list[Event]) -> None:
        chunk = read_chunk(data)
        if chunk is None or chunk.error:
            error = error_in(data)
            if error is None:
                raise UpstreamGarbage("the upstream's stream holds what is no answer of generateContent")
            self._failed = True
            out.append(failed_of(error))
            return
        if not self._started:
            self._started = True
            self._answer = chunk.response_id or ""
            out.append(Started("gemini", chunk.response_id, chunk.model_version, seconds_of(chunk.create_time)))
        place, candidate = first_candidate(chunk)
        if candidate is not None:
            self._candidate(candidate, data, place, out)
        elif chunk.prompt_feedback:
            self._blocked = blocked_by(chunk) or self._blocked
        if chunk.usage_metadata:
            self._count(chunk, out)

    def _count(self, chunk: Chunk, out: list[Event]) -> None:
        raw = bytes(chunk.usage_metadata)
        if raw != self._counted:
            self._counted = raw
            usage = usage_of(raw)
            if usage is not None:
                out.append(Counted(usage, text_of_raw(raw)))

    def _candidate(self, candidate: Candidate, data: bytes, place: int, out: list[Event]) -> None:
        notes: list[Rest] = []
        if candidate.grounding_metadata or candidate.citation_metadata or candidate.url_context_metadata:
            notes = self._annotated(notes_of(candidate), out)
        logprobs = logprobs_of(candidate.logprobs_result) if candidate.logprobs_result else None
        content = candidate.content
        for at, part in enumerate((content and content.parts) or ()):
            if part.text is not None:
                self._text(part.text, part, out)
                if logprobs is not None and part.text:
                    delta = out[-1]
                    assert type(delta) is TextDelta
                    delta.logprobs, logprobs = logprobs, None
            elif part.function_call is not None:
                self._function(part.function_call, part.thought_signature, out)
            else:
                self._other(plain_parts(plain_answer(data), place)[at], out)
        if notes:
            for note in self._annotated(notes, out):
                self._rest |= note
        if candidate.finish_reason is not None:
            self._finish = candidate.finish_reason
            self._rest |= aside_of(candidate)

    def _annotated(self, notes: list[Rest], out: list[Event]) -> list[Rest]:
        """Put annotations on the text that is open; those are left that have none."""
        if self._block != "text":
            return notes
        out += [AnnotationDelta(self._next - 1, "gemini", note) for note in notes]
        return []

    def _text(self, text: str, part: WirePart, out: list[Event]) -> None:
        kind = "thought" if part.thought else "text"
        signature = part.thought_signature
        if self._block != kind or signature is not None:
            if not text and signature is None:
                return
            self._close(out)
            empty = Reasoning("", signature, summary=True) if part.thought else Text("", signature)
            self._open(empty, out)
            self._block = kind
        if text:
            out.append(TextDelta(self._next - 1, text))

    def _function(self, call: Call, signature: str | None, out: list[Event]) -> None:
        growing = self._call
        args = bytes(call.args)
        if growing is None or (call.name and call.name != growing[0]):
            if not (call.name or call.partial_args or args):
                return
            self._close(out)
            name = call.name or ""
            identity = call.id or made_id(self._next, self._answer, name, args)
            self._open(ToolCall(identity, name, "", opaque=signature), out)
            self._called = True
            growing = self._call = (name, ArgumentsText())
        if call.partial_args:
            if text := growing[1].add(call.partial_args):
                out.append(ArgumentsDelta(self._next - 1, text))
        elif not growing[1].begun and (text := arguments_of(args)) != "{}":
            out += (ArgumentsDelta(self._next - 1, text), Closed(self._next - 1))
            self._call = None
        if not call.will_continue:
            self._close(out)

    def _other(self, plain: Rest, out: list[Event]) -> None:
        self._close(out)
        self._open(other_part(plain), out, whole=True)
        out.append(Closed(self._next - 1))

    def _open(self, part: Part, out: list[Event], *, whole: bool = False) -> None:
        out.append(Opened(self._next, part, whole))
        self._next += 1

    def _close(self, out: list[Event]) -> None:
        """Close the block that is open, if one is."""
        index = self._next - 1
        if self._call is not None:
            if text := self._call[1].end():
                out.append(ArgumentsDelta(index, text))
            self._call = None
            out.append(Closed(index))
        elif self._block is not None:
            self._block = None
            out.append(Closed(index))
