"""Calls of a provider's own tools, with their results: where one may not go on, the other may not go alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Tie(NamedTuple):
    """What a block belongs to: the call that it makes or answers, and the call on whose behalf that was made."""

    call: str | None
    caller: str | None
    goes: bool
    """Whether the block itself may go on."""


def cut_calls(ties: Sequence[Tie]) -> frozenset[str]:
    """The calls that cannot go on whole, and those that were made on their behalf."""
    cut = {tie.call for tie in ties if not tie.goes and tie.call is not None}
    found = cut
    while found:
        found = {tie.call for tie in ties if tie.caller in cut and tie.call is not None} - cut
        cut |= found
    return frozenset(cut)
