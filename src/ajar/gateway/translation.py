"""A stream between two formats: the upstream's events in, the caller's out, and what the record keeps of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.content import is_content
from ajar.domain.dialog.events import Counted, Ended, Failed, Finished, Started, TextDelta
from ajar.errors import UpstreamFailed, UpstreamGarbage
from ajar.gateway.leg import strict as strict_loss
from ajar.wire.opening import failure_of, failure_of_finish

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.usage import Usage
    from ajar.errors import AjarError
    from ajar.gateway.issued import Issued
    from ajar.wire.formats import StreamReader
    from ajar.wire.fronts import StreamWriter
    from ajar.wire.opening import Failure


class TypedFacts:
    """What a translated answer says of itself, in the terms of the record. Absent facts are None."""

    __slots__ = ("_counts", "_raw", "failed", "finish_reason", "model")

    def __init__(self, answer: Answer | None = None) -> None:
        self.model = answer.model if answer else None
        self.finish_reason = (answer.finish.native or answer.finish.reason) if answer else None
        self.failed = False
        self._counts = answer.usage if answer else None
        self._raw = answer.usage_raw if answer else None

    def counts(self) -> Usage | None:
        """The usage in Ajar's arithmetic."""
        return self._counts

    def raw(self) -> str | None:
        """The provider's own usage block."""
        return self._raw

    def take(self, event: Event) -> None:
        """Learn from one event of a stream."""
        if isinstance(event, Started):
            self.model = event.model
        elif isinstance(event, Finished):
            self.finish_reason = event.finish.native or event.finish.reason
        elif isinstance(event, Counted):
            self._counts, self._raw = event.usage, event.raw


class Translation:
    """Does for a translated stream what an `EventStream` does for one that passes as it is.

    `failure` is set where the upstream's stream cannot be understood or says that it failed: nothing after it is read.
    """

    __slots__ = ("_facts", "_issued", "_losses", "_reader", "_strict", "_writer", "ended", "failure", "opened", "told")

    whole = True
    """Only whole events are ever written."""

    def __init__(
        self, reader: StreamReader, writer: StreamWriter, losses: Losses, strict: str | None, issued: Issued
    ) -> None:
        """`strict` is the deployment's name where the route is strict: then a loss in the stream is its failure."""
        self._reader = reader
        self._writer = writer
        self._facts = TypedFacts()
        self.ended = False
        self.opened = False
        """Whether real content was among the events."""
        self.failure: AjarError | None = None
        self.told: Failure | None = None
        """The error that the upstream itself reported in the stream."""
        self._issued = issued
        self._losses = losses
        self._strict = strict

    def feed(self, data: bytes) -> bytes:
        """Take the upstream's bytes; returns the caller's. The end mark is in what is returned once `ended` is true."""
        if self.failure is not None:
            return b""
        try:
            events = self._reader.feed(data)
        except UpstreamGarbage as error:
            self.failure = error.anew()
            return b""
        return self._write(events)

    def mark_in(self, out: bytes) -> int:
        """Where in `out`, just returned by `feed`, the end begins; -1 where it is not there."""
        del out
        return 0 if self.ended else -1

    def flush(self) -> bytes:
        """The upstream's body is over: what is still to be written."""
        if self.ended or self.failure is not None:
            return b""
        try:
            return self._write(self._reader.finish())
        except UpstreamGarbage as error:
            self.failure = error.anew()
            return b""

    def facts(self) -> tuple[TypedFacts, bool]:
        """What the stream said, and whether it came to its end."""
        return self._facts, self.ended

    def fail(self, error: AjarError) -> bytes:
        """The front format's last word where the stream breaks off."""
        return self._writer.fail(error)

    def _failure_in(self, event: Event, events: list[Event]) -> Failure | None:
        """The failure that an event tells: an end for which the caller's format has no word is one too."""
        if isinstance(event, Failed):
            return failure_of(event)
        if isinstance(event, Finished) and event.finish.reason == "error":
            said = self.opened or any(map(is_content, events[: events.index(event)]))
            return failure_of_finish(event.finish, said=said)
        return None

    def _write(self, events: list[Event]) -> bytes:
        for event in events:
            if isinstance(event, TextDelta):
                continue
            told = self._failure_in(event, events)
            if told is not None:
                self._facts.failed = True
                self.failure = UpstreamFailed(told.message)
                self.told = told
                at = events.index(event)
                for last in events[at:]:  # what it cost was told all the same
                    self._facts.take(last)
                events = events[:at]
                break
            if isinstance(event, Ended):
                self.ended = True
            self._facts.take(event)
        self.opened = self.opened or any(map(is_content, events))
        self._issued.events(events)
        out = self._writer.write(events) if events else b""
        if self._strict is not None and self._losses:
            self.failure = strict_loss(self._strict, self._losses)
            return b""
        return out
