"""The next deployment to ask: what the course allows, health advises, and a free place permits."""

from __future__ import annotations

from asyncio import sleep
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from ajar.errors import Busy
from ajar.gateway.course import Course

if TYPE_CHECKING:
    from ajar.config.model import Budget
    from ajar.gateway.health import Health
    from ajar.gateway.leg import Leg
    from ajar.gateway.legs import Legs
    from ajar.gateway.target import Target

_LEAST_S = 0.01
"""With less time than this nobody is asked: no answer could come. Waiting for a turn may end so much too early."""


class Pick(NamedTuple):
    """Ask this target so. It counts as in flight from now until its attempt ends."""

    at: int
    target: Target
    leg: Leg
    probe: bool
    """Whether this is the one request that finds out if the deployment is well again."""


def first_pick(legs: Legs, health: Health) -> Pick | None:
    """The first deployment, where all are well and nobody waits for a place in it: nearly always. Else None."""
    targets = legs.targets
    if not targets or targets[0].door.turns is not None or health.trouble():
        return None
    leg = legs.make(0)
    if leg is None:
        return None
    targets[0].door.slot.begin()
    return Pick(0, targets[0], leg, False)


class Picks:
    """For one inference of one caller: made where `first_pick` had none, or what it picked gave no answer."""

    __slots__ = ("_caller", "_health", "_legs", "_probed", "busy", "course")

    def __init__(
        self, legs: Legs, budget: Budget, began: float, health: Health, caller: str, first: Pick | None
    ) -> None:
        """`began` is when the inference did, on the monotonic clock."""
        self._legs = legs
        self._health = health
        self._caller = caller
        self.course = Course(len(legs.targets), budget.attempts, budget.seconds, began)
        """What was tried, and what may still be."""
        if first is not None:
            self.course.begin(first.at)
        self._probed: list[int] = []
        """Those that somebody else finds out about just now."""
        self.busy: Busy | None = None
        """Why the last deployment without a place for it had none."""

    async def next(self) -> Pick | None:
        """The next one to ask, once it is time and there is a place; None where there is none left.

        Where all are known to be ill and none was asked yet, the least ill is asked, once. Nobody is asked when the
        time is up.
        """
        course = self.course
        while not self._late():
            step = course.next(monotonic(), self._usable if self._health.trouble() else _any)
            if step is not None:
                if step.wait_s:
                    await sleep(step.wait_s)
                pick = None if self._late() else await self._enter(step.at)
            else:
                return None if course.spent else await self._least_ill()
            if pick is not None:
                course.begin(pick.at)
                return pick
        return None

    def _late(self) -> bool:
        return self.course.left_s(monotonic()) < _LEAST_S

    def _usable(self, at: int) -> bool:
        return self._legs.targets[at].door.slot.state(monotonic()) != "open"

    async def _least_ill(self) -> Pick | None:
        """Of those that are ill, or whose probe is on its way, the least ill that can be asked; nothing after it."""
        now, targets, course = monotonic(), self._legs.targets, self.course
        for at in sorted({*course.fresh, *self._probed}, key=lambda at: targets[at].door.slot.badness(now)):
            pick = None if self._late() else await self._admit(at, probe=False)
            if pick is not None:
                course.begin(at)
                course.stop()
                return pick
        return None

    async def _enter(self, at: int) -> Pick | None:
        """Go to a deployment that is well, or be the one who finds out whether it is."""
        if not self._health.trouble():
            return await self._admit(at, probe=False)
        slot = self._legs.targets[at].door.slot
        now = monotonic()
        state = slot.state(now)
        if state == "open" or (state == "half-open" and not slot.claim(now)):
            self._probed.append(at)
            return None
        probe = state == "half-open"
        pick = None
        try:
            pick = await self._admit(at, probe=probe)
        finally:
            if probe and pick is None:
                slot.release()
                self._probed.append(at)
        return pick

    async def _admit(self, at: int, *, probe: bool) -> Pick | None:
        target = self._legs.targets[at]
        leg = self._legs.make(at)
        if leg is None:
            return None
        turns = target.door.turns
        if turns is None or turns.free():
            target.door.slot.begin()
        else:
            seconds = min(target.first_byte_s, self.course.left_s(monotonic()))
            if probe or not await turns.wait(self._caller, seconds):  # others wait for the probe's outcome
                words = f"deployment `{target.name}` has as many inferences as it may, and others wait for it"
                self.busy = Busy(words, retry_after=turns.hint())
                return None
        return Pick(at, target, leg, probe)


def _any(at: int) -> bool:
    del at
    return True
