"""Whether an upstream refused on grounds of safety: such an answer is not one that failed.

Each provider has its own way to say so: in an error's words, in why an answer ended, or in what the model says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ajar.domain.dialog.content import is_content
from ajar.domain.dialog.events import Finished, Opened, TextDelta
from ajar.domain.dialog.parts import Reasoning, Refusal, Text
from ajar.errors import UpstreamGarbage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ajar.domain.dialog.answer import Answer
    from ajar.domain.dialog.events import Event

_decode = msgspec.json.Decoder().decode
_REASONS = frozenset({"content_filter", "refusal"})
_WORDS = frozenset(
    {
        "1301",  # Z.ai
        "biopolicy",  # OpenAI
        "contentfilter",  # OpenAI, Azure, Moonshot
        "contentpolicyviolation",  # OpenAI, OpenRouter
        "cyberpolicy",  # OpenAI
        "datainspectionfailed",  # Alibaba
        "moderationblocked",  # OpenAI
        "responsibleaipolicyviolation",  # Azure, in its `innererror`
    }
)
"""Codes and types, in lower case and without `_`: the same server spells one in several ways."""
_PHRASES = (
    "blocked by content filtering policy",  # Anthropic; an `invalid_request_error`
    "content exists risk",  # DeepSeek; an `invalid_request_error`
    "content violates usage guidelines",  # xAI; 403, as for a key without rights
    "potentially violating our usage policy",  # OpenAI; `invalid_prompt`, which is said of others too
)
"""Parts of messages, where nothing else says it."""


def refused(read_answer: Callable[[bytes], Answer], status: int, body: bytes) -> bool:
    """Whether a whole answer with this status, an error or not, is a refusal. `read_answer` is its format's. Slow."""
    try:
        value: Any = _decode(body)
        if refused_in(value, inner=status < 400):
            return True
        return status < 400 and refused_answer(read_answer(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UpstreamGarbage):
        return False


def refused_in(value: Any, *, inner: bool = False) -> bool:
    """Whether a decoded error, of any format, is a refusal. With `inner`, only what its field `error` says counts."""
    if type(value) is list:  # as Google's may come
        value = next(iter(cast("list[Any]", value)), None)
    if type(value) is not dict:
        return False
    outer = cast("dict[str, Any]", value)
    error = outer.get("error")
    if type(error) is str:
        return refused_words(error, outer.get("code"), outer.get("type"))
    if type(error) is dict:
        outer = cast("dict[str, Any]", error)
    elif inner:
        return False
    deep = _object(outer, "innererror")
    beside = _object(outer, "metadata")  # OpenRouter's; its `reasons` are those of a moderation
    words = (outer.get("code"), outer.get("type"), deep.get("code"), beside.get("error_type"))
    return bool(beside.get("reasons")) or refused_words(outer.get("message"), *words)


def refused_words(message: Any, *words: Any) -> bool:
    """Whether an error with this message, and with these codes and types, is a refusal."""
    if any(type(word) is str and word.lower().replace("_", "") in _WORDS for word in words):
        return True
    if type(message) is not str:
        return False
    said = message.lower()
    return any(phrase in said for phrase in _PHRASES)


def refused_answer(answer: Answer) -> bool:
    """Whether a typed answer is a refusal: it ended for that reason, or holds nothing but the words of one."""
    if answer.finish.reason in _REASONS:
        return True
    said = [part for part in answer.parts if type(part) is not Reasoning and not (type(part) is Text and not part.text)]
    return bool(said) and all(type(part) is Refusal for part in said)


def refused_events(events: Sequence[Event]) -> bool:
    """Whether what a stream said from its beginning, at most a little more than its first content, is a refusal.

    It ended for that reason, or its first content is the words of one.
    """
    refusals: set[int] = set()
    first: bool | None = None
    for event in events:
        if type(event) is Finished and event.finish.reason in _REASONS:
            return True
        if type(event) is Opened and type(event.part) is Refusal:
            refusals.add(event.index)
        if first is None and is_content(event):
            first = type(event) in (Opened, TextDelta) and cast("Opened | TextDelta", event).index in refusals
    return first is True


def _object(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return cast("dict[str, Any]", found) if type(found) is dict else {}
