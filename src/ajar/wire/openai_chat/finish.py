"""Why an answer ended, from this format's words and to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

from ajar.domain.dialog.answer import Finish

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import FinishReason

_READ: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    # Not OpenAI's, but sent by servers that speak this format:
    "error": "error",
    "eos_token": "stop",  # TGI
    "insufficient_system_resource": "error",  # DeepSeek
    "max_tokens": "length",
    "model_length": "length",  # Mistral
    "network_error": "error",  # Z.ai
    "refusal": "refusal",
    "sensitive": "content_filter",  # Z.ai
    "stop_sequence": "stop_sequence",  # TGI
}
_FAILURES = frozenset(word for word, reason in _READ.items() if reason == "error")
_WRITTEN: dict[FinishReason, str] = {
    "stop": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "content_filter",
    "pause": "stop",
    "error": "stop",
}


def is_failure(word: Any) -> TypeGuard[str]:
    """Whether a `finish_reason` says that the answer failed."""
    return type(word) is str and word in _FAILURES


def read_finish(word: str | None, native: str | None, matched: Any, *, calls: bool) -> Finish:
    """`word` is the `finish_reason`, `native` OpenRouter's `native_finish_reason`, `matched` vLLM's `stop_reason`.

    An answer with tool calls that stopped has `tool_calls`, and one without never has.
    """
    reason = _READ.get(word, "stop") if word is not None else "stop"
    stop = matched if type(matched) is str else None
    if reason == "stop":
        if calls:
            reason = "tool_calls"
        elif stop is not None:
            reason = "stop_sequence"
    elif reason == "tool_calls" and not calls:
        reason = "stop"
    return Finish(reason, native or word, stop)


def write_finish(finish: Finish, *, refused: bool) -> dict[str, Any]:
    """The fields of a choice that say why it ended. `refused`: it holds the refusal's own words."""
    word = _WRITTEN[finish.reason]
    if refused and finish.reason == "refusal":
        word = "stop"
    fields: dict[str, Any] = {"finish_reason": word}
    if finish.native is not None and finish.native != word:
        fields["native_finish_reason"] = finish.native
    if finish.stop_sequence is not None:
        fields["stop_reason"] = finish.stop_sequence
    return fields
