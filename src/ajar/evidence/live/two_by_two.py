"""The e-process of two shares, block by block: another road to what betting finds, for a check of each by the other."""

from __future__ import annotations

from math import log

import msgspec


class TwoByTwo(msgspec.Struct):
    """Evidence that two arms' chances of success differ, from blocks of `a` units of one arm and `b` of the other.

    R. J. Turner, A. Ly, P. D. Grünwald (2024), Journal of Statistical Planning and Inference 230:106116. Each block is
    judged by what the blocks before it say of the chances, starting from `prior` successes and failures in each arm.
    """

    a: int
    b: int
    prior: float = 0.18
    log_evidence: float = 0.0
    blocks: int = 0
    successes_a: int = 0
    successes_b: int = 0

    def add(self, a: int, b: int) -> None:
        """The next block has so many successes in each arm."""
        chance_a = (self.successes_a + self.prior) / (self.blocks * self.a + 2 * self.prior)
        chance_b = (self.successes_b + self.prior) / (self.blocks * self.b + 2 * self.prior)
        both = (self.a * chance_a + self.b * chance_b) / (self.a + self.b)
        self.log_evidence += (
            a * log(chance_a / both)
            + (self.a - a) * log((1 - chance_a) / (1 - both))
            + b * log(chance_b / both)
            + (self.b - b) * log((1 - chance_b) / (1 - both))
        )
        self.blocks += 1
        self.successes_a += a
        self.successes_b += b
