"""The work of a run: all its questions put, scored and kept."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from ajar.evals.answer import Answer
from ajar.evals.run import cache as caches
from ajar.evals.run.ending import Counts, RunEnd, counts
from ajar.evals.run.judging import Bench, Sitting
from ajar.evals.run.keeper import Keeper
from ajar.evals.run.ledger import ARMS
from ajar.evals.run.order import turns
from ajar.evals.run.probe import Probe
from ajar.evals.run.scoring import score
from ajar.evals.run.switchboard import Switchboard
from ajar.evals.run.watch import Progress, Rate
from ajar.evals.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ajar.evals.case import Case
    from ajar.evals.run.breaker import Trip
    from ajar.evals.run.cache import Cache
    from ajar.evals.run.journal import Journal
    from ajar.evals.run.line import Line
    from ajar.evals.run.options import RunOptions
    from ajar.evals.run.order import Turn
    from ajar.evals.run.suite import Suite
    from ajar.evals.run.target import Target
    from ajar.evals.sample import Arm
    from ajar.evals.scorer import Scorer
    from ajar.upstream.client import Client

    Watch = Callable[[Progress], None]

_LOOK_S = 0.2


class _Question(NamedTuple):
    """A case as both arms get it."""

    turn: Turn
    case: Case
    scorers: Mapping[str, Scorer]


class Work:
    """One run, or a part of it. Belongs to the running loop."""

    def __init__(
        self,
        suite: Suite,
        arms: Mapping[Arm, Target | None],
        options: RunOptions,
        journal: Journal,
        client: Client,
        cache: Cache | None,
    ) -> None:
        self._suite = suite
        self._options = options
        self._journal = journal
        self._cache = cache
        self._loop = asyncio.get_running_loop()
        self._stopped: asyncio.Future[str] = self._loop.create_future()
        self._board = Switchboard(client, options)
        self._lines: dict[Arm, Line] = {}
        for arm, target in arms.items():
            if target is not None:
                self._lines[arm] = self._board.line(target, "eval")
        self._keeper = Keeper(journal, self._stop)
        self._probe = Probe(suite, journal.ledger)
        self._bench = Bench(self._board, options.judge, self._probe, self._keeper.end)
        # Samples that wait for their repeat or their judge hold no turn: this is what bounds how many do.
        self._room = asyncio.Semaphore(2 * options.max_concurrency)
        self._tasks: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None
        self._resumed = journal.ledger.count()
        self._rate = Rate(monotonic(), self._resumed)

    async def finish(self, watch: Watch | None) -> RunEnd:
        """Do all that is to be done, or as much as can be."""
        work = self._loop.create_task(self._work())
        looking = self._loop.create_task(self._look(watch)) if watch else None
        others = {work, looking} if looking else {work}
        try:
            await asyncio.wait({*others, self._stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            left = [*others, *self._tasks]
            for task in left:
                task.cancel()
            ended = await asyncio.gather(*left, return_exceptions=True)
            self._keeper.flush()
        for outcome in (self._fault, *ended):
            if isinstance(outcome, Exception):
                raise outcome
        if watch:
            watch(self._progress())
        why = self._stopped.result() if self._stopped.done() else ""
        return RunEnd(finished=not why, why=why, counts=self._counts())

    def interrupt(self, name: str) -> None:
        """Somebody wants it to end."""
        self._keeper.end(f"stopped by {name}. Resume the run to go on: what is done is kept")

    def _stop(self, why: str) -> None:
        self._board.close()
        if not self._stopped.done():
            self._stopped.set_result(why)

    async def _work(self) -> None:
        """Start all that is not done, then wait for the last."""
        ledger, suite = self._journal.ledger, self._suite
        for turn in turns(suite.count, self._options.repeats, self._options.seed):
            left: list[Arm] = [
                arm for arm in ARMS if arm in self._lines and not ledger.done(turn.case, arm, turn.repeat)
            ]
            if turn.baseline_first:
                left.reverse()
            if not left:
                continue
            question = _Question(turn, suite.case(turn.case), suite.scorers(turn.case))
            body = suite.body(turn.case)
            for arm in left:
                await self._begin(question, arm, body)
        while self._tasks:
            await asyncio.wait(self._tasks)
        for arm, line in self._lines.items():
            await self._confirm(line, arm, self._keeper.doubt(line.breaker))

    async def _begin(self, question: _Question, arm: Arm, body: dict[str, Any]) -> None:
        line = self._lines[arm]
        encoded = line.asker.encode(body)
        await self._room.acquire()
        kept: Answer | None = None
        key = b""
        if self._cache is not None:
            key = caches.key(line.asker.target.base_url, encoded, question.turn.repeat)
            kept = self._cache.get(key)
        if kept is None:
            await line.enter()
            task = self._loop.create_task(self._ask(question, arm, line, encoded, key))
        else:
            task = self._loop.create_task(self._score(question, arm, kept, 0))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._fault = self._fault or fault
            self._stop("")

    async def _ask(self, question: _Question, arm: Arm, line: Line, body: bytes, key: bytes) -> None:
        said, attempts, began = await line.ask(body, entered=True)
        if isinstance(said, Answer):
            self._keeper.release(line.breaker)
            if self._cache is not None:
                self._cache.put(key, said)
            await self._score(question, arm, said, attempts)
            return
        turn = question.turn
        sample = Sample(
            case=turn.case, id=question.case.id, arm=arm, repeat=turn.repeat, error=said.failure, attempts=attempts
        )
        await self._confirm(line, arm, self._keeper.failed(sample, line.breaker, said, began))

    async def _confirm(self, line: Line, arm: Arm, trip: Trip | None) -> None:
        """End the run, unless the target still answers what it answered before."""
        if trip is None:
            return
        why = await self._probe.confirm(line, trip, arm)
        if why is None:
            self._keeper.release(line.breaker)
        else:
            self._keeper.end(why)

    async def _score(self, question: _Question, arm: Arm, answer: Answer, attempts: int) -> None:
        """Score and keep an answer."""
        turn, case = question.turn, question.case
        sitting = Sitting(self._bench)
        scores = await score(question.scorers, answer, case, sitting.ask)
        sample = Sample(
            case=turn.case,
            id=case.id,
            arm=arm,
            repeat=turn.repeat,
            answer=answer,
            scores=scores,
            attempts=attempts,
            judged=sitting.judged(),
        )
        self._keeper.answered(sample)

    async def _look(self, watch: Watch) -> None:
        while True:
            watch(self._progress())
            await asyncio.sleep(_LOOK_S)

    def _progress(self) -> Progress:
        now = monotonic()
        ledger = self._journal.ledger
        done, total = ledger.count(), self._journal.header.total
        rate = self._rate.tell(now, done)
        return Progress(
            total=total,
            done=done,
            resumed=self._resumed,
            errors=ledger.count_errors(),
            running=self._board.running,
            rate=rate,
            seconds_left=(total - done) / rate if rate else None,
            cost_usd=ledger.cost_usd + ledger.judge_cost_usd,
            cost_unknown=ledger.cost_unknown + ledger.judge_cost_unknown,
            limits=self._board.limits(),
            held_s=self._board.held_s(now),
        )

    def _counts(self) -> Counts:
        return counts(self._journal.ledger, self._journal.header.total, self._keeper.kept)
