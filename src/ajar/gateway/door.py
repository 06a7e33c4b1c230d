"""How inferences get in to a deployment: its health, its places, and who waits for one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from ajar.gateway.turns import Turns

if TYPE_CHECKING:
    from ajar.config.model import Deployment
    from ajar.gateway.health import Health
    from ajar.gateway.slot import Slot


class Door:
    """One deployment's, in this worker. It stays the same while snapshots come and go that have the deployment."""

    __slots__ = ("__weakref__", "slot", "turns")

    def __init__(self, slot: Slot) -> None:
        self.slot = slot
        self.turns: Turns | None = None
        """None where any number may be in, and always might."""

    def passed(self, began: float, now: float) -> None:
        """The probe that is in has shown that the deployment is well; it stays in for a while."""
        self.slot.succeeded(now, began)
        self.slot.release()

    def left(self, well: bool | None, began: float, now: float, told: float | None, *, probe: bool) -> None:
        """An attempt that was in has ended; `well` says how, None that it tells nothing of the deployment's health.

        Times are on the monotonic clock. `told` is after how many seconds the deployment asked to be tried again;
        `probe` says that the attempt held its only probe.
        """
        slot = self.slot
        if well:
            slot.ended_well(now, began)
        else:
            slot.end()
            if well is not None:
                slot.failed(now, began, told, probe=probe)
        if probe:
            slot.release()
        if self.turns is not None:
            self.turns.ended()


class Doors:
    """All of a worker's, by deployment."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._doors: WeakValueDictionary[str, Door] = WeakValueDictionary()

    def door(self, name: str, deployment: Deployment) -> Door:
        """The deployment's door, with the limits of its config."""
        slot = self._health.slot(name)
        door = self._doors.get(name)
        if door is None or door.slot is not slot:
            door = self._doors[name] = Door(slot)
        limit, most = deployment.max_concurrent, deployment.queue
        if door.turns is not None:
            door.turns.resize(limit, most)
        elif limit is not None:
            door.turns = Turns(
                limit, most, slot.in_flight, slot.begin, slot.end, elsewhere=slot.elsewhere, queued=slot.queued
            )
        return door
