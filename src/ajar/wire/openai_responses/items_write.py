"""The turns as the items of a request's `input`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.wire.openai_responses.content_read import PART
from ajar.wire.openai_responses.content_write import write_content
from ajar.wire.openai_responses.ids import made_here
from ajar.wire.openai_responses.programs import call_of, caller_of, calls_to_cut, goes_anonymous
from ajar.wire.openai_responses.seal import seal
from ajar.wire.openai_responses.written import Written, fields_of, form_of, item_of
from ajar.wire.tool_reference import in_words

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.domain.dialog.request import Message
    from ajar.wire.openai_responses.target import Target

_LONGEST_ID = 64


def write_items(messages: list[Message], target: Target) -> list[Rest]:
    """The items of all turns. Message turns keep their places, of whatever role."""
    anonymous = target.own and _leans_on_another(messages, target)
    cut = calls_to_cut(messages, target) if anonymous else frozenset[str]()
    writer = _Items(target, cut, anonymous=anonymous)
    for message in messages:
        if message.role == "assistant":
            writer.said(message)
        elif message.role == "tool":
            writer.gave(message)
        else:
            writer.message(message)
    return writer.items


def _leans_on_another(messages: list[Message], target: Target) -> bool:
    """Whether the model's items come from another deployment.

    Their ids are then unknown to this one, or known with reasoning that is missing here: an id without the reasoning
    item that it had is refused, an item without an id is not, unless it is of a kind that must have one.
    """
    for message in messages:
        for part in message.parts:
            if isinstance(part, Reasoning):
                value = part.opaque or part.id
                if made_here(part.id) or (value is not None and not target.back.keeps(value)):
                    return True
            elif isinstance(part, Foreign) and not target.may_go(part.value):
                return True
    return False


class _Items:
    """The items so far."""

    __slots__ = ("_anonymous", "_custom", "_cut", "_target", "items")

    def __init__(self, target: Target, cut: frozenset[str], *, anonymous: bool) -> None:
        self._target = target
        self._cut = cut
        """Calls that do not go on."""
        self._anonymous = anonymous
        self._custom: set[str] = set()
        """The ids of the calls of custom tools, which other formats' results do not tell from others."""
        self.items: list[Rest] = []

    def message(self, message: Message) -> None:
        """A turn of the user's, or instructions."""
        target, parts = self._target, message.parts
        if message.name is not None:
            target.lose("messages.name")
        form = form_of(message.rest)
        rest = target.rest("messages", message.rest)
        content: Any = write_content(parts, "input_text", target)
        if form == "text" or (not target.own and _is_plain(content)):
            content = content[0]["text"]
        item: Rest = {"role": message.role, "content": content, **rest}
        if not target.own:
            if not content and parts:
                return  # nothing of it could be carried
            item["type"] = "message"
        self.items.append(item)

    def said(self, message: Message) -> None:
        """A turn of the model's."""
        target = self._target
        if message.name is not None:
            target.lose("messages.name")
        if not target.own:
            target.rest("messages", message.rest)
        run: list[Part] = []
        current: Written | None = None
        for part in message.parts:
            if _is_content(part):
                item = item_of(part.rest) if isinstance(part, Text | Refusal) else current
                if run and item is not current:
                    self._model_message(run, current)
                    run = []
                current = item
                run.append(part)
                continue
            if run:
                self._model_message(run, current)
                run = []
            current = None
            self._own_item(part)
        if run:
            self._model_message(run, current)

    def gave(self, message: Message) -> None:
        """The results of one round of calls."""
        for part in message.parts:
            if isinstance(part, ToolResult):
                self._result(part)
            elif isinstance(part, Foreign):
                self._foreign(part)
            else:
                self._target.lose("messages")

    def _own_item(self, part: Part) -> None:
        if isinstance(part, ToolCall):
            self._call(part)
        elif isinstance(part, Reasoning):
            self._reasoning(part)
        elif isinstance(part, Foreign):
            self._foreign(part)
        else:
            self._target.lose("messages")

    def _model_message(self, parts: list[Part], note: Written | None) -> None:
        target = self._target
        form = "" if note is None else note.form
        content: Any = write_content(parts, "output_text", target)
        if not content:
            return
        if form == "text" or (not target.own and _is_plain(content)):
            content = content[0]["text"]
        elif form == "empty":
            content = []
        item: Rest = {"role": "assistant", "content": content}
        if note is not None and target.own:
            item.update(self._named(note.fields))
        else:
            item["type"] = "message"
        self.items.append(item)

    def _named(self, fields: Rest) -> Rest:
        if self._anonymous and "id" in fields:
            return {name: value for name, value in fields.items() if name != "id"}
        return fields

    def _call(self, part: ToolCall) -> None:
        target = self._target
        if part.cache is not None:
            target.lose("cache_control")
        if part.opaque is not None and target.keeps(part.opaque, "thought_signature"):
            self.items.append({"type": "reasoning", "summary": [], "encrypted_content": part.opaque})
        (self._custom.add if part.custom else self._custom.discard)(part.id)
        kind, field = ("custom_tool_call", "input") if part.custom else ("function_call", "arguments")
        arguments = part.arguments if part.custom or target.own else part.arguments or "{}"
        item: Rest = {"type": kind, "call_id": self._id(part.id), "name": part.name, field: arguments}
        item.update(self._named(target.rest("tool_calls", part.rest)))
        self._add_called(item)

    def _result(self, part: ToolResult) -> None:
        target = self._target
        if part.cache is not None:
            target.lose("cache_control")
        if part.is_error:
            target.lose("is_error")
        content = write_content(in_words(part.content), "input_text", target)
        output: Any = content
        if form_of(part.rest) == "text" or (not target.own and _is_plain(content)):
            output = content[0]["text"]
        elif not content and not target.own:
            output = ""
        custom = part.custom or (not target.own and part.call_id in self._custom)
        kind = "custom_tool_call_output" if custom else "function_call_output"
        item: Rest = {"type": kind, "call_id": self._id(part.call_id), "output": output}
        item.update(target.rest("tool_result", part.rest))
        self._add_called(item)

    def _add_called(self, item: Rest) -> None:
        """One of the caller's own tools: its call may have come from a program."""
        if caller_of(item) in self._cut:
            del item["caller"]
            self._target.losses.add(f"{item['type']}.caller")
        self.items.append(item)

    def _reasoning(self, part: Reasoning) -> None:
        target = self._target
        kept = target.keeps(part.opaque)
        if target.own:
            fields = fields_of(part.rest)
            if part.opaque is None and part.id is not None:
                kept = not made_here(part.id) and target.back.keeps(part.id)
            if not kept and not fields.get("content"):
                # An id, and perhaps a summary, of what is stored elsewhere or nowhere.
                if part.opaque is None:
                    target.lose("thinking")
                return
            item: Rest = {"type": "reasoning", **fields}
            if type(part.rest) is not Written:
                item["summary"] = _summary(part.text)
            if part.id is not None and not self._anonymous:
                item["id"] = part.id
        elif part.opaque is None or not kept:
            if part.text:
                target.lose("thinking")
            return
        else:
            target.rest("thinking", part.rest)
            item = {"type": "reasoning", "summary": _summary(part.text)}
            if part.id is not None:
                item["id"] = part.id
        if part.opaque is not None and kept:
            item["encrypted_content"] = seal(part.opaque, redacted=part.redacted)
        self.items.append(item)

    def _foreign(self, part: Foreign) -> None:
        if not self._target.foreign(part):
            return
        item = part.value
        goes = goes_anonymous(item, self._target) if self._anonymous else self._target.may_go(item)
        if not goes or call_of(item) in self._cut or caller_of(item) in self._cut:
            self._target.losses.add(part.kind)
        else:
            self.items.append(self._named(item))

    def _id(self, call: str) -> str:
        """OpenAI refuses longer ones than it makes; other providers make such."""
        if self._target.own or len(call) <= _LONGEST_ID:
            return call
        return f"call_{hashlib.sha256(call.encode()).hexdigest()[:32]}"


def _is_content(part: Part) -> bool:
    return isinstance(part, Text | Refusal | Media) or (isinstance(part, Foreign) and part.kind.startswith(PART))


def _is_plain(content: list[Rest]) -> bool:
    """Whether content can be a string, the spelling that every server knows."""
    if len(content) != 1 or "text" not in content[0]:
        return False
    return len(content[0]) == 2 or (len(content[0]) == 3 and content[0].get("annotations") == [])


def _summary(text: str) -> list[Rest]:
    return [{"type": "summary_text", "text": text}] if text else []
