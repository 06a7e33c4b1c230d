"""What a drill will ask and cost, before it asks anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from ajar.errors import ConfigError
from ajar.evals.scorer import Judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ajar.config.model import Price
    from ajar.rollout.drills.loss import Loss
    from ajar.rollout.drills.question import Questions

_MILLION: Final = 1_000_000


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """`today_usd` and `without_usd` are None where a price is not known: then `unpriced` names the deployments.

    They hold where the first deployment answers all. `guessed` says that the tokens are a guess. What judges cost is
    not in it; `judged` says that there are some.
    """

    calls: int
    today_usd: float | None
    without_usd: float | None
    unpriced: tuple[str, ...] = ()
    guessed: bool = False
    judged: bool = False

    @property
    def usd(self) -> float | None:
        """In all."""
        if self.today_usd is None or self.without_usd is None:
            return None
        return self.today_usd + self.without_usd

    def words(self) -> str:
        """For people: `120 requests, about $0.42`."""
        asked = f"{self.calls:,} requests"
        if self.usd is None:
            cost = f"at a cost that is not known (no `price` for {', '.join(self.unpriced)})"
        elif self.usd == 0:
            cost = "which cost nothing"
        else:
            rough = ", at a guess" if self.guessed else ""
            each = f"today's route ${self.today_usd:.2g}, without it ${self.without_usd:.2g}"
            cost = f"about ${self.usd:.2g}{rough} ({each})"
        return f"{asked}, {cost}{'; judges come on top' if self.judged else ''}"


def estimate(questions: Questions, loss: Loss, prices: Mapping[str, Price]) -> Estimate:
    """What the questions take of the route as it is, and without what it loses."""
    suite = questions.suite
    tokens = questions.tokens()
    arms = (loss.first, loss.left[0])
    calls = suite.count
    costs: list[float | None] = []
    for name in arms:
        price = prices.get(name)
        each = None if price is None else (tokens.input * price.input + tokens.output * price.output) / _MILLION
        costs.append(None if each is None else each * calls)
    judged = any(isinstance(scorer, Judge) for at in range(suite.count) for scorer in suite.scorers(at).values())
    return Estimate(
        calls=2 * calls,
        today_usd=costs[0],
        without_usd=costs[1],
        unpriced=tuple(dict.fromkeys(name for name in arms if name not in prices)),
        guessed=questions.guessed,
        judged=judged,
    )


def refuse_dear(found: Estimate, loss: Loss, prices: Mapping[str, Price], most_usd: float | None) -> None:
    """Raise ConfigError where the ceiling is lower than the estimate, or cannot be kept at all."""
    if most_usd is None:
        return
    unpriced = [name for name in (*loss.lost, *loss.left) if name not in prices]
    if unpriced:
        told = f"the config has no `price` for {', '.join(unpriced)}"
        raise ConfigError([f"--max-usd cannot be kept: {told}; write it there, or leave the option out"])
    if found.usd is not None and found.usd > most_usd:
        raise ConfigError([f"this is {found.words()}, and may cost ${most_usd:g} (--max-usd): ask fewer questions"])
