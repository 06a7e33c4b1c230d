"""Copies of live inferences, asked of a rollout's candidate once their callers have been served.

Nobody waits for a copy, so it never takes what a live inference could use: it begins only where its deployment is well,
has a free place and nobody waiting, and gives way as soon as somebody waits. It has no fallback and is not sent again.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import CancelledError
from collections import deque
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

import msgspec

from ajar.config.model import Budget
from ajar.errors import AjarError, JournalError
from ajar.gateway.ask import Ask
from ajar.gateway.inference import LEFT, Inference
from ajar.gateway.live_copy import chosen, make_copy, others
from ajar.gateway.outcome import COPY_CUT
from ajar.gateway.outlet import Sink
from ajar.gateway.pieces import Pieces
from ajar.gateway.relay import relay, relay_at_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.gateway.answer import Answer
    from ajar.gateway.attempt import Attempts
    from ajar.gateway.copying import CopyTo
    from ajar.gateway.head import Head
    from ajar.gateway.health import Health
    from ajar.gateway.live_copy import Copy
    from ajar.gateway.meters import Meters
    from ajar.gateway.recorder import Recorder
    from ajar.gateway.tables import Tables
    from ajar.gateway.watch import Watch
    from ajar.store.origins import Origins

_MOST_RUNNING = 2
_MOST_WAITING = 8
_MOST_ANSWER = 4 * 1024 * 1024
_MOST_HELD = 32 * 1024 * 1024 - _MOST_RUNNING * _MOST_ANSWER
"""Of requests; the answers of those that run are the rest of 32 MB."""
_LOOK_S = 0.05

_log = logging.getLogger("ajar.gateway")


class Shadows:
    """A worker's copies: at most 2 run and 8 wait, with 32 MB at most. What is not copied is counted, by reason."""

    def __init__(
        self,
        attempts: Attempts,
        watch: Watch,
        origins: Origins,
        health: Health,
        recorder: Recorder,
        meters: Meters,
        tables: Callable[[], Tables],
        answered: Callable[[Inference, Ask], None],
    ) -> None:
        """`tables` gives those of the moment; `answered` is called with each copy that has a whole answer."""
        self._attempts = attempts
        self._watch = watch
        self._origins = origins
        self._health = health
        self._recorder = recorder
        self._meters = meters
        self._tables = tables
        self._answered = answered
        self._waiting: deque[Copy] = deque()
        self._running: dict[asyncio.Task[str], tuple[Copy, CopyTo]] = {}
        self._held = 0
        self._look: asyncio.TimerHandle | None = None
        self._closed = False

    def offer(self, live: Inference, ask: Ask, head: Head) -> None:
        """Copy the inference, which has been answered, if it is its turn and there is room for it."""
        route, copying = live.plan.route, live.plan.copying
        if route is None or copying is None or not chosen(live.id, copying.share):
            return
        why = self._refusal(live, ask, copying)
        copy = None if why is not None else make_copy(live, route, ask, head, copying, self._origins)
        if copy is None:
            self._meters.shadow(why or "unfit")
            return
        self._held += len(copy.body)
        self._waiting.append(copy)
        self._serve()

    def stop(self) -> None:
        """Nothing is copied any more, and what runs is cut."""
        self._closed = True
        while self._waiting:
            self._drop(self._waiting.popleft(), "drain")
        for task, (copy, _) in self._running.items():
            self._cut(task, copy, "drain")

    async def close(self) -> None:
        """The same, until all of them are recorded."""
        self.stop()
        if self._running:
            await asyncio.wait(tuple(self._running))

    def _refusal(self, live: Inference, ask: Ask, copying: CopyTo) -> str | None:
        """Why there is no copy, whatever is asked."""
        if live.deployment == copying.target.name:
            return "same"
        if self._closed:
            return "drain"
        if len(self._waiting) >= _MOST_WAITING or self._held + len(ask.view.body) > _MOST_HELD:
            return "over_budget"
        return None

    def _serve(self) -> None:
        while self._waiting and len(self._running) < _MOST_RUNNING:
            copy = self._waiting.popleft()
            copying = self._in_force(copy)
            if copying is None:
                self._drop(copy, "ended")
                continue
            task = asyncio.get_running_loop().create_task(self._run(copy, copying))
            self._running[task] = copy, copying
            task.add_done_callback(self._done)
            if self._look is None:
                self._look_again()

    def _in_force(self, copy: Copy) -> CopyTo | None:
        """How the route is copied now; None where that experiment is over."""
        route = self._tables().routes.get(copy.route)
        now = None if route is None else route.copying
        return now if now is not None and now.experiment == copy.experiment else None

    def _done(self, task: asyncio.Task[str]) -> None:
        copy, _ = self._running.pop(task)
        self._held -= len(copy.body)
        self._serve()
        # Cut before its first step, or in its very last one.
        self._meters.shadow((copy.why or "drain") if task.cancelled() else task.result())

    def _drop(self, copy: Copy, why: str) -> None:
        self._held -= len(copy.body)
        self._meters.shadow(why)

    async def _run(self, copy: Copy, copying: CopyTo) -> str:
        """What came of it."""
        why = self._hindrance(copying)
        if why is not None:
            return why
        task = asyncio.current_task()
        assert task is not None
        with copying.lent(partial(self._cut, task, copy, "gave_way")):
            return await self._infer(copy, copying, task)  # which begins before anything else can happen here

    def _hindrance(self, copying: CopyTo) -> str | None:
        """Why a copy must not go to the candidate now."""
        target = copying.target
        if target.origin is None:
            return "down"
        if self._health.trouble() and target.door.slot.state(monotonic()) != "closed":
            return "breaker"
        if not copying.has_place():
            return "busy"
        try:
            self._recorder.require()
        except JournalError:
            return "journal"
        return None

    async def _infer(self, copy: Copy, copying: CopyTo, task: asyncio.Task[str]) -> str:
        """Ask for it, record it, and say what came of it."""
        ask = Ask(copy.front, copy.body)
        inference = self._inference(copy, copying, task)
        sink = Sink(_MOST_ANSWER, partial(self._cut, task, copy, "too_large"))
        inference.pulse = self._watch.pulse(task)
        answer: Answer | None = None
        try:
            answer = await self._attempts.run(inference, ask, copy.head)
            if not relay_at_once(sink, inference, answer, ask):
                await relay(sink, inference, answer, ask, self._attempts.log)
        except AjarError as error:
            self._conclude(inference, error.status, error)
        except CancelledError:
            inference.end_attempt(None, COPY_CUT)
            self._conclude(inference, LEFT, COPY_CUT)
            return copy.why or "drain"
        except Exception:
            _log.exception("the copy of %s failed", copy.live)
            self._conclude(inference, 500, "internal_error")
        finally:
            self._watch.rest(inference.pulse)
            if answer is not None:
                answer.response.close()
        if inference.status != 200:
            return "failed"
        self._answered(inference, ask)
        return "answered"

    def _inference(self, copy: Copy, copying: CopyTo, task: asyncio.Task[str]) -> Inference:
        target = copying.target
        plan = msgspec.structs.replace(
            copy.plan,
            targets=(target,),
            absent=others(copy.plan),
            repeat="never",
            asks_on=False,
            budget=Budget(attempts=1, seconds=target.total_s),
            keepalive_s=0.0,
            unit_hash=None,
            arm=None,
            beside=(),
            tied=None,
            copying=copying,
        )
        inference = Inference(
            copy.front.operation,
            copy.config,
            copy.caller,
            "shadow",
            plan,
            copy.stream,
            task,
            self._recorder,
            self._meters,
            self._tables().ids,
        )
        inference.copy_of = copy.live
        inference.request, inference.response = copy.body, Pieces(_MOST_ANSWER)
        return inference

    @staticmethod
    def _conclude(inference: Inference, status: int, error: AjarError | str) -> None:
        try:
            inference.conclude(status, error)
        except JournalError:
            return  # the operator was told, and there is nobody else to tell

    @staticmethod
    def _cut(task: asyncio.Task[str], copy: Copy, why: str) -> None:
        if copy.why is None:
            copy.why = why
            task.cancel()

    def _look_again(self) -> None:
        """Twenty times a second: whether live inferences want the places that copies have."""
        for task, (copy, copying) in self._running.items():
            if copying.is_wanted():
                self._cut(task, copy, "gave_way")
        later = asyncio.get_running_loop().call_later
        self._look = later(_LOOK_S, self._look_again) if self._running else None
