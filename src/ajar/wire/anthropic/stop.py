"""Why an answer ended, in Anthropic's words and in the dialog's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.answer import Finish

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import FinishReason

_READ: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop_sequence",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
    "pause_turn": "pause",
    "compaction": "stop",
}

_WRITTEN: dict[FinishReason, str] = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "pause": "pause_turn",
    "error": "end_turn",
}


def finish_of(native: str | None, sequence: str | None, rest: dict[str, Any], *, calls: bool) -> Finish:
    """The finish of an answer that holds tool `calls` or not; `rest` is what else Anthropic says of it."""
    reason = _READ.get(native or "", "stop")
    if calls and reason == "stop":
        reason = "tool_calls"
    return Finish(reason, native, sequence, rest)


def stop_reason_of(finish: Finish, *, calls: bool = False, refused: bool = False, own: bool = False) -> str:
    """Anthropic's word. `own` says that the finish came from this format; any other's same word stands too."""
    native = finish.native
    if native and (own or _READ.get(native) == finish.reason):
        return native
    reason = finish.reason
    if reason == "stop":
        reason = "refusal" if refused else "tool_calls" if calls else "stop"
    return _WRITTEN[reason]
