"""A value that is fetched slowly and grows stale: fetched in a thread, once for all who want it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import threading
import time
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from ajar.errors import NoCredentials

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger("ajar.upstream")
_T = TypeVar("_T")

RETRY_S = 5.0
"""After a failed fetch nobody tries again for so long."""

WAIT_S = 20.0
"""A request waits for so long; the fetch goes on for those that come later."""

STUCK_S = 120.0
"""A fetch that takes longer is given up, and another begins."""

_LONG = re.compile(r"[A-Za-z0-9_+/=.\-]{40,}")


class Fresh(NamedTuple, Generic[_T]):
    """A value just fetched: it may be used for `valid_s` seconds, and is fetched anew from `renew_s` seconds on."""

    value: _T
    renew_s: float
    valid_s: float


def _asleep_too() -> float:
    """Seconds that go on while the machine sleeps, as the life of a token does."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Fetched(Generic[_T]):
    """Holds the value. To be used on one event loop at a time.

    `fetch` runs in a daemon thread, so that a server that hangs cannot keep the process from ending. It raises
    NoCredentials where it cannot have the value. `what` names the value in the log.
    """

    def __init__(self, what: str, fetch: Callable[[], Fresh[_T]], *, clock: Callable[[], float] = _asleep_too) -> None:
        self._what = what
        self._fetch = fetch
        self._clock = clock
        self._value: _T | None = None
        self._renew = self._until = self._again = self._begun = 0.0
        self._fault: str | None = None
        self._pending: asyncio.Future[None] | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._what}>"

    @property
    def value(self) -> _T:
        """The value. `ready` must have been awaited."""
        assert self._value is not None
        return self._value

    async def ready(self) -> None:
        """Wait until there is a value that may be used. While there is one, a new one is fetched behind its back.

        Raises NoCredentials.
        """
        now = self._clock()
        if now < self._renew:
            return
        loop = asyncio.get_running_loop()
        pending = self._pending
        stuck = now - self._begun > STUCK_S
        if pending is None or pending.done() or stuck or pending.get_loop() is not loop:
            pending = self._begin(loop) if now >= self._again else None
        if now < self._until:
            return
        if pending is not None:
            try:
                async with asyncio.timeout(WAIT_S):  # `wait_for` of Python 3.11 can swallow a cancellation
                    await asyncio.shield(pending)
            except TimeoutError:
                raise NoCredentials(f"{self._what}: nothing came within {WAIT_S:g} s") from None
            if self._clock() < self._until:
                return
        raise NoCredentials(self._fault or f"{self._what}: they were too old as they came")

    def _begin(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        done: asyncio.Future[None] = loop.create_future()

        def work() -> None:
            try:
                outcome: Fresh[_T] | str = self._fetch()
            except NoCredentials as error:
                outcome = error.message
            except BaseException as error:  # whoever waits must hear of any end
                outcome = f"{self._what}: {plain(error)}"
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._settle, done, outcome)

        self._pending = done
        self._begun = self._clock()
        threading.Thread(target=work, name="ajar-credentials", daemon=True).start()
        return done

    def _settle(self, done: asyncio.Future[None], outcome: Fresh[_T] | str) -> None:
        if done is not self._pending:
            return  # given up: another has begun since
        now = self._clock()
        if isinstance(outcome, str):
            self._fault = outcome
            self._again = now + RETRY_S
            if now < self._until:
                _log.warning("%s; those at hand are good for %.0f s more", outcome, self._until - now)
        else:
            self._fault = None
            self._value, renew_s, valid_s = outcome
            self._renew, self._until = now + min(renew_s, valid_s), now + valid_s
        if not done.done():
            done.set_result(None)


def plain(error: BaseException) -> str:
    """An error of a library in one line: its kind, and what it says without anything that might be a token."""
    said = " ".join(_LONG.sub("…", str(error)).split())
    return f"{type(error).__name__}: {said[:300]}" if said else type(error).__name__


def quiet(name: str, level: int) -> None:
    """Keep what is below `level` of a library's messages out of every log: they may hold what it sends and is given."""
    logger = logging.getLogger(name)
    if logger.getEffectiveLevel() < level:
        logger.setLevel(level)
