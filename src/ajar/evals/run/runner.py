"""Running a suite: from its first request to the last, or to what stops it before."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING

import uvloop

from ajar.evals.run.work import Work
from ajar.upstream.client import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from ajar.evals.run.cache import Cache
    from ajar.evals.run.ending import RunEnd
    from ajar.evals.run.journal import Journal
    from ajar.evals.run.options import RunOptions
    from ajar.evals.run.suite import Suite
    from ajar.evals.run.target import Target
    from ajar.evals.run.watch import Progress
    from ajar.evals.sample import Arm

    Watch = Callable[[Progress], None]

_SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


def run(
    suite: Suite,
    arms: Mapping[Arm, Target | None],
    options: RunOptions,
    journal: Journal,
    watch: Watch | None = None,
    *,
    cache: Cache | None = None,
) -> RunEnd:
    """Put what the journal does not hold yet, and close the journal.

    `journal` must be of this suite, these arms and these options. `watch` is called a few times a second. SIGINT and
    SIGTERM end the run: what is on its way is given up, and asked again when the run is resumed. Raises ConfigError
    where a target cannot be asked at all.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(go(suite, arms, options, journal, watch, cache=cache))


async def go(
    suite: Suite,
    arms: Mapping[Arm, Target | None],
    options: RunOptions,
    journal: Journal,
    watch: Watch | None = None,
    *,
    cache: Cache | None = None,
) -> RunEnd:
    """The same within an event loop."""
    client = Client()
    try:
        work = Work(suite, arms, options, journal, client, cache)
        with _obeying(work.interrupt):
            return await work.finish(watch)
    finally:
        journal.close()
        await client.close()


@contextlib.contextmanager
def _obeying(interrupt: Callable[[str], None]) -> Generator[None]:
    """Signals end the run rather than the process; only a main thread can have it so."""
    loop = asyncio.get_running_loop()
    heard = _SIGNALS if threading.current_thread() is threading.main_thread() else {}
    for number, name in heard.items():
        loop.add_signal_handler(number, interrupt, name)
    try:
        yield
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
