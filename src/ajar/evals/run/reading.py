"""Chat Completions answers as scorers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.parts import Refusal, Text
from ajar.domain.dialog.parts import ToolCall as Call
from ajar.domain.usage import Usage
from ajar.errors import UpstreamGarbage
from ajar.evals.answer import Answer, ToolCall
from ajar.evals.run.miss import OVERLOAD, Miss, shortened
from ajar.evals.sample import Failure
from ajar.wire.openai_chat.answer_read import read_answer
from ajar.wire.openai_chat.error import error_in, is_error, status_in
from ajar.wire.openai_chat.finish import write_finish

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import Answer as Whole

BAD = "bad_answer"
"""The code of a success that holds no answer."""

_NOTHING = Usage()


def read(data: bytes) -> Answer | Miss:
    """The answer in the body of a success, without what its headers and the clock say.

    `finish_reason` is one of OpenAI's words, whatever the server calls it. A body that holds an error is a miss, to be
    repeated where an answer with that error's status would be; so is one that is no answer at all, and not repeated.
    """
    try:
        whole = read_answer(data)
    except UpstreamGarbage as garbage:
        return _failed(data, garbage.message)
    if whole.finish.reason == "error" or whole.finish.rest.get("error"):
        return _broken(whole)
    return as_scorers_see(whole)


def as_scorers_see(whole: Whole) -> Answer:
    """A whole answer in the typed form, as scorers see it."""
    texts: list[str] = []
    calls: list[ToolCall] = []
    refusal: str | None = None
    for part in whole.parts:
        if type(part) is Text:
            texts.append(part.text)
        elif type(part) is Call:
            calls.append(ToolCall(part.name, part.arguments))
        elif type(part) is Refusal:
            refusal = part.text
    finish = whole.finish
    return Answer(
        text=texts[0] if len(texts) == 1 else "".join(texts),
        tool_calls=tuple(calls),
        finish_reason=None if finish.native is None else write_finish(finish, refused=False)["finish_reason"],
        refusal=refusal,
        model=whole.model,
        usage=whole.usage or _NOTHING,
    )


def _broken(whole: Whole) -> Miss:
    """The model, or the server behind it, broke off."""
    told: Any = whole.finish.rest.get("error")
    message = cast("dict[str, Any]", told).get("message") if type(told) is dict else None
    text = f"the answer says that it failed: {message or whole.finish.native or 'no reason given'}"
    return Miss(Failure(BAD, shortened(text), 200), again=True)


def _failed(data: bytes, why: str) -> Miss:
    try:
        value: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if not is_error(value):
        return Miss(Failure(BAD, shortened(why), 200))
    error = error_in(value)
    status = status_in(value, error)
    return Miss(
        Failure(BAD, shortened(f"an error in place of an answer: {error.message or 'unnamed'}"), 200),
        again=status in (408, 429) or status >= 500,
        told=error.retry_after,
        load="overload" if status in OVERLOAD else "none",
    )
