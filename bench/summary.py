"""A run's results brought down to one figure for each question: the median over the rounds, and its spread."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A median over the rounds with the smallest and the largest round."""

    median: float
    least: float
    most: float


class Summary:
    """Reads the results of `run.py`. Each question answers None where it was not measured."""

    def __init__(self, results: dict[str, Any]) -> None:
        self._subjects = results["subjects"]

    def request(self, name: str, part: str = "") -> Figure | None:
        """CPU microseconds for each plain request."""
        return self._over_rounds(name, lambda each: each["requests"]["us"][part])

    def chunk(self, name: str, part: str = "") -> Figure | None:
        """CPU microseconds for each streamed event."""
        return self._over_rounds(name, lambda each: each["streams"]["us"][part])

    def added(self, name: str, share: str) -> Figure | None:
        """Microseconds that the proxy adds to the upstream's own p50 or p99."""
        return self._over_rounds(name, lambda each: each["added_us"][share])

    def idle(self, name: str, part: str = "", kind: str = "pss") -> float | None:
        """MB of memory, idle after some load."""
        memory = self._memory(name)
        return memory["idle"][part][kind] if memory else None

    def held(self, name: str, part: str = "", kind: str = "pss") -> float | None:
        """MB of memory that the open streams add."""
        memory = self._memory(name)
        return memory["full"][part][kind] - memory["idle"][part][kind] if memory else None

    def streams_held(self, name: str) -> int:
        """How many streams were open when `held` was measured."""
        memory = self._memory(name)
        return memory["open"] if memory else 0

    def _memory(self, name: str) -> dict[str, Any] | None:
        return self._subjects.get(name, {}).get("memory")

    def _over_rounds(self, name: str, value: Any) -> Figure | None:
        values = []
        for each in self._subjects.get(name, {}).get("rounds", ()):
            try:
                values.append(value(each))
            except KeyError:
                return None
        return Figure(median(values), min(values), max(values)) if values else None
