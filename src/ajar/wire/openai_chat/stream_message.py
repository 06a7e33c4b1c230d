"""What a stream says besides tool calls: text, refusal, thoughts, images and citations, as blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.events import AnnotationDelta, Closed, OpaqueDelta, Opened, TextDelta
from ajar.domain.dialog.parts import Reasoning, Refusal, Text
from ajar.wire.openai_chat.answer_read import content_items, images
from ajar.wire.openai_chat.reasoning import read_detail
from ajar.wire.openai_chat.signature import take_signature

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Part
    from ajar.wire.openai_chat.chunk import Delta


class MessageReader:
    """One such block is open at a time; `at` is its index. Tool calls take their indices here too."""

    __slots__ = ("_kind", "_next", "_plain", "_signed", "_thought", "at", "in_text")

    def __init__(self) -> None:
        self._next = 0
        self._kind: type[Part] | None = None
        self._thought: tuple[bool, str | None, Any] = (False, None, None)
        self._signed = False
        self._plain: list[str] = []
        self.at = -1
        self.in_text = False
        """Whether the open block is text: its reader may then write its deltas itself."""

    def take_index(self) -> int:
        """The index for a new block."""
        index = self._next
        self._next = index + 1
        return index

    def close(self, events: list[Event]) -> None:
        """End the open block, if there is one."""
        if self._kind is not None:
            events.append(Closed(self.at))
            self._kind = None
            self.in_text = False

    def feed(self, delta: Delta, logprobs: Any, events: list[Event]) -> None:
        """Take what is new, in the order in which a message has it."""
        if delta.reasoning_details:
            self._details(delta, events)
        elif delta.reasoning_content or delta.reasoning:
            self._plain_thought(delta, events)
        content = delta.content
        if content:
            if type(content) is str:
                self._text(content, logprobs, events)
            else:
                self._items(cast("list[Any]", content), events)
        if delta.refusal:
            self._ensure(Refusal, events)
            events.append(TextDelta(self.at, delta.refusal, None))
        self._beside(delta, events)

    def _beside(self, delta: Delta, events: list[Event]) -> None:
        """Citations, images and signatures."""
        annotations = delta.annotations
        if annotations and type(annotations) is list:
            self._ensure(Text, events)
            events += [AnnotationDelta(self.at, "openai-chat", value) for value in cast("list[Any]", annotations)]
        if delta.images:
            for media in images({"images": delta.images}):
                self._whole(media, events)
        if delta.extra_content is not None:
            signature = take_signature({"extra_content": delta.extra_content})
            if signature is not None:
                if self._kind is None:
                    self._whole(Reasoning(opaque=signature), events)
                else:
                    events.append(OpaqueDelta(self.at, signature))

    def _text(self, text: str, logprobs: Any, events: list[Event]) -> None:
        self._ensure(Text, events)
        events.append(TextDelta(self.at, text, logprobs))

    def _items(self, items: list[Any], events: list[Event]) -> None:
        for part in content_items(items):
            if type(part) is Text:
                self._text(part.text, None, events)
            elif type(part) is Reasoning:
                self._thinks(part, None, events)
            else:
                self._whole(part, events)

    def _plain_thought(self, delta: Delta, events: list[Event]) -> None:
        for text in (delta.reasoning_content, delta.reasoning):
            if text and type(text) is str:
                self._thinks(Reasoning(text), None, events)
                self._plain.append(text)
                return

    def _details(self, delta: Delta, events: list[Event]) -> None:
        details = delta.reasoning_details
        parts: list[tuple[Reasoning, Any]] = []
        if type(details) is list:
            for detail in cast("list[Any]", details):
                part = read_detail(detail)
                if part is not None:
                    parts.append((part, detail.get("index")))
        if not any(part.text for part, _ in parts):
            self._plain_thought(delta, events)
        for part, index in parts:
            if part.text and self._said(part):
                part.text, self._plain = "", []
                self._thought = (part.summary, part.id, index)
            self._thinks(part, index, events)

    def _said(self, part: Reasoning) -> bool:
        """Whether the open thought, as plain text, was this one: Ajar's own streams say it again, whole and signed."""
        if not self._plain or self._kind is not Reasoning or self._signed:
            return False
        return (part.opaque is not None or part.id is not None) and "".join(self._plain).endswith(part.text)

    def _thinks(self, part: Reasoning, index: Any, events: list[Event]) -> None:
        """More of the open thought, or a new one. Nothing follows a thought's opaque value."""
        summary, name, place = self._thought
        same_place = index is None or place is None or index == place
        goes_on = self._kind is Reasoning and not self._signed
        if part.opaque is not None and not part.text and (part.redacted or part.id is not None):
            if goes_on and part.id is not None and part.id == name:
                events.append(OpaqueDelta(self.at, part.opaque))
                self._signed = True
            else:
                self._whole(part, events)
            return
        if not goes_on or not same_place or part.summary != summary or (part.id and name and part.id != name):
            if not part.text and part.opaque is None:
                return
            self.close(events)
            self._begin(Reasoning(id=part.id, summary=part.summary), events)
            self._thought = (part.summary, part.id, index)
            self._signed = False
        if part.text:
            events.append(TextDelta(self.at, part.text, None))
        if part.opaque is not None:
            events.append(OpaqueDelta(self.at, part.opaque))
            self._signed = True

    def _ensure(self, kind: type[Text] | type[Refusal], events: list[Event]) -> None:
        if self._kind is not kind:
            self.close(events)
            self._begin(kind(""), events)
            self.in_text = kind is Text

    def _begin(self, part: Part, events: list[Event]) -> None:
        self.at = self.take_index()
        self._kind = type(part)
        self._plain = []
        events.append(Opened(self.at, part))

    def _whole(self, part: Part, events: list[Event]) -> None:
        self.close(events)
        index = self.take_index()
        events.append(Opened(index, part, whole=True))
        events.append(Closed(index))
