"""Whether units fall to the arms in the shares that were meant, tested after each one."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

MISMATCH = 0.001
"""The p-value below which assignment or records are broken.

It holds over the whole rollout, however often somebody looks: one in a thousand sound rollouts is stopped in vain. A
broken assignment goes on being broken, so that a stricter level than that of the measures costs it little time.
"""
CONCENTRATION = 10_000


class SampleRatio(msgspec.Struct):
    """Evidence against the meant shares: a multinomial with them, against a mixture of others near them.

    The mixture is a Dirichlet distribution about the meant shares. The Bayes factor is an e-process, and the smallest
    that its inverse ever was is a p-value at all times: M. Lindon, A. Malek (2022), Anytime-valid inference for
    multinomial count data, NeurIPS. Other shares begin other counts, and the Bayes factors of all epochs multiply.
    """

    shares: tuple[float, ...] = ()
    counts: list[int] = []
    total: int = 0
    log_factor: float = 0.0
    most: float = 0.0

    def begin(self, shares: Sequence[float]) -> None:
        """From now on these are meant; they add up to 1."""
        self.shares, self.counts, self.total = tuple(shares), [0] * len(shares), 0

    def add(self, arm: int) -> None:
        """A unit was assigned."""
        share = self.shares[arm]
        # The next unit's chance of this arm in the mixture, given those before, beside the chance that was meant.
        expected = (CONCENTRATION * share + self.counts[arm]) / (CONCENTRATION + self.total)
        self.log_factor += log(expected / share)
        if self.log_factor > self.most:
            self.most = self.log_factor
        self.counts[arm] += 1
        self.total += 1

    @property
    def bayes_factor(self) -> float:
        """For other shares than the meant ones, now."""
        return exp(min(700.0, self.log_factor))

    @property
    def p_value(self) -> float:
        """Of the meant shares."""
        return exp(-self.most)
