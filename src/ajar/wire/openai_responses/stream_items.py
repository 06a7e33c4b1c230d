"""The output of a stream that is being written: items and their parts, from `added` over deltas to `done`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall
from ajar.wire.openai_responses.content_read import FORMAT, PART
from ajar.wire.openai_responses.items import flat_logprobs
from ajar.wire.openai_responses.stream_block import WITH_LOGPROBS, Block, OpenMessage
from ajar.wire.openai_responses.written import item_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest
    from ajar.wire.openai_responses.items import Items
    from ajar.wire.openai_responses.written import Written

_encode = msgspec.json.Encoder().encode


class Output:
    """The items so far. Methods return the bytes of whole events."""

    __slots__ = ("_done", "_held", "_message", "_number", "items")

    def __init__(self, items: Items) -> None:
        self.items = items
        self._number = -1
        self._done: list[bytes | None] = []
        self._message: OpenMessage | None = None
        self._held: tuple[int, Rest] | None = None
        """The place of a call that lacks only its last event, and the call: was it cut off? What comes next tells."""

    def number(self) -> int:
        """The next event's sequence number."""
        self._number += 1
        return self._number

    def event(self, kind: str, body: bytes) -> bytes:
        """An event; `body` is the inside of a JSON object."""
        name = kind.encode()
        return b'event: %b\ndata: {"type":"%b","sequence_number":%d,%b}\n\n' % (name, name, self.number(), body)

    def array(self) -> bytes:
        """The JSON text of all items that are done."""
        return b"[%b]" % b",".join([each for each in self._done if each is not None])

    def place(self, block: Block) -> Rest:
        """Where a part of a message stands."""
        return {"item_id": block.id, "output_index": block.at, "content_index": block.number}

    def begin(self, block: Block) -> bytes:
        """Begin a block, and its item where it is not one more part of a message."""
        part, items = block.part, self.items
        block.head = b""
        items.rest(part)
        if isinstance(part, Text | Refusal):
            return self._begin_text(block, part)
        if isinstance(part, ToolCall):
            return self._begin_call(block, part)
        if isinstance(part, Reasoning):
            item = items.reasoning(part, "", None)
            item["summary"] = []
            item.pop("content", None)
            return self._leave() + self._add(block, item)
        if isinstance(part, Foreign) and part.format == FORMAT:
            if part.kind.startswith(PART):
                return self._in_message(block, None, part.value)
            return self._leave() + self._add(block, part.value)
        block.lost = True
        if isinstance(part, Foreign):
            items.losses.add(part.kind)
        else:
            items.lose(part.kind if isinstance(part, Media) else "tool_result")
        return b""

    def delta(self, block: Block, text: str, logprobs: Any = None) -> bytes:
        """More of a block."""
        before = b"" if block.head is not None else self.begin(block)
        if block.lost or block.head is None:
            return before
        if block.growing is None:
            before += self._grow(block)
        block.texts.append(text)
        tail = block.tail
        if logprobs and tail is WITH_LOGPROBS:
            found = flat_logprobs(logprobs)
            block.logprobs += found
            tail = b',"logprobs":%b}\n\n' % _encode(found)
        self._number += 1
        return b"%b%b%d%b%b%b" % (before, block.growing, self._number, block.head, _encode(text), tail)

    def annotation(self, block: Block, value: Any) -> bytes:
        """A citation of a text."""
        before = b"" if block.head is not None else self.begin(block)
        if block.lost or block.message is None:
            return before
        block.annotations.append(value)
        place = {**self.place(block), "annotation_index": len(block.annotations) - 1, "annotation": value}
        return before + self.event("response.output_text.annotation.added", _encode(place)[1:-1])

    def close(self, block: Block, *, last: bool = False) -> bytes:
        """End a block, and its item where that has no other part to come. `last`: no other block is open."""
        part = block.part
        out = b"" if block.head is not None else self.begin(block)
        if block.lost:
            return out
        if block.whole and not block.texts:
            out += self._said_at_once(block)
        if block.message is not None:
            out += self._close_part(block, block.message)
            return out if block.late is None else out + self._leave() + self._sealed(block.late)
        if isinstance(part, ToolCall):
            return out + self._close_call(block, part, last=last)
        if isinstance(part, Reasoning):
            return out + self._close_thought(block, part)
        return out + self._finish(block.at, part.value if isinstance(part, Foreign) else {})

    def end(self, status: str) -> bytes:
        """Nothing more comes: end the last item, a message that more parts could have come to or a call."""
        out = self.settle(status)
        message, self._message = self._message, None
        return out if message is None else out + self._finish_message(message, status)

    def settle(self, status: str) -> bytes:
        """End the call that was held back."""
        held, self._held = self._held, None
        if held is None:
            return b""
        at, item = held
        item["status"] = status
        return self._finish(at, item)

    # messages

    def _begin_text(self, block: Block, part: Text | Refusal) -> bytes:
        out = b""
        if block.opaque is not None:
            out = self._leave() + self._sealed(block.opaque)
        if isinstance(part, Text):
            block.tail = WITH_LOGPROBS
            block.annotations = self.items.annotations(part.annotations, self.items.source) if block.whole else []
            value = self.items.text(part, "", [], [])
            kind = "response.output_text.delta"
        else:
            value = self.items.refusal(part, "")
            kind = "response.refusal.delta"
        out += self._in_message(block, item_of(part.rest), value)
        block.head = _head(self.place(block))
        block.growing = _prefix(kind)
        return out

    def _in_message(self, block: Block, note: Written | None, value: Rest) -> bytes:
        message, out = self._message, self.settle("completed")
        if message is None or (self.items.own and note is not None and note is not message.note):
            out += self._leave()
            item = self.items.message(note, "in_progress", [])
            self._message = message = OpenMessage(len(self._done), item["id"], note)
            self._done.append(None)
            out += self._added(message.at, item)
        block.message, block.id, block.at = message, message.id, message.at
        block.number = len(message.content)
        message.content.append(None)
        message.open += 1
        body = {**self.place(block), "part": value}
        return out + self.event("response.content_part.added", _encode(body)[1:-1])

    def _close_part(self, block: Block, message: OpenMessage) -> bytes:
        part, text = block.part, block.text
        place = self.place(block)
        out = b""
        if isinstance(part, Text):
            value = self.items.text(part, text, block.annotations, block.logprobs)
            body = {**place, "text": text, "logprobs": block.logprobs}
            out = self.event("response.output_text.done", _encode(body)[1:-1])
        elif isinstance(part, Refusal):
            value = self.items.refusal(part, text)
            out = self.event("response.refusal.done", _encode({**place, "refusal": text})[1:-1])
        else:
            value = cast("Foreign", part).value
        out += self.event("response.content_part.done", _encode({**place, "part": value})[1:-1])
        message.content[block.number] = value
        message.open -= 1
        if message.left and message.open == 0:
            out += self._finish_message(message, "completed")
        return out

    def _leave(self) -> bytes:
        """Another item begins: the call before it is complete, and the message has all its parts."""
        out = self.settle("completed")
        message, self._message = self._message, None
        if message is None:
            return out
        message.left = True
        return out if message.open else out + self._finish_message(message, "completed")

    def _finish_message(self, message: OpenMessage, status: str) -> bytes:
        content = [each for each in message.content if each is not None]
        item = self.items.message(message.note, status, content, message.id)
        return self._finish(message.at, item)

    # other items

    def _begin_call(self, block: Block, part: ToolCall) -> bytes:
        out = self._leave()
        if block.opaque is not None:
            out += self._sealed(block.opaque)
        out += self._add(block, self.items.call(part, "", "in_progress"))
        block.head = _head({"item_id": block.id, "output_index": block.at})
        kind = "response.custom_tool_call_input.delta" if part.custom else "response.function_call_arguments.delta"
        block.growing = _prefix(kind)
        return out

    def _close_call(self, block: Block, part: ToolCall, *, last: bool) -> bytes:
        # Some formats send no delta for a call without parameters; here the arguments are an object all the same.
        before = b"" if part.custom or block.text.strip() else self.delta(block, "{}")
        arguments = block.text
        place = {"item_id": block.id, "output_index": block.at}
        if part.custom:
            out = self.event("response.custom_tool_call_input.done", _encode({**place, "input": arguments})[1:-1])
        else:
            body = {**place, "name": part.name, "arguments": arguments}
            out = self.event("response.function_call_arguments.done", _encode(body)[1:-1])
        item = self.items.call(part, arguments, "completed")
        item["id"] = block.id
        if last and self._message is None:
            self._held = block.at, item
            return before + out
        return before + out + self._finish(block.at, item)

    def _grow(self, block: Block) -> bytes:
        """The first delta of a thought: only now it is known that there is text."""
        place: Rest = {"item_id": block.id, "output_index": block.at}
        if isinstance(block.part, Reasoning) and self.items.plain(block.part):
            place["content_index"] = 0
            block.growing = _prefix("response.reasoning_text.delta")
            kind, part = "response.content_part.added", {"type": "reasoning_text", "text": ""}
        else:
            place["summary_index"] = 0
            block.growing = _prefix("response.reasoning_summary_text.delta")
            kind, part = "response.reasoning_summary_part.added", {"type": "summary_text", "text": ""}
        block.head = _head(place)
        return self.event(kind, _encode({**place, "part": part})[1:-1])

    def _close_thought(self, block: Block, part: Reasoning) -> bytes:
        out, text = b"", block.text
        if block.texts:
            place: Rest = {"item_id": block.id, "output_index": block.at}
            if self.items.plain(part):
                place["content_index"] = 0
                value, word, end = {"type": "reasoning_text", "text": text}, "reasoning_text", "content_part"
            else:
                place["summary_index"] = 0
                value = {"type": "summary_text", "text": text}
                word, end = "reasoning_summary_text", "reasoning_summary_part"
            out = self.event(f"response.{word}.done", _encode({**place, "text": text})[1:-1])
            out += self.event(f"response.{end}.done", _encode({**place, "part": value})[1:-1])
        item = self.items.reasoning(part, text, block.opaque)
        item["id"] = block.id
        return out + self._finish(block.at, item)

    def _sealed(self, opaque: str) -> bytes:
        """What stands on a call or a text elsewhere stands before it here, as an item of its own."""
        block = Block(Reasoning(opaque=opaque), whole=True)
        return self.begin(block) + self.close(block)

    def _said_at_once(self, block: Block) -> bytes:
        part = block.part
        text = part.arguments if isinstance(part, ToolCall) else getattr(part, "text", "")
        return self.delta(block, text) if text else b""

    def _add(self, block: Block, item: Rest) -> bytes:
        block.at, block.id = len(self._done), item.get("id") or ""
        self._done.append(None)
        return self._added(block.at, item)

    def _added(self, at: int, item: Rest) -> bytes:
        return self.event("response.output_item.added", _encode({"output_index": at, "item": item})[1:-1])

    def _finish(self, at: int, item: Rest) -> bytes:
        encoded = self._done[at] = _encode(item)
        return self.event("response.output_item.done", b'"output_index":%d,"item":%b' % (at, encoded))


def _prefix(kind: str) -> bytes:
    name = kind.encode()
    return b'event: %b\ndata: {"type":"%b","sequence_number":' % (name, name)


def _head(place: Rest) -> bytes:
    return b',%b,"delta":' % _encode(place)[1:-1]
