"""What a live inference was asked and answered, as scorers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ajar.domain.dialog.answer import Answer as Whole
from ajar.domain.dialog.answer import Finish
from ajar.domain.dialog.events import ArgumentsDelta, Counted, Ended, Failed, Finished, Opened, Started, TextDelta
from ajar.domain.dialog.losses import Losses
from ajar.domain.dialog.parts import Reasoning, Refusal, Text, ToolCall
from ajar.errors import UpstreamGarbage
from ajar.evals.case import Case
from ajar.evals.run.price import cost
from ajar.evals.run.reading import as_scorers_see
from ajar.wire.back import Back
from ajar.wire.formats import FORMATS
from ajar.wire.openai_chat.finish import write_finish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Price
    from ajar.domain.dialog.events import Event
    from ajar.domain.dialog.parts import Format, Part
    from ajar.domain.usage import Usage
    from ajar.evals.answer import Answer
    from ajar.traffic.answers import Said

_BACK = Back(model="")


def answer_of(said: Said, prices: Mapping[str, Price]) -> Answer:
    """The answer, whole or streamed. Raises UpstreamGarbage where it cannot be read, or is a failure."""
    try:
        whole = _streamed(said.format, said.answer) if said.stream else FORMATS[said.format].read_answer(said.answer)
    except RecursionError:
        raise UpstreamGarbage("the answer is nested too deeply") from None
    if whole.finish.reason == "error":
        raise UpstreamGarbage("the answer says that it failed")
    answer = as_scorers_see(whole)
    return msgspec.structs.replace(
        answer,
        finish_reason=write_finish(whole.finish, refused=False)["finish_reason"],
        deployment=said.deployment,
        inference=said.inference,
        cost_usd=cost(answer.usage, prices.get(said.deployment or "")),
        latency_ms=said.took_ms,
    )


def case_of(said: Said) -> Case | None:
    """What was asked, in Chat Completions messages; None where that is not known, or cannot be said so."""
    if not said.request:
        return None
    try:
        request = said.request
        if said.format != "openai-chat":
            typed = FORMATS[said.format].read_request(request)
            request = FORMATS["openai-chat"].write_request(typed, _BACK, Losses())
        messages: Any = msgspec.json.decode(request)["messages"]
        return msgspec.convert({"input": messages}, Case)
    except Exception:  # whatever a caller sent: a judge must do without it, and nothing else
        return None


def _streamed(speech: Format, data: bytes) -> Whole:
    """The answer that a stream came to. Raises UpstreamGarbage."""
    reader = FORMATS[speech].stream_reader()
    heard = _Stream()
    for event in (*reader.feed(data), *reader.finish()):
        heard.take(event)
    return heard.whole(speech)


class _Stream:
    def __init__(self) -> None:
        self._parts: dict[int, Part] = {}
        self._texts: dict[int, list[str]] = {}
        self._finish: Finish | None = None
        self._usage: Usage | None = None
        self._model: str | None = None
        self._ended = False

    def take(self, event: Event) -> None:
        """One event. Raises UpstreamGarbage where the stream says that it failed."""
        if isinstance(event, TextDelta | ArgumentsDelta):
            self._texts.setdefault(event.index, []).append(event.text)
        elif isinstance(event, Opened):
            self._parts[event.index] = event.part
        elif isinstance(event, Started):
            self._model = event.model
        elif isinstance(event, Finished):
            self._finish = event.finish
        elif isinstance(event, Counted):
            self._usage = event.usage
        elif isinstance(event, Ended):
            self._ended = True
        elif isinstance(event, Failed):
            raise UpstreamGarbage(f"the stream says that it failed: {event.message}")

    def whole(self, speech: Format) -> Whole:
        """Everything. Raises UpstreamGarbage where the end is missing."""
        if not self._ended or self._finish is None:
            raise UpstreamGarbage("the stream has no end")
        for index, part in self._parts.items():
            more = "".join(self._texts.get(index, ()))
            if isinstance(part, ToolCall):
                part.arguments += more
            elif isinstance(part, Text | Refusal | Reasoning):
                part.text += more
        parts = list(self._parts.values())
        return Whole(format=speech, parts=parts, finish=self._finish, model=self._model, usage=self._usage)
