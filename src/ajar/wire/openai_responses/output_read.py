"""The items of an answer's `output` as parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Foreign, Part, Refusal, Text, ToolCall
from ajar.wire.json_fields import Fields, object_of
from ajar.wire.openai_responses.content_read import FORMAT, read_content
from ajar.wire.openai_responses.items_read import call_rest, of_item, read_reasoning
from ajar.wire.openai_responses.written import Written, fields_of

if TYPE_CHECKING:
    from ajar.domain.dialog.parts import Rest


def read_output(values: list[Any]) -> list[Part]:
    """The parts of all items. Raises InvalidField."""
    parts: list[Part] = []
    for at, value in enumerate(values):
        parts += read_item(object_of(value, "output", at), f"output[{at}]")
    return parts


def read_item(item: Rest, path: str) -> list[Part]:
    """The parts of one item: of a message several, of any other one. Raises InvalidField."""
    kind = item.get("type")
    fields = Fields(item, path)
    if kind == "message" and item.get("role") in ("assistant", None) and type(item.get("content")) is list:
        return read_message(fields)
    if kind == "function_call":
        return [read_call(fields, "arguments")]
    if kind == "custom_tool_call":
        return [read_call(fields, "input")]
    if kind == "reasoning":
        return [read_reasoning(fields)]
    if type(kind) is not str:
        fields.refuse("type", "must be a string")
    return [Foreign(FORMAT, kind, item)]


def read_message(fields: Fields) -> list[Part]:
    """The parts of a message; an empty one has none."""
    content = read_content(fields.array("content") or [], fields.where("content"), "output_text")
    if not content:
        return []
    fields.drop("role")
    return cast("list[Part]", of_item(content, Written(fields.rest())))


def read_call(fields: Fields, name: str) -> ToolCall:
    """A call. Some servers leave out its `call_id` or, where there are none, the arguments."""
    identity = fields.text("call_id") or fields.text("id")
    if identity is None:
        fields.refuse("call_id", "is missing")
    call = ToolCall(identity, fields.needed("name"), fields.text(name) or "", custom=name == "input")
    call.rest = call_rest(fields)
    return call


def logprobs_of(parts: list[Part]) -> list[Any] | None:
    """The log probabilities of all text, in order; None where there are none."""
    found: list[Any] = []
    for part in parts:
        if isinstance(part, Text) and type(values := fields_of(part.rest).get("logprobs")) is list:
            found += cast("list[Any]", values)
    return found or None


def calls_and_refusal(parts: list[Part]) -> tuple[bool, bool]:
    """Whether the model called a tool of the caller's, and whether it said why it does not answer."""
    return any(isinstance(each, ToolCall) for each in parts), any(isinstance(each, Refusal) for each in parts)
