"""The health of all deployments, as a worker sees it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ajar.errors import StateError
from ajar.gateway.slot import Slot
from ajar.traffic.totals import Total

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.traffic.cells import Cell
    from ajar.traffic.health import HealthFile
    from ajar.traffic.vitals import State

_NUMBERS: dict[State, float] = {"closed": 0.0, "half-open": 1.0, "open": 2.0}


class Health:
    """A slot for each deployment, and whether all is well. One for each worker; use from one thread."""

    def __init__(
        self,
        file: HealthFile,
        worker: int,
        openings: Callable[[str], Cell],
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`openings` gives the counter of how often a deployment's breaker opened; `chance` is uniform in [0, 1).

        Raises StateError where the file is not for so many workers.
        """
        if worker >= file.workers:
            raise StateError(f"the health file has no room for worker {worker}. Restart Ajar as a whole.")
        self._file = file
        self._worker = worker
        self._openings = openings
        self._chance = chance
        self._claims: set[int] = set()
        self._slots: dict[str, Slot] = {}
        self._changes = file.changes
        self._seen = b""
        self._trouble = False

    def slot(self, name: str) -> Slot:
        """The handle for a deployment of the config: always the same one. StateError where it is unknown."""
        index = self._file.names.find(name)
        if index is None:
            raise StateError(f"the health file does not know deployment {name}. Restart Ajar as a whole.")
        slot = self._slots.get(name)
        if slot is None:
            openings = self._openings(name)
            slot = Slot(self._file, self._worker, index, openings, self._claims, self._chance)
            self._slots[name] = slot
            self._seen = b""  # look at it before it is used
        return slot

    def trouble(self) -> bool:
        """Whether the breaker of any deployment is not closed. Ask before each attempt: slots learn of changes here."""
        if self._changes.tobytes() != self._seen:
            self._look()
        return self._trouble

    def totals(self, now: float) -> list[Total]:
        """The gauges of all deployments of the config, over all workers, sorted by name and labels."""
        in_flight: list[Total] = []
        states: list[Total] = []
        for name, index in sorted(self._file.names.present().items()):
            vitals, labels = self._file.vitals(index), (("deployment", name),)
            in_flight.append(Total("ajar_deployment_in_flight", labels, float(vitals.in_flight), "gauge"))
            states.append(Total("ajar_deployment_state", labels, _NUMBERS[vitals.standing.state(now)], "gauge"))
        return in_flight + states

    def _look(self) -> None:
        self._seen = self._changes.tobytes()  # before the look: what changes meanwhile is seen the next time
        present = self._file.names.present()
        self._trouble = False
        for name, slot in self._slots.items():
            index = present.get(name)
            if index is not None:
                if index != slot.index:
                    slot.move(index)
                self._trouble |= slot.refresh()
