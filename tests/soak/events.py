"""What was done to the service, and when: it says what a caller had to put up with."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

FELT_S = 1.0
"""How long after its cause something may still be seen: both are seen in one busy event loop."""


@dataclass
class Events:
    """Times are `monotonic`."""

    worker_kills: list[float] = field(default_factory=list[float])
    runtime_kills: list[float] = field(default_factory=list[float])
    steward_kills: int = 0
    reloads: int = 0
    refused_reloads: int = 0
    storms: int = 0
    full: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    """From when to when the journal's disk was full."""

    def worker_died(self, since: float, until: float) -> bool:
        """A worker was killed in that time."""
        return any(since - FELT_S <= at <= until for at in self.worker_kills)

    def runtime_died(self, since: float, until: float) -> bool:
        """The runtime was killed in that time."""
        return any(since - FELT_S <= at <= until for at in self.runtime_kills)

    def disk_full(self, since: float, until: float) -> bool:
        """The disk was full at some time between."""
        return any(began <= until and since <= ended + FELT_S for began, ended in self.full)

    @property
    def words(self) -> str:
        """For people."""
        full_s = sum(ended - began for began, ended in self.full if ended < inf)
        return (
            f"killed {len(self.worker_kills)} workers, {len(self.runtime_kills)} runtimes, "
            f"{self.steward_kills} stewards; {self.reloads} reloads, "
            f"{self.refused_reloads} bad ones; {self.storms} storms; disk full {full_s:.0f} s"
        )
