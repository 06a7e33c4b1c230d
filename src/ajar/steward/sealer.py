"""Keeps the journal short: what can be sealed becomes Parquet, and small Parquet files become large ones."""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from ajar.traffic.compact import compact
from ajar.traffic.parquet import seal
from ajar.traffic.segments import Segment, list_segments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

COMPACT_EVERY_S: Final = 600
LONGEST_PAUSE_S: Final = 300
_SHORTEST_PAUSE_S: Final = 4


class Sealer:
    """The sealing of one state directory. What fails is logged and left alone for a while, and the rest goes on."""

    def __init__(self, state_dir: Path, log: Callable[[str], None], clock: Callable[[], float] = monotonic) -> None:
        self._journal = state_dir / "journal"
        self._traffic = state_dir / "traffic"
        self._log = log
        self._clock = clock
        self._pauses: dict[str, tuple[float, float]] = {}
        self._compact_at = clock()

    def turn(self, stop: Event) -> None:
        """Seal what can be sealed now, and compact where it is time. Ends early when `stop` is set."""
        segments: list[Segment] = []
        self._attempt("read the journal", lambda: segments.extend(list_segments(self._journal)))
        for segment in segments:
            if stop.is_set():
                return
            self._attempt(f"seal {segment.id}", lambda it=segment: seal(it, self._traffic, warn=self._log))
        if not stop.is_set() and self._clock() >= self._compact_at:
            self._compact_at = self._clock() + COMPACT_EVERY_S
            self._attempt("compact past traffic", self._compact)

    def _compact(self) -> None:
        """One merge a turn; as long as there is something to merge, the next turn goes on."""
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        if compact(self._traffic, today, [segment.id for segment in list_segments(self._journal)]):
            self._compact_at = self._clock()

    def _attempt(self, what: str, work: Callable[[], object]) -> None:
        until, pause = self._pauses.get(what, (0.0, 0.0))
        if self._clock() < until:
            return
        try:
            work()
        except Exception as error:  # whatever it is: a steward that ends seals nothing at all
            pause = min(max(pause * 2, _SHORTEST_PAUSE_S), LONGEST_PAUSE_S)
            self._pauses[what] = (self._clock() + pause, pause)
            said = str(error) or type(error).__name__
            self._log(f"the steward could not {what}: {said}; it tries again in {pause:.0f} s")
        else:
            self._pauses.pop(what, None)
