"""A run: random faults at load against a real `ajar serve`, and what became of everybody's answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING

from soak import calm
from soak.audience import Audience
from soak.chaos import Chaos
from soak.clock import Clock
from soak.deaths import unexplained
from soak.events import Events
from soak.judge import SETTLED_S, Judge
from soak.ledger import Ledger
from soak.scraper import Scraper
from soak.stations import Stations
from soak.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_COMPLETE_S = 75.0
"""How long the service may take until all its processes are there again: a pause of 30 s before a start is its own."""
_SEALS_S = 60.0
"""By then the steward has sealed segments, and has loaded what it needs for that."""
_STILL_S = 10.0
"""How long it may take until nothing runs any more that somebody asked for."""


@dataclass(frozen=True)
class Size:
    """`seconds` are those in which there are callers: first all get warm, then faults of upstreams only, then chaos."""

    seconds: float
    callers: int
    say_every_s: float = 10.0

    @property
    def warm_s(self) -> float:
        """Until memory is what it will be."""
        return self.seconds * 0.25

    @property
    def steady_s(self) -> float:
        """Without kills: what is held before and after is compared."""
        return self.seconds * 0.3

    @property
    def chaos_s(self) -> float:
        """With everything."""
        return self.seconds * 0.45


@dataclass
class Outcome:
    """`lines` are for people: what was asserted, and the numbers behind it."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    count: int = 0


class Soak:
    """Run once. `say` gets a line of progress now and again."""

    def __init__(self, folder: Path, seed: int, size: Size, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._seed = seed
        self._size = size
        self._say = say
        self._stations = Stations(seed)
        self._events = Events()
        self._clock = Clock(lambda: self._tree.living().get("worker", []))
        self._judge = Judge(self._stations.book, self._events, self._clock)
        self._outcome = Outcome()

    async def run(self) -> Outcome:
        """Everything from the start of the service to the audit of its records."""
        self._began = monotonic()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._stations)
            self._tree = await asyncio.to_thread(Tree, self._folder, self._stations.config())
            try:
                await self._serve()
            finally:
                for problem in await asyncio.to_thread(self._tree.stop):
                    self._judge.blame(problem)
        await asyncio.to_thread(self._audit)
        self._outcome.problems, self._outcome.count = self._judge.problems, self._judge.count
        return self._outcome

    async def _serve(self) -> None:
        self._audience = Audience(self._tree.port, self._seed, self._judge)
        self._scraper = Scraper(self._tree.port, self._judge.blame)
        size = self._size
        await self._all_there()
        async with self._clock, self._scraper:
            reporting = asyncio.create_task(self._report())
            try:
                await self._phase("warm-up", asyncio.sleep(size.warm_s))
                before = await self._calm()
                await self._phase("faults", asyncio.sleep(size.steady_s))
                after = await self._calm()
                self._compare(before, after)
                chaos = Chaos(self._tree, self._stations, self._events, self._seed)
                await self._phase("chaos", chaos.run(size.chaos_s))
                await self._all_there()
                end = await self._calm()
                self._compare({self._tree.pid: before[self._tree.pid]}, end)
            finally:
                reporting.cancel()

    async def _phase(self, name: str, meanwhile: object) -> None:
        """Callers come, something happens meanwhile, and they leave again."""
        self._name = name
        self._audience.begin(self._size.callers)
        await meanwhile  # type: ignore[misc]
        await self._audience.end()

    async def _calm(self) -> calm.Calm:
        """What is held once nothing is asked any more. Whatever still runs then is blamed."""
        self._name = "calm"
        until = monotonic() + _STILL_S
        running: dict[str, float] = {"everything": 1.0}
        while running and monotonic() < until:
            await asyncio.sleep(0.25)
            try:
                running = self._scraper.running(await self._scraper.look())
            except (OSError, EOFError, TimeoutError):
                continue
        for name, value in running.items():
            self._judge.blame(f"{name} is {value:g} though nobody asks")
        async with self._scraper.paused():
            self._stations.hang_up()
            await asyncio.sleep(SETTLED_S + 0.2)
            self._judge.settle()
            return calm.look(self._tree)

    async def _all_there(self) -> None:
        until = monotonic() + _COMPLETE_S
        while not self._tree.complete:
            if monotonic() > until:
                self._judge.blame(f"the service is not complete again: {self._tree.living()}")
                return
            await asyncio.sleep(0.1)

    def _compare(self, before: calm.Calm, after: calm.Calm) -> None:
        if self._size.warm_s < _SEALS_S:  # its first work is behind the first look
            before = {pid: held for pid, held in before.items() if held.kind != "steward"}
        for problem in calm.grown(before, after):
            self._judge.blame(problem)
        self._outcome.lines.append(("memory", calm.memory_words(before, after)))
        self._outcome.lines.append(("open files", calm.files_words(before, after)))

    async def _report(self) -> None:
        asked, at = 0, monotonic()
        while True:
            await asyncio.sleep(self._size.say_every_s)
            self._judge.settle()
            now = monotonic()
            rate = (self._audience.asked - asked) / (now - at)
            asked, at = self._audience.asked, now
            endings = ", ".join(f"{name} {count}" for name, count in sorted(self._audience.endings.items()))
            self._say(
                f"{now - self._began:4.0f} s  {self._name}: {self._audience.present} at once, {rate:.0f}/s; {endings}; "
                f"{self._events.words}; {calm.sizes(calm.look(self._tree))}; {self._judge.count} problems"
            )

    def _audit(self) -> None:
        judge, events, lines = self._judge, self._events, self._outcome.lines
        ledger = Ledger(self._tree.export())
        finished = ledger.audit(judge.visits, events, judge.blame)
        for problem in unexplained(self._tree.log, events):
            judge.blame(problem)
        counted = self._scraper.sum("ajar_inferences_total")
        if abs(counted - ledger.records) > len(events.worker_kills):
            judge.blame(f"{counted:.0f} inferences were counted, and {ledger.records} recorded")
        endings = Counter(visit.ending for visit in judge.visits)
        refused = sum(visit.unrecorded for visit in judge.visits)
        if not refused:
            judge.blame("the disk was full, and nobody was refused for it")
        lines[:0] = [
            ("questions", f"{len(judge.visits)}: {', '.join(f'{n} {c}' for n, c in sorted(endings.items()))}"),
            ("done to it", events.words),
            ("records", f"{ledger.records} for {finished} finished answers; {refused} answers refused for want of one"),
            ("callers who left in the middle", _spread(sorted(judge.lags), max(judge.own_lags, default=0.0))),
            ("metrics", f"{self._scraper.scrapes} times read, {self._scraper.failed} times not; no counter fell"),
        ]
        lines.append(("this program's own delay", f"at most {self._clock.worst * 1000:.0f} ms"))


def _spread(lags: list[float], own: float) -> str:
    if not lags:
        return "none"
    median, high, most = lags[len(lags) // 2], lags[len(lags) * 99 // 100], lags[-1]
    ms = f"{median * 1000:.0f} ms in the median, 99 % {high * 1000:.0f} ms, at most {most * 1000:.0f} ms"
    return f"{len(lags)}; their attempts ended after {ms}; less this machine's own delay, at most {own * 1000:.0f} ms"
