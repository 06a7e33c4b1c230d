"""The windows of measurement: each one load on one proxy, its CPU before and after, and its answers checked."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import payload
from program import Broken

if TYPE_CHECKING:
    import cpu
    from program import Program
    from subject import Subject

CALLERS = 32
_IDLE_S = 2.0
"""How long an idle proxy is watched for what it costs anyway."""


@dataclass(frozen=True)
class Size:
    """How much is measured; `FULL` is what is published."""

    requests_s: float
    """About how long a proxy answers plain requests in one window; the number is found out once and then kept."""
    most_requests: int
    streams: float
    """Share of a proxy's streams, 1 for all."""
    events: int
    rate_s: float
    held: int
    """Streams held open at once."""
    settles: bool = False
    """Whether a window of requests lasts until the work that they leave behind is done."""


FULL = Size(requests_s=2, most_requests=40_000, streams=1, events=payload.EVENTS, rate_s=3, held=1000, settles=True)
QUICK = Size(requests_s=0.5, most_requests=10_000, streams=1, events=payload.EVENTS, rate_s=1, held=200)
TINY = Size(requests_s=0.1, most_requests=500, streams=0.1, events=20, rate_s=0.2, held=20)


class Windows:
    """Drives the load generator against one proxy after the other."""

    def __init__(self, load: Program, size: Size) -> None:
        self._load = load
        self._size = size
        self._counts: dict[str, int] = {}

    def warm_up(self, subject: Subject) -> None:
        """Let it answer everything once, and find out how many requests fill a window."""
        self._connect(subject, CALLERS)
        self._ask("requests", subject, count=CALLERS)
        seconds, count = 0.0, CALLERS
        while seconds < self._size.requests_s / 4 and count < self._size.most_requests:
            count *= 4
            seconds = self._ask("requests", subject, count=count)["seconds"]
        self._close()
        fitting = round(self._size.requests_s * count / seconds) if seconds else count
        self._counts[subject.name] = max(2 * CALLERS, min(self._size.most_requests, fitting))
        self.streams(subject)
        if self._size.settles:
            subject.settle()

    def requests(self, subject: Subject) -> dict[str, Any]:
        """32 keep-alive callers, each with one plain request at a time: CPU microseconds for each request."""
        count = self._counts[subject.name]
        self._connect(subject, CALLERS)
        self._ask("requests", subject, count=CALLERS)
        meter = subject.meter()
        done = self._ask("requests", subject, count=count)
        used = self._settled(subject, meter) if self._size.settles else meter.read()
        self._close()
        return {"count": count, "per_second": count / done["seconds"], "us": _per(subject, used, count)}

    def _settled(self, subject: Subject, meter: cpu.Meter) -> dict[int, float]:
        """What the window cost with the work that it left behind, less what the processes cost anyway meanwhile."""
        begun = time.monotonic()
        subject.settle()
        waited = time.monotonic() - begun
        used = meter.read()
        idle = subject.meter()
        time.sleep(_IDLE_S)
        return {pid: used[pid] - spent * waited / _IDLE_S for pid, spent in idle.read().items()}

    def streams(self, subject: Subject) -> dict[str, Any]:
        """Concurrent streams: CPU microseconds for each of the upstream's events, opening the streams included."""
        streams = max(1, round(subject.streams * self._size.streams))
        self._connect(subject, streams, events=self._size.events)
        meter = subject.meter()
        done = self._ask("streams", subject)
        used = meter.read()
        self._close()
        count = streams * self._size.events
        return {
            "streams": streams,
            "count": count,
            "seconds": done["seconds"],
            "events_per_read": done["events"] / done["reads"],
            "unchanged": done["bytes"] == streams * (self._size.events * payload.EVENT + len(payload.DONE)),
            "us": _per(subject, used, count),
        }

    def rate(self, subject: Subject, rate: float) -> list[float]:
        """Microseconds from request to answer at a fixed rate."""
        self._connect(subject, CALLERS)
        self._ask("requests", subject, count=CALLERS)
        done = self._ask("rate", subject, rate=rate, seconds=self._size.rate_s)
        self._close()
        return done["microseconds"]

    def held(self, subject: Subject) -> dict[str, Any]:
        """Memory idle after some load, and with many streams open."""
        self.warm_up(subject)
        idle = subject.memory()
        pace = subject.held_pace_ms
        self._connect(subject, self._size.held, events=600_000 // pace, pace_ms=pace)
        done = self._ask("hold", subject, ramp_s=subject.ramp_s, patience_s=60)
        full = subject.memory()
        self._close()
        return {
            "asked": self._size.held,
            "open": done["open"],
            "idle": {name: vars(each) for name, each in idle.items()},
            "full": {name: vars(each) for name, each in full.items()},
        }

    def _connect(self, subject: Subject, count: int, **more: Any) -> None:
        callers = [vars(each) for each in subject.identities()]
        job = {"do": "connect", "port": subject.port, "path": subject.path, "count": count, "callers": callers, **more}
        self._right(subject, self._load.ask(job))

    def _ask(self, what: str, subject: Subject, **more: Any) -> dict[str, Any]:
        return self._right(subject, self._load.ask({"do": what, **more}))

    def _right(self, subject: Subject, done: dict[str, Any]) -> dict[str, Any]:
        """`done`, if all answers were right."""
        if done.get("wrong"):
            self._close()
            raise Broken(f"{subject.name} answered {len(done['wrong'])} times wrongly, first: {done['wrong'][0]}")
        return done

    def _close(self) -> None:
        self._load.ask({"do": "close"})


def _per(subject: Subject, used: dict[int, float], count: int) -> dict[str, float]:
    """CPU for each of `count`, by the subject's parts."""
    return {name: sum(used[pid] for pid in pids) / count for name, pids in subject.parts(list(used)).items()}
