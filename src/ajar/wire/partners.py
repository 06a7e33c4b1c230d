"""Calls of a provider's own tools, with their results: where one may not go on, the other may not go alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Tie(NamedTuple):
    """What a block belongs to: the call that it makes or answers, and the call on whose behalf that was made."""

    call: str | None
    caller: str | None
    goes: bool
    """Whether the block itself may go on."""


def cut_calls(ties: Iterable[Tie]) -> frozenset[str]:
    """The calls that cannot go on whole, and those that were made on their behalf."""
    cut: set[str] = set()
    made: dict[str, list[str]] = {}
    for tie in ties:
        if tie.call is None:
            continue
        if not tie.goes:
            cut.add(tie.call)
        if tie.caller is not None:
            made.setdefault(tie.caller, []).append(tie.call)
    left = list(cut)
    while left:
        found = made.pop(left.pop(), ())
        cut.update(found)
        left += found
    return frozenset(cut)
