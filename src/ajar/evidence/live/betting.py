"""Evidence from bets on the differences of blocks: exact for any number of blocks, looked at whenever one likes."""

from __future__ import annotations

from math import log1p

import msgspec


class Betting(msgspec.Struct):
    """Two e-processes on differences in [-1, 1], candidate less control, more being better.

    `log_worse` is the log of W = prod(1 - l D), which has a mean of at most 1 while the candidate is not worse:
    E[D] >= 0. It goes on over all epochs. `log_proof` is that of V = prod(1 + n (D + margin)), which has a mean of at
    most 1 while the candidate is worse by the margin or more: E[D] <= -margin. It begins anew with each step. Either
    reaches 1/alpha with a chance of at most alpha, ever (Ville's inequality). Between the two, for a candidate worse by
    less than the margin, both nulls are wrong and either may be rejected.

    The bets l and n (aGRAPA: I. Waudby-Smith, A. Ramdas (2024), JRSS B 86:1-27) come from past blocks alone, those of
    past epochs too: what one step learnt of the candidate, the next need not learn again. They are cut so that no block
    loses more than half, and no product ever becomes 0.
    """

    margin: float | None = None
    blocks: int = 0
    total: float = 0.0
    squares: float = 0.0
    log_worse: float = 0.0
    most_worse: float = 0.0
    """The highest that `log_worse` ever was: what it reached once counts, however rarely somebody looks."""
    log_proof: float = 0.0

    def add(self, difference: float) -> None:
        """The next block."""
        past = self.blocks
        count = past + 1
        mean = self.total / count
        square = mean * mean
        spread = (0.25 + self.squares - 2 * mean * self.total + past * square) / count
        if mean < 0:
            self.log_worse += log1p(-min(0.5, -mean / (spread + square)) * difference)
            if self.log_worse > self.most_worse:
                self.most_worse = self.log_worse
        margin = self.margin
        if margin is not None:
            above = mean + margin
            if above > 0:
                bet = min(0.5 / (1 - margin), above / (spread + above * above))
                self.log_proof += log1p(bet * (difference + margin))
        self.blocks = count
        self.total += difference
        self.squares += difference * difference

    def begin_step(self) -> None:
        """The proof begins anew; the bets go on."""
        self.log_proof = 0.0
