"""How judges reach the models that they ask."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ajar.domain.usage import Usage
from ajar.errors import InvalidField, UpstreamError, UpstreamRefused
from ajar.evals.answer import Answer
from ajar.evals.sample import Judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.evals.run.line import Line, Outcome
    from ajar.evals.run.miss import Miss
    from ajar.evals.run.probe import Probe
    from ajar.evals.run.switchboard import Switchboard
    from ajar.evals.run.target import Target


class Bench:
    """Where the judges of a run ask. Their requests are paced and repeated as all others are, and never cached."""

    def __init__(self, board: Switchboard, endpoint: Target | None, probe: Probe, stop: Callable[[str], None]) -> None:
        """`stop` is called with the reason where a judge's target fails in a way that ends the run."""
        self._board = board
        self._endpoint = endpoint
        self._probe = probe
        self._stop = stop

    async def ask(self, body: dict[str, Any]) -> Answer:
        """A judge's request, and its answer. Raises InvalidField, and UpstreamError where there is none."""
        model = body.get("model")
        if type(model) is not str or not model:
            raise InvalidField("a judge's request names no model: give the scorer one", param="model")
        if self._endpoint is None:
            raise InvalidField("the run names no endpoint of judges: give one with --judge-base-url", param="model")
        line = self._board.judge(self._endpoint, model)
        outcome = await line.ask(line.asker.encode({name: value for name, value in body.items() if name != "model"}))
        if isinstance(outcome.said, Answer):
            return outcome.said
        await self._doubt(line, outcome, outcome.said)
        failure = outcome.said.failure
        text = f"the judge gave no answer ({failure.code}: {failure.message})"
        raise UpstreamRefused(failure.status, text, None, None) if failure.status else UpstreamError(text)

    async def _doubt(self, line: Line, outcome: Outcome, miss: Miss) -> None:
        trip = line.breaker.failed(miss, outcome.began)
        why = None if trip is None else await self._probe.confirm(line, trip)
        if why is not None:
            self._stop(why)


class Sitting:
    """What the judges of one answer ask, and what that took."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._answers: list[Answer] = []

    async def ask(self, body: dict[str, Any]) -> Answer:
        """As the bench does it."""
        answer = await self._bench.ask(body)
        self._answers.append(answer)
        return answer

    def judged(self) -> Judged | None:
        """What it took; None where nothing was answered."""
        answers = self._answers
        if not answers:
            return None
        costs = [answer.cost_usd for answer in answers if answer.cost_usd is not None]
        tokens: Counter[str] = Counter()
        for answer in answers:
            for name in Usage.__struct_fields__:
                count = getattr(answer.usage, name)
                if count is not None:
                    tokens[name] += count
        return Judged(
            calls=len(answers),
            deployments=dict(Counter(answer.deployment for answer in answers if answer.deployment is not None)),
            models=dict(Counter(answer.model for answer in answers if answer.model is not None)),
            usage=Usage(**tokens),
            cost_usd=round(sum(costs), 12),
            cost_unknown=len(answers) - len(costs),
        )
