"""Why an answer ended, in Converse's words and in the dialog's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.domain.dialog.answer import Finish
from ajar.wire.bedrock.shapes import as_object, as_text

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import FinishReason

_READ: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop_sequence",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "content_filtered": "content_filter",
    "guardrail_intervened": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}

_WRITTEN: dict[FinishReason, str] = {
    "stop": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
    "refusal": "content_filtered",
    "pause": "end_turn",
    "error": "malformed_model_output",
}

STOP_SEQUENCE_PATHS = ["/stop_sequence", "/delta/stop_sequence"]
"""Where a Claude model's own answer, whole or streamed, names the sequence that stopped it."""


def finish_of(native: str, fields: Any, *, calls: bool) -> Finish:
    """The finish of an answer that holds tool `calls` or not; `fields` are its `additionalModelResponseFields`."""
    reason = _READ.get(native, "stop")
    if calls and reason == "stop":
        reason = "tool_calls"
    return Finish(reason, native, _sequence(fields) if reason == "stop_sequence" else None)


def beside_sequence(fields: Any) -> Any:
    """What else than the sequence an answer's `additionalModelResponseFields` say; None where nothing."""
    known = as_object(fields)
    if known is None:
        return fields
    left = {name: value for name, value in known.items() if name != "stop_sequence"}
    delta = as_object(left.get("delta"))
    if delta is not None and delta.keys() <= {"stop_sequence"}:
        del left["delta"]
    return left or None


def stop_reason_of(finish: Finish) -> str:
    """Converse's word: its own one where the finish came from there."""
    return finish.native if finish.native in _READ else _WRITTEN[finish.reason]


def _sequence(fields: Any) -> str | None:
    known = as_object(fields) or {}
    delta = as_object(known.get("delta")) or {}
    return as_text(known.get("stop_sequence")) or as_text(delta.get("stop_sequence"))
