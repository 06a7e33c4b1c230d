"""The blocks of a stream that is being read: which are open, and what was said of them.

Servers leave out events that OpenAI sends: an item may be seen first at its first delta, at its end, or only in the
complete response at the end of all. What the missing ones would have said is taken from the later ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.events import (
    AnnotationDelta,
    ArgumentsDelta,
    Closed,
    OpaqueDelta,
    Opened,
    TextDelta,
)
from ajar.domain.dialog.parts import Reasoning, Refusal, Text
from ajar.wire.json_fields import Fields
from ajar.wire.openai_responses.content_read import FORMAT
from ajar.wire.openai_responses.items_read import read_reasoning
from ajar.wire.openai_responses.output_read import calls_and_refusal, read_call, read_item
from ajar.wire.openai_responses.written import Written

if TYPE_CHECKING:
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Part, Rest

_ARGUMENTS = {"function_call": "arguments", "custom_tool_call": "input"}
_OF_MESSAGE = frozenset({"role", "content", "status"})
_Key = tuple[int, int]


class _Block:
    """An open block. `grown`: text of it came. `place`: the current part of a thought that has several."""

    __slots__ = ("annotated", "grown", "index", "place")

    def __init__(self, index: int) -> None:
        self.index = index
        self.grown = False
        self.annotated = False
        self.place: tuple[bool, int] | None = None


class Blocks:
    """Turns what is said of items and their parts into events, in `out`. Methods raise InvalidField.

    `called` and `refused` say what was among the output. Items are told apart by their `output_index` (`at`), the parts
    of a message by their number in it.
    """

    __slots__ = (
        "_calls",
        "_count",
        "_done",
        "_ids",
        "_notes",
        "_texts",
        "_thoughts",
        "called",
        "out",
        "refused",
        "seen",
    )

    def __init__(self) -> None:
        self.out: list[Event] = []
        self.called = False
        self.refused = False
        self.seen: set[int] = set()
        self._count = 0
        self._notes: dict[int, Written] = {}
        self._ids: dict[int, str] = {}
        self._texts: dict[_Key, _Block] = {}
        self._done: set[_Key] = set()
        self._calls: dict[int, _Block] = {}
        self._thoughts: dict[int, _Block] = {}

    def item_added(self, at: int, item: Rest) -> None:
        """An item begins. What only this format knows is waited for."""
        kind = _kind(item)
        if kind == "message":
            self._notes[at] = Written({name: value for name, value in item.items() if name not in _OF_MESSAGE})
        elif kind == "reasoning":
            if type(identity := item.get("id")) is str:
                self._ids[at] = identity
        elif kind in _ARGUMENTS:
            field = _ARGUMENTS[kind]
            call = read_call(Fields({**item, field: ""}, "item"), field)
            self._calls[at] = self._open(call)
            self.called = True
        else:
            return
        self.seen.add(at)

    def item_done(self, at: int, item: Rest) -> None:
        """An item is complete."""
        kind = _kind(item)
        if at not in self.seen:
            self.seen.add(at)
            self.whole(item)
        elif kind == "message":
            self._message_done(at, item)
        elif kind == "reasoning":
            self._reasoning_done(at, item)
        elif kind in _ARGUMENTS:
            self.arguments_done(at, item.get(_ARGUMENTS[kind]))
            block = self._calls.pop(at, None)
            if block is not None:
                self.out.append(Closed(block.index))
        else:
            self.whole(item)

    def whole(self, item: Rest) -> None:
        """An item of which nothing was said before."""
        parts = read_item(item, "item")
        calls, refused = calls_and_refusal(parts)
        self.called |= calls
        self.refused |= refused
        for part in parts:
            block = self._open(part, whole=True)
            self.out.append(Closed(block.index))

    def part_added(self, at: int, number: int, part: Rest) -> None:
        """A part of a message begins."""
        kind = part.get("type")
        if (kind == "output_text" or kind == "refusal") and (at, number) not in self._texts:
            self._open_text(at, number, refusal=kind == "refusal")

    def text(self, at: int, number: int, text: str, logprobs: Any = None, *, refusal: bool = False) -> None:
        """More text of a message's part, which may begin with it."""
        block = self._texts.get((at, number)) or self._open_text(at, number, refusal=refusal)
        block.grown = True
        self.out.append(TextDelta(block.index, text, logprobs or None))

    def text_done(self, at: int, number: int, text: Any) -> None:
        """All text of a message's part: that counts only where no delta came."""
        block = self._texts.get((at, number))
        if block is not None and not block.grown and type(text) is str and text:
            block.grown = True
            self.out.append(TextDelta(block.index, text))

    def part_done(self, at: int, number: int, part: Rest) -> None:
        """A part of a message is complete."""
        block = self._texts.get((at, number))
        if block is None:
            return
        self.text_done(at, number, part.get("text", part.get("refusal")))
        annotations = part.get("annotations")
        if not block.annotated and type(annotations) is list:
            for each in cast("list[Any]", annotations):
                self.annotation(at, number, each)
        self._close_text((at, number))

    def annotation(self, at: int, number: int, value: Any) -> None:
        """A citation in a message's part."""
        block = self._texts.get((at, number))
        if block is not None:
            block.annotated = True
            self.out.append(AnnotationDelta(block.index, FORMAT, value))

    def thought(self, at: int, number: int, text: str, *, summary: bool) -> None:
        """More of a reasoning item, whose parts become one text with empty lines between them."""
        block = self._thoughts.get(at)
        if block is None:
            block = self._open_thought(at, summary=summary)
        place = (summary, number)
        if block.place != place and block.grown:
            text = "\n\n" + text
        block.place = place
        block.grown = True
        self.out.append(TextDelta(block.index, text))

    def arguments(self, at: int, text: str) -> None:
        """More of a call's arguments. Those of a call that nobody began come with its end."""
        block = self._calls.get(at)
        if block is not None:
            block.grown = True
            self.out.append(ArgumentsDelta(block.index, text))

    def arguments_done(self, at: int, text: Any) -> None:
        """All arguments of a call: that counts only where no delta came."""
        block = self._calls.get(at)
        if block is not None and not block.grown and type(text) is str and text:
            self.arguments(at, text)

    def close(self) -> None:
        """Nothing more comes: close what is open, in order."""
        blocks = (*self._texts.values(), *self._calls.values(), *self._thoughts.values())
        self.out += [Closed(index) for index in sorted([block.index for block in blocks])]
        self._texts.clear()
        self._calls.clear()
        self._thoughts.clear()

    def _open(self, part: Part, *, whole: bool = False) -> _Block:
        block = _Block(self._count)
        self._count += 1
        self.out.append(Opened(block.index, part, whole))
        return block

    def _open_text(self, at: int, number: int, *, refusal: bool) -> _Block:
        self.seen.add(at)
        note = self._notes.setdefault(at, Written({}))
        rest = Written({}, item=note)
        if note:
            rest.update(note)
            note.clear()  # named on its first part
        self.refused |= refusal
        block = self._texts[at, number] = self._open(Refusal("", rest) if refusal else Text("", rest=rest))
        return block

    def _close_text(self, key: _Key) -> None:
        block = self._texts.pop(key)
        self._done.add(key)
        self.out.append(Closed(block.index))

    def _message_done(self, at: int, item: Rest) -> None:
        content = item.get("content")
        for number, value in enumerate(cast("list[Any]", content) if type(content) is list else ()):
            if type(value) is not dict:
                continue
            if (at, number) in self._texts:
                self.part_done(at, number, cast("Rest", value))
            elif (at, number) not in self._done:
                self.whole({**item, "content": [value]})
        for key in [key for key in self._texts if key[0] == at]:
            self._close_text(key)

    def _open_thought(self, at: int, *, summary: bool) -> _Block:
        self.seen.add(at)
        block = self._thoughts[at] = self._open(Reasoning(id=self._ids.get(at), summary=summary))
        return block

    def _reasoning_done(self, at: int, item: Rest) -> None:
        part = read_reasoning(Fields(item, "item"))
        block = self._thoughts.pop(at, None)
        if block is None:
            block = self._open(part, whole=True)
        else:
            if not block.grown and part.text:
                self.out.append(TextDelta(block.index, part.text))
            if part.opaque is not None:
                self.out.append(OpaqueDelta(block.index, part.opaque))
        self.out.append(Closed(block.index))


def _kind(item: Rest) -> str:
    kind = item.get("type")
    return kind if type(kind) is str else ""
