"""How judges reach the models that they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ajar.errors import InvalidField, UpstreamError, UpstreamRefused
from ajar.evals.answer import Answer
from ajar.evals.run import cache as caches

if TYPE_CHECKING:
    from collections.abc import Callable

    from ajar.evals.run.cache import Cache
    from ajar.evals.run.miss import Miss
    from ajar.evals.run.switchboard import Switchboard
    from ajar.evals.run.target import Target
    from ajar.evals.scorer import Infer


class Bench:
    """Where the judges of a run ask. Their requests are paced and repeated as all others are."""

    def __init__(self, board: Switchboard, endpoint: Target, cache: Cache | None, stop: Callable[[str], None]) -> None:
        """`stop` is called with the reason where a judge's target fails in a way that ends the run."""
        self._board = board
        self._endpoint = endpoint
        self._cache = cache
        self._stop = stop
        self.cost_usd = 0.0
        """Of the answers whose cost is known."""
        self.cost_unknown = 0

    def infer(self, repeat: int) -> Infer:
        """For the judges of one sample."""
        number = 0

        async def ask(body: dict[str, Any]) -> Answer:
            nonlocal number
            number += 1
            return await self._ask(body, repeat, number)

        return ask

    async def _ask(self, body: dict[str, Any], repeat: int, number: int) -> Answer:
        model = body.get("model")
        if type(model) is not str or not model:
            raise InvalidField("a judge's request names no model: give the scorer one", param="model")
        line = self._board.judge(self._endpoint, model)
        encoded = line.asker.encode({name: value for name, value in body.items() if name != "model"})
        key = caches.key(self._endpoint.base_url, encoded, repeat, number)
        if self._cache is not None and (kept := self._cache.get(key)) is not None:
            return kept
        said, _ = await line.ask(encoded)
        if not isinstance(said, Answer):
            raise self._failed(line.breaker.failed(said), said)
        line.breaker.answered()
        if said.cost_usd is None:
            self.cost_unknown += 1
        else:
            self.cost_usd += said.cost_usd
        if self._cache is not None:
            self._cache.put(key, said)
        return said

    def _failed(self, why: str | None, miss: Miss) -> UpstreamError:
        if why is not None:
            self._stop(why)
        failure = miss.failure
        text = f"the judge gave no answer ({failure.code}: {failure.message})"
        return UpstreamRefused(failure.status, text, None, None) if failure.status else UpstreamError(text)
