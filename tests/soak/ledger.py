"""The records against what callers saw."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from soak.events import Events
    from soak.visit import Visit


class Ledger:
    """All records of a run, read from its export. `told` are those that more than one answer named."""

    def __init__(self, path: Path) -> None:
        self.records = 0
        self.twice: list[str] = []
        self._outcomes: dict[str, tuple[int, str | None, str]] = {}
        with path.open("rb") as lines:
            for line in lines:
                record: dict[str, Any] = json.loads(line)
                self.records += 1
                if record["id"] in self._outcomes:
                    self.twice.append(record["id"])
                self._outcomes[record["id"]] = (record["status"], record["error"], record["route"])

    def audit(self, visits: Iterable[Visit], events: Events, blame: Callable[[str], None]) -> int:
        """Blame every finished answer without its one record, and records that say something else than the answer.

        Returns how many finished answers there were. One that was cut is none: its record is written before its last
        byte, and may say what the caller never saw.
        """
        for twice in self.twice:
            blame(f"record {twice} stands twice")
        finished = 0
        named = Counter(visit.inference for visit in visits if visit.inference is not None)
        for visit in visits:
            if visit.inference is None or visit.ending == "left" or not visit.finished:
                continue
            finished += 1
            if named[visit.inference] > 1:
                blame(f"two answers have the same inference: {visit.words}")
            if wrong := self._wrong(visit, events):
                blame(f"{wrong}: {visit.words}")
        return finished

    def _wrong(self, visit: Visit, events: Events) -> str:
        assert visit.inference is not None
        outcome = self._outcomes.get(visit.inference)
        if outcome is None:
            # A stream that has told its failure is no finished answer, and cannot be taken back.
            told = visit.ending == "broken" and events.disk_full(visit.ended_at, visit.ended_at)
            return "" if visit.unrecorded or told else "a finished answer has no record"
        status, error, route = outcome
        if visit.unrecorded:
            return f"the caller was told that no record can be kept, and there is one ({status}, {error})"
        if route != visit.route:
            return f"the record is of route {route}"
        if (visit.ending in ("clean", "incomplete")) != (status == 200 and error is None):
            return f"the record says {status}, {error}"
        return ""
