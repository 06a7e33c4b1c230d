"""The work of a drill: every question put to the route as it is and without what it loses, scored and kept."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

import uvloop

from ajar.evals.answer import Answer
from ajar.evals.run.breaker import Breaker
from ajar.evals.run.ending import Counts, RunEnd, counts
from ajar.evals.run.judging import Bench, Sitting
from ajar.evals.run.keeper import Keeper
from ajar.evals.run.ledger import ARMS
from ajar.evals.run.line import Line
from ajar.evals.run.order import turns
from ajar.evals.run.pace import Pace
from ajar.evals.run.probe import Probe
from ajar.evals.run.retrying import Ceiling
from ajar.evals.run.scoring import score
from ajar.evals.run.switchboard import Switchboard
from ajar.evals.run.turnstile import Turnstile
from ajar.evals.run.watch import Progress, Rate
from ajar.evals.sample import Sample
from ajar.rollout.drills.asker import DrillAsker
from ajar.rollout.drills.unanswered import Unanswered, unanswered
from ajar.upstream.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ajar.evals.run.journal import Journal
    from ajar.evals.run.options import RunOptions
    from ajar.evals.run.order import Turn
    from ajar.evals.run.target import Target
    from ajar.evals.sample import Arm
    from ajar.rollout.drills.question import Questions, Way

    Watch = Callable[[Progress], None]

_LOOK_S: Final = 0.2
_KEYS: Final = "--api-key env:NAME"


class Rehearsal(NamedTuple):
    """What a drill asks of whom. `most_usd` is what it may cost in all, judges included; None: whatever it costs."""

    questions: Questions
    arms: Mapping[Arm, Target]
    exclude: Sequence[str]
    options: RunOptions
    journal: Journal
    most_usd: float | None = None


def rehearse(what: Rehearsal, watch: Watch | None = None) -> RunEnd:
    """Put what the journal does not hold yet, and close the journal.

    `watch` is called a few times a second. Raises ConfigError where the route cannot be asked at all, and
    KeyboardInterrupt: what is done is kept then, too.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_go(what, watch))


async def _go(what: Rehearsal, watch: Watch | None) -> RunEnd:
    client = Client()
    try:
        return await Work(what, client).finish(watch)
    finally:
        what.journal.close()
        await client.close()


class _Ended(Exception):
    """The drill must end before its end; the work knows why."""


class Work:
    """One drill, or a part of it. Belongs to the running loop."""

    def __init__(self, what: Rehearsal, client: Client) -> None:
        self._what = what
        self._suite = what.questions.suite
        self._ledger = what.journal.ledger
        self._why = ""
        self._lines = _lines(what, client)
        self._keeper = Keeper(what.journal, self._stop)
        self._probe = Probe(self._suite, self._ledger)
        self._board = Switchboard(client, what.options)
        self._bench = Bench(self._board, what.options.judge, self._probe, self._keeper.end)
        self._room = asyncio.Semaphore(2 * what.options.max_concurrency)
        self._resumed = self._ledger.count()
        self._rate = Rate(monotonic(), self._resumed)

    async def finish(self, watch: Watch | None) -> RunEnd:
        """Do all that is to be done, or as much as can be."""
        looking = asyncio.create_task(self._look(watch)) if watch else None
        try:
            async with asyncio.TaskGroup() as group:
                await self._begin(group)
            for arm in self._what.arms:
                await self._doubt(arm)
            self._keeper.flush()
            self._check()
        except* _Ended:
            pass
        finally:
            if looking is not None:
                looking.cancel()
        if watch:
            watch(self._progress())
        return RunEnd(finished=not self._why, why=self._why, counts=self._counts())

    def _stop(self, why: str) -> None:
        self._why = self._why or why

    def _check(self) -> None:
        """Raises _Ended."""
        spent, most = self._ledger.cost_usd + self._ledger.judge_cost_usd, self._what.most_usd
        if most is not None and spent >= most and self._ledger.count() < self._what.journal.header.total:
            self._keeper.end(f"it has cost ${spent:.4g}, and may cost ${most:g} (--max-usd)")
        if self._why:
            raise _Ended

    async def _begin(self, group: asyncio.TaskGroup) -> None:
        """Start all that is not done."""
        options = self._what.options
        for turn in turns(self._suite.count, options.repeats, options.seed):
            left: list[Arm] = [arm for arm in ARMS if not self._ledger.done(turn.case, arm, turn.repeat)]
            if turn.baseline_first:
                left.reverse()
            if not left:
                continue
            way, body = self._what.questions.question(turn.case)
            for arm in left:
                self._check()
                line = self._lines[arm, way]
                await self._room.acquire()
                await line.enter()
                task = group.create_task(self._ask(turn, arm, line, body))
                task.add_done_callback(lambda _: self._room.release())

    async def _ask(self, turn: Turn, arm: Arm, line: Line, body: bytes) -> None:
        said, attempts, began = await line.ask(body, entered=True)
        case, scorers = self._suite.case(turn.case), self._suite.scorers(turn.case)
        if isinstance(said, Answer):
            self._keeper.release(line.breaker)
            sitting = Sitting(self._bench)
            sample = Sample(
                case=turn.case,
                id=case.id,
                arm=arm,
                repeat=turn.repeat,
                answer=said,
                scores=await score(scorers, said, case, sitting.ask),
                attempts=attempts,
                judged=sitting.judged(),
            )
            self._keeper.answered(sample)
        elif isinstance(said, Unanswered) and arm == "candidate":
            # What users would get. Of the route as it is, nothing can be measured against what is not there.
            self._keeper.answered(unanswered(turn, case, arm, scorers, said, attempts))
        else:
            sample = Sample(
                case=turn.case, id=case.id, arm=arm, repeat=turn.repeat, error=said.failure, attempts=attempts
            )
            trip = self._keeper.failed(sample, line.breaker, said, began)
            why = None if trip is None else await self._probe.confirm(line, trip)
            if why is not None:
                self._keeper.end(why)
            elif trip is not None:
                self._keeper.release(line.breaker)
        self._check()

    async def _doubt(self, arm: Arm) -> None:
        """At the end: whether the last errors say that nobody is there any more."""
        for (one, _), line in self._lines.items():
            trip = self._keeper.doubt(line.breaker) if one == arm else None
            why = None if trip is None else await self._probe.confirm(line, trip)
            if why is not None:
                self._keeper.end(why)

    async def _look(self, watch: Watch) -> None:
        while True:
            watch(self._progress())
            await asyncio.sleep(_LOOK_S)

    def _progress(self) -> Progress:
        now, ledger = monotonic(), self._ledger
        done, total = ledger.count(), self._what.journal.header.total
        rate = self._rate.tell(now, done)
        paces = {line.asker.target.name: line.pace for line in self._lines.values()}
        return Progress(
            total=total,
            done=done,
            resumed=self._resumed,
            errors=ledger.count_errors(),
            running=sum(pace.running for pace in paces.values()),
            rate=rate,
            seconds_left=(total - done) / rate if rate else None,
            cost_usd=ledger.cost_usd + ledger.judge_cost_usd,
            cost_unknown=ledger.cost_unknown + ledger.judge_cost_unknown,
            limits={name: pace.limit for name, pace in paces.items()},
            held_s=max((pace.held_s(now) for pace in paces.values()), default=0.0),
        )

    def _counts(self) -> Counts:
        return counts(self._ledger, self._what.journal.header.total, self._keeper.kept)


def _lines(what: Rehearsal, client: Client) -> dict[tuple[Arm, Way], Line]:
    """One for each arm and way; those of an arm share what is known of how much it bears.

    All are there before the first is used: a turnstile forgets who waits for a pace that is added again.
    """
    options = what.options
    turnstile = Turnstile(options.max_concurrency)
    ceiling = Ceiling(options.retries, options.give_up_s)
    ways = dict.fromkeys(what.questions.question(index).way for index in range(what.questions.suite.count))
    lines: dict[tuple[Arm, Way], Line] = {}
    for arm, target in what.arms.items():
        exclude = what.exclude if arm == "candidate" else ()
        breaker, pace = Breaker(target, options.breaker, _KEYS), Pace(options.max_concurrency)
        for way in ways:
            asker = DrillAsker(client, target, way, exclude, options.timeout_s)
            lines[arm, way] = Line(asker, breaker, pace, turnstile, ceiling)
    return lines
