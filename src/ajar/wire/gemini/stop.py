"""Why an answer ended, in Gemini's words and in the dialog's.

Gemini says STOP also where the model wants tools called, so the reader has to look at the parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.answer import Finish

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import FinishReason
    from ajar.domain.dialog.parts import Rest

_READ: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "OTHER": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "IMAGE_OTHER": "content_filter",
    "NO_IMAGE": "content_filter",
    "MODEL_ARMOR": "content_filter",
    "ESCALATION": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
    "MALFORMED_FUNCTION_CALL": "error",
    "MALFORMED_RESPONSE": "error",
    "UNEXPECTED_TOOL_CALL": "error",
    "TOO_MANY_TOOL_CALLS": "error",
    "MISSING_THOUGHT_SIGNATURE": "error",
    "CONTINUATION": "length",
}
"""A word that is not here is a new one: the answer ended, and the native word tells how."""

_WRITTEN: dict[FinishReason, str] = {
    "stop": "STOP",
    "stop_sequence": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
    "refusal": "SAFETY",
    "pause": "STOP",
    "error": "MALFORMED_RESPONSE",
}


def finish_of(native: str | None, rest: Rest, *, calls: bool) -> Finish:
    """The finish of an answer that holds tool `calls` or not."""
    reason = _READ.get(native or "STOP", "stop")
    if calls and reason == "stop":
        reason = "tool_calls"
    return Finish(reason, native, rest=rest)


def blocked(native: str, rest: Rest) -> Finish:
    """The finish where the prompt was blocked, with Gemini's `blockReason`."""
    return Finish("content_filter", native, rest=rest)


def may_be_filtered(native: str | None) -> bool:
    """Whether a filter ended the answer, or an answer that ended for a reason unknown here."""
    return _READ.get(native or "STOP", "content_filter") == "content_filter"


def finish_reason_of(finish: Finish) -> str:
    """Gemini's word: its own one where the finish came from there."""
    return finish.native if finish.native in _READ else _WRITTEN[finish.reason]
