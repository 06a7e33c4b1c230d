"""Count, mean and spread of numbers that come one by one."""

from __future__ import annotations

import msgspec


class Moments(msgspec.Struct):
    """B. P. Welford's recursion (1962), which no large mean robs of its digits."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0
    """The sum of squared distances from the mean."""

    def add(self, value: float) -> None:
        """One number more."""
        self.n += 1
        step = value - self.mean
        self.mean += step / self.n
        self.squares += step * (value - self.mean)

    def merged(self, other: Moments) -> Moments:
        """Those of both (T. F. Chan, G. H. Golub, R. J. LeVeque, 1979)."""
        n = self.n + other.n
        if n == 0:
            return Moments()
        step = other.mean - self.mean
        mean = self.mean + step * other.n / n
        return Moments(n, mean, self.squares + other.squares + step * step * self.n * other.n / n)

    @property
    def variance(self) -> float:
        """Of one number, from at least two."""
        return self.squares / (self.n - 1)
