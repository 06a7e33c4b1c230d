"""The items of a Responses request's `input` as turns.

What the model said in one go stands in several items: its reasoning, its messages, its calls. They make one turn of the
typed form; the notes in `rest` tell the writer where the items were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign, Part, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.domain.dialog.request import Message, Role
from ajar.wire.json_fields import Fields, object_of
from ajar.wire.openai_responses.content_read import FORMAT, read_content
from ajar.wire.openai_responses.seal import unseal
from ajar.wire.openai_responses.written import BOOKKEEPING, Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.domain.dialog.parts import Media, Rest
    from ajar.wire.openai_responses.content_read import Content

ITEM_REFERENCE = "item_reference"

_ROLES: frozenset[Any] = frozenset({"user", "system", "developer", "assistant"})
_QUIET_CALL = BOOKKEEPING
_QUIET_RESULT = BOOKKEEPING | {"name"}
_QUIET_REASONING = BOOKKEEPING | {"summary", "content"}
_QUIET_SUMMARY = BOOKKEEPING | {"summary"}


class _Turns:
    """The turns so far, and the names of the tools that were called."""

    __slots__ = ("messages", "names")

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.names: dict[str, str] = {}

    def parts(self, role: Role) -> list[Part]:
        """The parts of the current turn, which is a new one where the last is another role's."""
        if not self.messages or self.messages[-1].role != role:
            self.messages.append(Message(role, []))
        return self.messages[-1].parts

    def foreign(self, kind: str, value: Rest) -> None:
        """An item that only this format knows. One that says what a tool gave stands with the results."""
        self.parts("tool" if kind.endswith("_output") else "assistant").append(Foreign(FORMAT, kind, value))


def read_items(values: list[Any], path: str) -> list[Message]:
    """The turns. Raises InvalidField."""
    turns = _Turns()
    for at, value in enumerate(values):
        item = object_of(value, path, at)
        kind = item.get("type")
        if kind is None:
            kind = ITEM_REFERENCE if "id" in item and "role" not in item else "message"
        fields = Fields(item, f"{path}[{at}]")
        if type(kind) is not str:
            fields.refuse("type", "must be a string")
        read = _READERS.get(kind)
        if read is None or (kind == "message" and not _is_message(fields)):
            turns.foreign(kind, item)
        else:
            read(fields, turns)
    return turns.messages


def _is_message(fields: Fields) -> bool:
    role = fields.peek("role")
    if type(role) is not str:
        fields.refuse("role", "is missing" if role is None else "must be a string")
    if role != "assistant":
        return role in _ROLES
    # A message of the model's has the notes on its first part, so that must be one that can have them.
    content = fields.peek("content")
    if type(content) is not list or not content:
        return True
    first = cast("list[Any]", content)[0]
    return type(first) is dict and cast("Rest", first).get("type") in ("output_text", "refusal", "input_text", "text")


def _message(fields: Fields, turns: _Turns) -> None:
    role = cast("Role", fields.needed("role"))
    own = "output_text" if role == "assistant" else "input_text"
    content = fields.take("content")
    if type(content) is str:
        parts, form = cast("list[Content]", [Text(content)]), "text"
    elif type(content) is list:
        parts, form = read_content(cast("list[Any]", content), fields.where("content"), own), ""
    else:
        fields.refuse("content", "is missing" if content is None else "must be a string or a list")
    note = Written(fields.rest(), form)
    if role == "assistant":
        turns.parts(role).extend(of_item(parts, note))
    else:
        turns.messages.append(Message(role, cast("list[Part]", parts), rest=note))


def of_item(parts: list[Content], note: Written) -> list[Content]:
    """The parts of a message of the model's, marked as such; the first says what of the message gets lost."""
    if not parts:
        note.form = "empty"
        parts = [Text("")]
    lost = dict(note)
    for part in parts:
        if isinstance(part, Text | Refusal):
            rest = part.rest
            if type(rest) is Written:
                rest.item = note
            else:
                part.rest = rest = Written(rest, item=note)
            if lost:
                rest.update(lost)
                lost = {}
    return parts


def _call(fields: Fields, turns: _Turns) -> None:
    call = ToolCall(fields.needed("call_id"), fields.needed("name"), fields.needed("arguments"))
    call.rest = call_rest(fields)
    turns.names[call.id] = call.name
    turns.parts("assistant").append(call)


def _custom_call(fields: Fields, turns: _Turns) -> None:
    call = ToolCall(fields.needed("call_id"), fields.needed("name"), fields.needed("input"), custom=True)
    call.rest = call_rest(fields)
    turns.names[call.id] = call.name
    turns.parts("assistant").append(call)


def call_rest(fields: Fields) -> Rest:
    """What a call says beside its name and arguments. That the model itself called is what every format says."""
    fields.drop("type")
    rest = fields.rest()
    if "caller" in rest and rest["caller"] == {"type": "direct"}:
        return Written(rest, silent=_QUIET_CALL | {"caller"})
    return Written(rest, silent=_QUIET_CALL)


def _result(fields: Fields, turns: _Turns) -> None:
    turns.parts("tool").append(_read_result(fields, turns, custom=False))


def _custom_result(fields: Fields, turns: _Turns) -> None:
    turns.parts("tool").append(_read_result(fields, turns, custom=True))


def _read_result(fields: Fields, turns: _Turns, *, custom: bool) -> ToolResult:
    call = fields.needed("call_id")
    output = fields.take("output")
    if type(output) is str:
        content, form = cast("list[Content]", [Text(output)]), "text"
    elif type(output) is list:
        content, form = read_content(cast("list[Any]", output), fields.where("output"), "input_text"), ""
    else:
        fields.refuse("output", "is missing" if output is None else "must be a string or a list")
    fields.drop("type")
    name = fields.text("name")
    rest = fields.rest()
    if name is not None:
        rest["name"] = name
    return ToolResult(
        call,
        [_in_result(each) for each in content],
        name=name or turns.names.get(call),
        custom=custom,
        rest=Written(rest, form, silent=_QUIET_RESULT),
    )


def _in_result(part: Content) -> Text | Media | Foreign:
    if type(part) is Refusal:  # no tool refuses: nothing that any format has a place for
        return Foreign(FORMAT, "content.refusal", {"type": "refusal", "refusal": part.text, **part.rest})
    return cast("Text | Media | Foreign", part)


def _reasoning(fields: Fields, turns: _Turns) -> None:
    turns.parts("assistant").append(read_reasoning(fields))


def read_reasoning(fields: Fields) -> Reasoning:
    """A reasoning item. Its parts stay in `fields` as they are; the text is the summary, else the thoughts themselves.

    Raises InvalidField.
    """
    fields.drop("type")
    summary, content = fields.array("summary"), fields.array("content")
    summed = _texts(summary, fields.where("summary"))
    thought = _texts(content, fields.where("content"))
    part = Reasoning(summed or thought, id=fields.text("id"), summary=bool(summed))
    sealed = fields.text("encrypted_content")
    if sealed is not None:
        part.opaque, part.redacted = unseal(sealed)
    rest = fields.rest()
    if summary is not None:
        rest["summary"] = summary
    if content is not None:
        rest["content"] = content
    part.rest = Written(rest, silent=_QUIET_SUMMARY if summed and thought else _QUIET_REASONING)
    return part


def _texts(values: list[Any] | None, path: str) -> str:
    if not values:
        return ""
    texts: list[str] = []
    for at, value in enumerate(values):
        text = object_of(value, path, at).get("text")
        if type(text) is str:
            texts.append(text)
    return "\n\n".join(texts)


_READERS: dict[str, Callable[[Fields, _Turns], None]] = {
    "message": _message,
    "function_call": _call,
    "function_call_output": _result,
    "custom_tool_call": _custom_call,
    "custom_tool_call_output": _custom_result,
    "reasoning": _reasoning,
}
