"""How an answer opens: when a stream's first real content is there, and what an upstream says inside a 200 instead.

Until then nothing has gone to the caller, so another deployment can still be asked. Real content is text, thoughts, a
tool call, a refusal, media, a citation, an opaque value, or a clean end; what only says that an answer goes on is held.
What is not known is content: it is better passed on than held for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, cast

from ajar.domain.dialog.content import is_content
from ajar.domain.dialog.events import Failed, Finished, Opened
from ajar.wire.refusal import refused_words
from ajar.wire.sse import SseReader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ajar.domain.dialog.answer import Answer, Finish
    from ajar.domain.dialog.events import Event
    from ajar.wire.read_error import ReadError


class Failure(NamedTuple):
    """An error that an upstream told inside a 200 answer, with the HTTP status that its API gives such an error."""

    status: int
    message: str
    type: str | None = None
    code: str | None = None
    retry_after: float | None = None
    refused: bool = False
    """On grounds of safety."""


Opening: TypeAlias = Literal["held", "content"] | Failure
"""`content`: everything so far may go to the caller. `held`: nothing may yet."""

_UNNAMED = "the upstream answered with an error that it does not name"
LABELS = frozenset({"format", "id", "index", "role", "status", "type"})
"""Fields that say nothing of their own."""
NULL = (b":null", b": null")
"""What follows a name whose value is null, as nearly all servers write it."""
_LONG = 1024 * 1024
_COLON = 0x3A


def failure(error: ReadError, status: int, *, refused: bool = False) -> Failure:
    """The failure that an error object tells."""
    refused = refused or refused_words(error.message, error.code, error.type)
    return Failure(status, error.message or _UNNAMED, error.type, error.code, error.retry_after, refused)


def opening_in(events: bytes, read: Callable[[bytes, bytes], Opening]) -> Opening:
    """What whole server-sent events open with; `read` takes an event's name and its data, which is never empty.

    A last event without its empty line counts too, as at the end of a stream. A long one is content, for it is not
    held any more (see `wire/passing.py`). Raises UpstreamGarbage.
    """
    if b"\r" in events:
        return _opening_in(events, read)
    at, size = 0, len(events)
    while at < size:
        # As nearly all servers write them: a comment, or at most a name and then one line of data.
        name, start = b"", at
        end = events.find(b"\n", at)
        if events[at : at + 7] == b"event: ":
            name, start = events[at + 7 : end], end + 1
            end = events.find(b"\n", start)
        if not at <= start <= end or events[end + 1 : end + 2] != b"\n":
            return _opening_in(events[at:], read)
        if events[start : start + 6] == b"data: ":
            if end > start + 6 and (found := read(name, events[start + 6 : end])) != "held":
                return found
        elif events[start] != _COLON:
            return _opening_in(events[at:], read)
        at = end + 2
    return "held"


def _opening_in(events: bytes, read: Callable[[bytes, bytes], Opening]) -> Opening:
    """The same for events in any spelling."""
    reader = SseReader()
    for name, data in reader.feed(events):
        if data and (found := read(name, data)) != "held":
            return found
    if not events.endswith((b"\n\n", b"\n\r\n")):
        if len(events) > _LONG:
            return "content"
        for name, data in reader.finish():
            if data and (found := read(name, data)) != "held":
                return found
    return "held"


def ends_of(body: bytes) -> bytes:
    """A whole answer's beginning and end, in one of which it says that it failed: it says little else then."""
    return body if len(body) <= 1536 else body[:1024] + body[-512:]


def may_err(body: bytes) -> bool:
    """Whether there may be an `error` in a whole answer, or in its ends: a key of that name that is not null."""
    at = body.find(b'"error"')
    while at >= 0:
        if not body.startswith(NULL, at + 7) and body[at + 7 : at + 16].lstrip(b" :")[:4] != b"null":
            return True
        at = body.find(b'"error"', at + 7)
    return False


def says(value: Any) -> bool:
    """Whether there is any text in a JSON value, but for what only labels it."""
    left: list[Any] = [value]
    while left:
        each = left.pop()
        if type(each) is str:
            if each:
                return True
        elif type(each) is list:
            left += cast("list[Any]", each)
        elif type(each) is dict:
            left += [value for name, value in cast("dict[str, Any]", each).items() if name not in LABELS]
    return False


def opening_of(events: Sequence[Event]) -> Opening:
    """What the events of a stream that is translated open with."""
    for event in events:
        if type(event) is Failed:
            return failure_of(event)
        if type(event) is Finished and event.finish.reason == "error":
            return failure_of_finish(event.finish, said=False)
        if is_content(event):
            return "content"
    return "held"


def failure_of_answer(answer: Answer) -> Failure | None:
    """The failure that a whole answer, read, is: one that ended with an error.

    The formats of callers have no word for such an end: it would look like a whole answer.
    """
    if answer.finish.reason != "error":
        return None
    return failure_of_finish(answer.finish, said=any(is_content(Opened(0, part)) for part in answer.parts))


def failure_of_finish(finish: Finish, *, said: bool) -> Failure:
    """The failure that a finish `error` is; `said`: something came before it."""
    word = finish.native or finish.reason
    return Failure(502, f"the upstream's answer broke off with `{word}`") if said else empty_failure(word)


def empty_failure(word: str) -> Failure:
    """The failure of an answer that ended for such a reason, in the provider's word, and held nothing."""
    return Failure(502, f"the upstream's answer is empty and ended with `{word}`")


def failure_of(event: Failed) -> Failure:
    """The failure that a stream's `Failed` tells."""
    refused = refused_words(event.message, event.code, event.type)
    return Failure(event.status, event.message or _UNNAMED, event.type, event.code, event.retry_after, refused)
