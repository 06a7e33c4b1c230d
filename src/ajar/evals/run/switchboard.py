"""The lines of a run: one for each target, whoever asks there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ajar.evals.run.ask import Asker
from ajar.evals.run.breaker import KEYS, Breaker
from ajar.evals.run.line import Line
from ajar.evals.run.pace import Pace
from ajar.evals.run.retrying import Ceiling
from ajar.evals.run.turnstile import Turnstile

if TYPE_CHECKING:
    from ajar.domain.record import Purpose
    from ajar.evals.run.options import RunOptions
    from ajar.evals.run.target import Target
    from ajar.upstream.client import Client


_JUDGES_KEYS = "--judge-api-key env:NAME"


class Switchboard:
    """Makes each line when it is first asked for. Two arms with the same target share one, and so its limits."""

    def __init__(self, client: Client, options: RunOptions) -> None:
        """Belongs to the running loop."""
        self._client = client
        self._options = options
        self._turnstile = Turnstile(options.max_concurrency)
        self._ceiling = Ceiling(options.retries, options.give_up_s)
        self._lines: dict[tuple[str, str, str | None, Purpose], Line] = {}

    @property
    def running(self) -> int:
        """How many requests are on their way."""
        return self._turnstile.running

    def line(self, target: Target, purpose: Purpose) -> Line:
        """The line to a target. Raises ConfigError where it cannot be asked."""
        key = (target.base_url, target.model, target.key, purpose)
        line = self._lines.get(key)
        if line is None:
            options = self._options
            line = self._lines[key] = Line(
                Asker(self._client, target, purpose, options.timeout_s),
                Breaker(target, options.breaker, _JUDGES_KEYS if purpose == "judge" else KEYS),
                Pace(options.max_concurrency),
                self._turnstile,
                self._ceiling,
            )
        return line

    def judge(self, endpoint: Target, model: str) -> Line:
        """The line to a judge: each model of the endpoint has its own."""
        name = f"the judge {model}"
        return self.line(msgspec.structs.replace(endpoint, name=name, model=model), "judge")

    def limits(self) -> dict[str, int]:
        """By target, how many requests may be on their way at once."""
        return {line.asker.target.name: line.pace.limit for line in self._lines.values()}

    def held_s(self, now: float) -> float:
        """For how long the target that asked for the longest wait waits."""
        return max((line.pace.held_s(now) for line in self._lines.values()), default=0.0)

    def close(self) -> None:
        """From now on nothing is sent."""
        self._turnstile.close()
