"""Judges of live answers: they ask models through the front door, a few at once, on a thread of their own."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from ajar.errors import InvalidField, UpstreamError, UpstreamRefused
from ajar.evals.answer import Answer
from ajar.evals.run.ask import Asker
from ajar.evals.run.scoring import ask_judge
from ajar.evals.run.target import Target
from ajar.upstream.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.evals.case import Case
    from ajar.evals.score import Score
    from ajar.evals.scorer import Judge
    from ajar.rollout.setting import Setting

_AT_ONCE = 4
_MOST_WAITING = 64
_TIMEOUT_S = 120.0


class Judges:
    """At most 4 answers are judged at once, and 64 more wait. The thread starts with the first of them."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: Client | None = None
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._lock = threading.Lock()

    def ask(self, judge: Judge, answer: Answer, case: Case, done: Callable[[Score], None]) -> bool:
        """Have the answer judged; `done` is called on the judges' thread. False where too many wait already."""
        with self._lock:
            if self._waiting >= _AT_ONCE + _MOST_WAITING:
                return False
            self._waiting += 1
        loop = self._loop or self._start()
        asyncio.run_coroutine_threadsafe(self._judge(judge, answer, case, done), loop)
        return True

    def close(self) -> None:
        """What is not judged by now will not be."""
        loop, thread = self._loop, self._thread
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(0.5)

    def _start(self) -> asyncio.AbstractEventLoop:
        self._loop = loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(loop,), daemon=True)
        self._thread.start()
        return loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        if tasks:
            loop.run_until_complete(asyncio.wait(tasks, timeout=0.5))
        if self._client is not None:
            loop.run_until_complete(self._client.close())
        loop.close()

    async def _judge(self, judge: Judge, answer: Answer, case: Case, done: Callable[[Score], None]) -> None:
        try:
            async with self._turns:
                done(await ask_judge(judge, answer, case, self._infer))
        finally:
            with self._lock:
                self._waiting -= 1

    async def _infer(self, body: dict[str, Any]) -> Answer:
        """What a judge's model says. Raises UpstreamError where it says nothing."""
        model = body.get("model")
        if type(model) is not str:
            raise InvalidField("a judge's request names no model", param="model")
        if self._client is None:
            self._client = Client()
        setting = self._setting
        target = Target(name="the judge", base_url=f"{setting.base_url}/v1", model=model, key=setting.key)
        asker = Asker(self._client, target, "judge", _TIMEOUT_S)
        said = await asker.ask(asker.encode({name: value for name, value in body.items() if name != "model"}))
        if isinstance(said, Answer):
            return said
        failure = said.failure
        text = f"the judge gave no answer ({failure.code}: {failure.message})"
        raise UpstreamRefused(failure.status, text, None, None) if failure.status else UpstreamError(text)
