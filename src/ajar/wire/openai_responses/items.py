"""The items of an answer as this format's writers make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ajar.domain.dialog.parts import Reasoning, Text
from ajar.wire.json_fields import said
from ajar.wire.openai_responses.annotations import flat_annotations
from ajar.wire.openai_responses.ids import make_id
from ajar.wire.openai_responses.seal import seal
from ajar.wire.openai_responses.words import word
from ajar.wire.openai_responses.written import Written, fields_of

if TYPE_CHECKING:
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Format, Part, Refusal, Rest, ToolCall
    from ajar.wire.made import Made


class Items:
    """Makes items, each with an id of its own. `own`: the answer came in this format, with ids and unknown fields."""

    __slots__ = ("_count", "_hex", "losses", "own", "source")

    def __init__(self, source: Format, made: Made, losses: Losses) -> None:
        self._hex = made.id.replace("-", "")
        self._count = 0
        self.losses = losses
        self.source: Format = source
        self.own = source == "openai-responses"

    def lose(self, thing: str) -> None:
        """Name a loss in the words of the answer's format."""
        self.losses.add(word(self.source, thing))

    def identity(self, prefix: str) -> str:
        """A new item's id."""
        self._count += 1
        return make_id(prefix, self._hex, self._count)

    def message(self, note: Written | None, status: str, content: list[Rest], identity: str | None = None) -> Rest:
        """A message of the model's; with a new id where none is given."""
        item: Rest = {"type": "message", "status": status, "role": "assistant", "content": content}
        if self.own and note is not None:
            item = {**note.fields, **item}
        if identity is not None:
            item["id"] = identity
        elif type(item.get("id")) is not str:
            item["id"] = self.identity("msg")
        return item

    def text(self, part: Text, text: str, annotations: list[Any], logprobs: list[Any]) -> Rest:
        """A text of a message."""
        value: Rest = {"type": "output_text", "text": text, "annotations": annotations, "logprobs": logprobs}
        return {**fields_of(part.rest), **value} if self.own else value

    def refusal(self, part: Refusal, text: str) -> Rest:
        """A refusal in a message."""
        value: Rest = {"type": "refusal", "refusal": text}
        return {**fields_of(part.rest), **value} if self.own else value

    def call(self, part: ToolCall, arguments: str, status: str) -> Rest:
        """A call of a tool."""
        kind, field = ("custom_tool_call", "input") if part.custom else ("function_call", "arguments")
        item: Rest = {"type": kind, "call_id": part.id, "name": part.name, field: arguments, "status": status}
        if self.own:
            item = {**fields_of(part.rest), **item}
        if type(item.get("id")) is not str:
            item["id"] = self.identity("ctc" if part.custom else "fc")
        return item

    def reasoning(self, part: Reasoning, text: str, opaque: str | None) -> Rest:
        """What the model thought: a summary, or from a deployment that says so, the thoughts themselves."""
        item: Rest = {"type": "reasoning", "id": part.id or self.identity("rs"), "summary": []}
        fields = fields_of(part.rest) if self.own else {}
        if "summary" in fields or "content" in fields:
            item = {**item, **fields, "id": item["id"]}  # the parts as they were
        elif text and self.plain(part):
            item["content"] = [{"type": "reasoning_text", "text": text}]
        elif text:
            item["summary"] = [{"type": "summary_text", "text": text}]
        if opaque is not None:
            item["encrypted_content"] = seal(opaque, redacted=part.redacted)
        return item

    def plain(self, part: Reasoning) -> bool:
        """Whether thoughts are written as such, not as a summary."""
        return self.own and not part.summary

    def annotations(self, annotations: list[Any] | None, source: Format) -> list[Any]:
        """Citations as this format has them; those that it cannot have are lost."""
        if not annotations:
            return []
        flat = flat_annotations(annotations, source)
        if flat is None:
            self.lose("annotations")
            return []
        return flat

    def rest(self, part: Part) -> None:
        """Name what is lost of a part's unknown fields."""
        rest = getattr(part, "rest", None)
        if rest and not self.own:
            where = (
                "content" if isinstance(part, Text) else "reasoning" if isinstance(part, Reasoning) else "tool_calls"
            )
            self.losses.add_rest(where, said(rest))


def flat_logprobs(values: Any) -> list[Any]:
    """Log probabilities as this format has them: the bytes of a token are a list, and its rivals too."""
    if type(values) is not list:
        return []
    return [_flat(cast("Rest", value), rivals=True) for value in cast("list[Any]", values) if type(value) is dict]


def _flat(value: Rest, *, rivals: bool) -> Rest:
    token = value.get("token")
    one: Rest = {**value, "token": token if type(token) is str else ""}
    if one.get("bytes") is None:
        one["bytes"] = list(one["token"].encode())
    if rivals:
        others = value.get("top_logprobs")
        found = cast("list[Any]", others) if type(others) is list else []
        one["top_logprobs"] = [_flat(cast("Rest", each), rivals=False) for each in found if type(each) is dict]
    return one
