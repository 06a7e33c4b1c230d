"""To whom a share of a route's live requests is copied."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import msgspec

from ajar.gateway.target import Target

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class CopyTo(msgspec.Struct, frozen=True):
    """A rollout's candidate, as the copies of its route see it.

    `places` is how many inferences it can work on at once, where that is known but not enforced at its door: a started
    runtime's slots.
    """

    target: Target
    share: float
    experiment: str
    places: int | None = None

    def has_place(self) -> bool:
        """Whether a copy would take nobody's place. Who relies on it begins before anything else can happen."""
        door = self.target.door
        if door.turns is not None:
            return door.turns.free() and not door.slot.elsewhere()
        return self.places is None or door.slot.in_flight() < self.places

    def lent(self, give_back: Callable[[], object]) -> AbstractContextManager[None]:
        """Around a copy: `give_back` is called as soon as somebody of this worker has no other place."""
        turns = self.target.door.turns
        return nullcontext() if turns is None else turns.lend(give_back)

    def is_wanted(self) -> bool:
        """Whether somebody waits for a place that a copy has."""
        door = self.target.door
        if door.turns is not None:
            return bool(door.turns.waiting or door.slot.elsewhere())
        return self.places is not None and door.slot.in_flight() > self.places
