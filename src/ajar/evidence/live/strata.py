"""Both arms' means over epochs, each epoch's arms compared within it alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ajar.evidence.live.moments import Moments


class Strata(msgspec.Struct, frozen=True):
    """Sums over epochs of what each says of its arms' means, weighted by h = n_a n_b / (n_a + n_b).

    The weight is the number of pairs that an epoch is worth; it comes from counts alone, so no chance of the values
    gives an epoch more weight. As every epoch weighs both of its arms equally, neither a shifted base rate nor other
    shares make the arms differ. `candidate` and `control` are the sums of h times the mean, and the variances those of
    these sums.
    """

    weight: float = 0.0
    control: float = 0.0
    candidate: float = 0.0
    control_variance: float = 0.0
    candidate_variance: float = 0.0

    def plus(self, control: Moments, candidate: Moments, *, bounded: bool = False) -> Strata:
        """With one epoch more; an epoch with fewer than two units in an arm says nothing of its spread and is left out.

        The spread of values in [0, 1] (`bounded`) is taken with two values of 0 and two of 1 more (A. Agresti, B. A.
        Coull, 1998): a few that are all the same show none, and the intervals would be too short.
        """
        if min(control.n, candidate.n) < 2:
            return self
        weight = control.n * candidate.n / (control.n + candidate.n)
        spread = _guarded if bounded else _plain
        return Strata(
            weight=self.weight + weight,
            control=self.control + weight * control.mean,
            candidate=self.candidate + weight * candidate.mean,
            control_variance=self.control_variance + weight**2 * spread(control) / control.n,
            candidate_variance=self.candidate_variance + weight**2 * spread(candidate) / candidate.n,
        )

    def difference(self, factor: float = 1.0, shift: float = 0.0) -> tuple[float, float]:
        """Candidate less `factor` times control less `shift`, and its standard error. Only where there is an epoch."""
        at = (self.candidate - factor * self.control) / self.weight - shift
        return at, math.sqrt(self.candidate_variance + factor**2 * self.control_variance) / self.weight


def _plain(of: Moments) -> float:
    return of.variance


def _guarded(of: Moments) -> float:
    # Four values more, of mean 1/2 and squared distances 1/4 each: as `Moments.merged`.
    n, step = of.n, of.mean - 0.5
    return (of.squares + 1 + step * step * n * 4 / (n + 4)) / (n + 3)
