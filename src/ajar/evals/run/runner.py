"""Running a suite: from its first request to the last, or to what stops it before."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

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
    SIGTERM end the run: what is on its way is given up, and asked again when the run is resumed. A second one ends
    the process at once, even in a scorer that never returns. Raises ConfigError where a target cannot be asked at all.
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
    """Signals end the run rather than the process, the first time; only a main thread can have it so.

    The loop's own handlers would not do: they wait for the loop, and a scorer may keep it from ever coming round.
    """
    loop = asyncio.get_running_loop()
    before: dict[signal.Signals, Any] = {}

    def heard(number: int, _frame: object) -> None:
        for each in before:
            signal.signal(each, _at_once)
        loop.call_soon_threadsafe(interrupt, _SIGNALS[signal.Signals(number)])

    if threading.current_thread() is threading.main_thread():
        before.update({number: signal.signal(number, heard) or signal.SIG_DFL for number in _SIGNALS})
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _at_once(number: int, _frame: object) -> None:
    """End the process as if nobody had listened: an exception would have to pass whatever does not let go.

    The journal bears that at any moment; a terminal whose cursor a progress bar has hidden would not.
    """
    if os.isatty(2):
        os.write(2, b"\x1b[?25h\n")
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
