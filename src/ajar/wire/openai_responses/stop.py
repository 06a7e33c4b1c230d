"""Why an answer ended: `status` and `incomplete_details` as a finish, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ajar.domain.dialog.answer import Finish

if TYPE_CHECKING:
    from ajar.domain.dialog.answer import FinishReason

_UNFINISHED = frozenset({"failed", "cancelled", "queued", "in_progress"})
_INCOMPLETE: dict[str | None, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}


def finish_of(status: str | None, incomplete: str | None, *, calls: bool, refused: bool) -> Finish:
    """The finish. `incomplete` is the reason given; `calls` and `refused` say what is among the output.

    A status that no stateless answer can have, such as `queued`, is an error.
    """
    if status in _UNFINISHED:
        return Finish("error", status)
    if status == "incomplete" or incomplete is not None:
        return Finish(_INCOMPLETE.get(incomplete, "stop"), incomplete or status)
    reason: FinishReason = "tool_calls" if calls else "refusal" if refused else "stop"
    return Finish(reason, status)


def incomplete_of(finish: Finish, *, refused: bool) -> str | None:
    """Why an answer is not complete, in the words of `incomplete_details.reason`; None where it is.

    A refusal that has words of its own is a complete answer.
    """
    if finish.reason == "length":
        return "max_output_tokens"
    if finish.reason == "content_filter" or (finish.reason == "refusal" and not refused):
        return "content_filter"
    return None
