"""A whole answer in the form of a Responses answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.parts import Foreign, Media, Reasoning, Refusal, Text, ToolCall, ToolResult
from ajar.errors import UpstreamGarbage
from ajar.wire.json_fields import said
from ajar.wire.openai_responses.content_read import PART
from ajar.wire.openai_responses.envelope import Envelope
from ajar.wire.openai_responses.items import Items, flat_logprobs
from ajar.wire.openai_responses.stop import incomplete_of
from ajar.wire.openai_responses.usage import usage_block
from ajar.wire.openai_responses.written import Written, fields_of, item_of

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.losses import Losses
    from ajar.domain.dialog.parts import Part, Rest
    from ajar.domain.dialog.request import ChatRequest
    from ajar.wire.made import Made

_encode = msgspec.json.Encoder().encode


def write_answer(answer: Answer, request: ChatRequest, made: Made, losses: Losses) -> bytes:
    """The JSON body for the caller. `losses` gets the names of what it cannot say.

    Raises UpstreamGarbage where the answer is nested too deeply to be written.
    """
    try:
        return _write(answer, request, made, losses)
    except RecursionError:
        raise UpstreamGarbage("the answer is nested too deeply") from None


def _write(answer: Answer, request: ChatRequest, made: Made, losses: Losses) -> bytes:
    envelope = Envelope(request, made)
    envelope.begin(answer.format, answer.id, answer.model, answer.created)
    refused = any(isinstance(part, Refusal) for part in answer.parts)
    incomplete = incomplete_of(answer.finish, refused=refused)
    more: Rest = {}
    if envelope.own:
        more = answer.rest
    else:
        losses.add_rest("", said(answer.rest))
        if answer.finish.native is not None:
            more = {"native_finish_reason": answer.finish.native}
    status = "completed" if incomplete is None else "incomplete"
    output = _Output(Items(answer.format, made, losses), answer.logprobs)
    items = output.items_of(answer.parts)
    if output.last is not None:
        output.last["status"] = status  # of an answer that was cut, the last item was
    return envelope.response(
        status,
        _encode(items),
        usage=usage_block(answer.usage, losses),
        incomplete=incomplete,
        tier=answer.service_tier,
        more=more,
    )


class _Output:
    """The items of one answer."""

    __slots__ = ("_items", "_logprobs", "_written", "last")

    def __init__(self, items: Items, logprobs: Any) -> None:
        self._items = items
        self._logprobs = None if items.own else logprobs
        self._written: list[Rest] = []
        self.last: Rest | None = None
        """The last item, where it is a message or a call."""

    def items_of(self, parts: list[Part]) -> list[Rest]:
        """One message for each run of text."""
        run: list[Rest] = []
        note: Written | None = None
        for part in parts:
            self._items.rest(part)
            if isinstance(part, Text | Refusal):
                its = item_of(part.rest)
                if isinstance(part, Text) and part.opaque is not None:
                    if run:
                        self._message(note, run)
                        run = []
                    self._sealed(part.opaque)
                if run and its is not note:
                    self._message(note, run)
                    run = []
                note = its
                run.append(self._text(part) if isinstance(part, Text) else self._items.refusal(part, part.text))
                continue
            if isinstance(part, Foreign) and part.kind.startswith(PART):
                if self._foreign(part):
                    run.append(part.value)
                continue
            if run:
                self._message(note, run)
                run = []
            self._other(part)
        if run:
            self._message(note, run)
        return self._written

    def _message(self, note: Written | None, content: list[Rest]) -> None:
        self.last = self._items.message(note, "completed", content)
        self._written.append(self.last)

    def _text(self, part: Text) -> Rest:
        items = self._items
        logprobs: Any = fields_of(part.rest).get("logprobs") if items.own else flat_logprobs(self._logprobs)
        self._logprobs = None  # all of them stand on the first text
        return items.text(part, part.text, items.annotations(part.annotations, items.source), logprobs or [])

    def _other(self, part: Part) -> None:
        items, written = self._items, self._written
        if isinstance(part, Reasoning):
            self.last = None
            written.append(items.reasoning(part, part.text, part.opaque))
        elif isinstance(part, ToolCall):
            if part.opaque is not None:
                self._sealed(part.opaque)
            arguments = part.arguments if part.custom else part.arguments or "{}"
            self.last = items.call(part, arguments, "completed")
            written.append(self.last)
        elif isinstance(part, Foreign):
            if self._foreign(part):
                self.last = None
                written.append(part.value)
        elif isinstance(part, Media):
            items.lose(part.kind)
        else:
            items.lose("tool_result" if isinstance(part, ToolResult) else "messages")

    def _sealed(self, opaque: str) -> None:
        """What stands on a call or a text elsewhere stands before it here."""
        self._written.append(self._items.reasoning(Reasoning(), "", opaque))

    def _foreign(self, part: Foreign) -> bool:
        if part.format == "openai-responses":
            return True
        self._items.losses.add(part.kind)
        return False
