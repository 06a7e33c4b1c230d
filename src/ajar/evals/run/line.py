"""The way to one target: requests take turns on it, keep its pace, and are sent again where that may help."""

from __future__ import annotations

import asyncio
from random import random
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from ajar.evals.answer import Answer

if TYPE_CHECKING:
    from ajar.evals.run.ask import Asker
    from ajar.evals.run.breaker import Breaker
    from ajar.evals.run.miss import Miss
    from ajar.evals.run.pace import Pace
    from ajar.evals.run.retrying import Ceiling
    from ajar.evals.run.turnstile import Turnstile


class Outcome(NamedTuple):
    """What came in the end, how many attempts it took, and when the first of them began, on `monotonic`."""

    said: Answer | Miss
    attempts: int
    began: float


class Line:
    """One for each target of a run, however many ask there."""

    def __init__(self, asker: Asker, breaker: Breaker, pace: Pace, turnstile: Turnstile, ceiling: Ceiling) -> None:
        self.asker = asker
        self.breaker = breaker
        self.pace = pace
        self.good: bytes | None = None
        """What was last answered here."""
        self._turnstile = turnstile
        self._ceiling = ceiling
        turnstile.add(pace)

    async def enter(self) -> None:
        """Wait for a turn; `ask` with `entered` takes it, or else `leave` gives it back."""
        await self._turnstile.enter(self.pace)

    def leave(self) -> None:
        """Nothing was sent in this turn."""
        self._turnstile.leave(self.pace)

    async def ask(self, body: bytes, *, entered: bool = False) -> Outcome:
        """Send it, again where that may help, until there is an answer or an error that stays."""
        if not entered:
            await self._turnstile.enter(self.pace, urgent=True)
        began = monotonic()
        attempts = 0
        while True:
            said = await self._attempt(body)
            attempts += 1
            if isinstance(said, Answer):
                self.breaker.answered(monotonic())
                self.good = body
                return Outcome(said, attempts, began)
            wait = self._ceiling.next(said, attempts, monotonic() - began, random())  # noqa: S311 - it spreads load
            if wait is None:
                return Outcome(said, attempts, began)
            self.pace.waiting += 1
            try:
                await asyncio.sleep(wait)
            finally:
                self.pace.waiting -= 1
            await self._turnstile.enter(self.pace, urgent=True)

    async def _attempt(self, body: bytes) -> Answer | Miss:
        began = monotonic()
        try:
            said = await self.asker.ask(body)
            now = monotonic()
            if isinstance(said, Answer):
                self.pace.succeeded(began, now)
            elif said.load == "overload":
                self.pace.refused(began, now, said.told)
            elif said.load == "unreachable":
                self.pace.unreachable(began, now)
            return said
        finally:
            self._turnstile.leave(self.pace)
