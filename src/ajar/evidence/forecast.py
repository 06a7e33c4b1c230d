"""What a run would find with another number of cases, if they are like those that a guess or an earlier run has."""

from __future__ import annotations

import math

import msgspec

from ajar.evidence import power as powers
from ajar.evidence import unseen
from ajar.evidence.compare import LEAST_SINGLE
from ajar.evidence.comparison import Comparison
from ajar.evidence.distribution import t_quantile
from ajar.evidence.given import tail
from ajar.evidence.settle import cases_at, least, met, mirrored, shown, spreadless

_MOST = 10**12


class Shares(msgspec.Struct, frozen=True):
    """Passes and fails, of which a share `differing` goes to one of the two models only."""

    differing: float

    def smallest(self, cases: int, confidence: float, power: float) -> float | None:
        """The smallest true difference that so many cases find. None where they find none, however large."""
        if cases < self._least(confidence, power):
            return None
        return powers.smallest_share_difference(cases, self.differing, confidence, power)

    def cases(self, difference: float, confidence: float, power: float) -> int | None:
        """How many cases find this difference. One larger than `differing` is taken to make as many cases differ."""
        needed = powers.shares_needed(difference, max(self.differing, abs(difference)), confidence, power)
        return max(needed, self._least(confidence, power))

    def _least(self, confidence: float, power: float) -> int:
        return max(LEAST_SINGLE, powers.shares_needed(1, 1, confidence, power))


class Means(msgspec.Struct, frozen=True):
    """Numbers that spread, cluster and lean as those of this comparison, which is of the method t."""

    found: Comparison

    def smallest(self, cases: int, confidence: float, power: float) -> float | None:
        """As that of `Shares`. For the cases of the comparison itself it is what that says, where they could pass."""
        fewest = self._least(power)
        if fewest is None or cases < fewest:
            return None
        found, share = self.found, self.found.n / cases
        se, df = (found.se or 0.0) * math.sqrt(share), max(1.0, ((found.df or 0.0) + 1) / share - 1)
        reach = 0.0 if found.reach is None else max(found.reach.low, found.reach.high)
        smallest = powers.smallest_t_difference(se, df, confidence, power) - math.log(tail(confidence)) * reach * share
        if found.strays is not None:
            few = [each for each in (found.strays.low, found.strays.high) if each.few]
            return max(smallest, *(unseen.strayed(each) for each in few if cases < met(each, found.n, power)), 0)
        if found.width is None:
            return smallest
        if found.units:
            hidden = found.width * unseen.often(found.units / share, confidence)
            smallest = max(smallest, hidden + t_quantile(power, df) * se)
        return None if smallest > found.width else smallest

    def cases(self, difference: float, confidence: float, power: float) -> int | None:
        """As that of `Shares`, for a difference of more than 0. None where the comparison shows too little to say.

        They are at least those with which a verdict would be settled at that distance from its margin, whichever model
        is the better one, which asks for more than the interval does: see `settle`.
        """
        enough = self._least(power)
        if enough is None:
            return None
        short = enough - 1
        while not self._finds(enough, difference, confidence, power):
            short, enough = enough, enough * 2
            if enough > _MOST:
                return None
        while enough - short > 1:
            middle = (short + enough) // 2
            if self._finds(middle, difference, confidence, power):
                enough = middle
            else:
                short = middle
        for each in self._both(difference, confidence):
            settled = cases_at(each, 0.0, power)
            if settled is None:
                return None
            enough = max(enough, math.ceil(settled))
        return enough

    def _both(self, difference: float, confidence: float) -> tuple[Comparison, Comparison]:
        """The comparison with this difference for the candidate, and for the baseline as if it were the candidate."""
        found = msgspec.structs.replace(self.found, difference=difference, confidence=confidence)
        return found, msgspec.structs.replace(mirrored(found), difference=difference)

    def _finds(self, cases: int, difference: float, confidence: float, power: float) -> bool:
        smallest = self.smallest(cases, confidence, power)
        return smallest is not None and smallest <= difference

    def _least(self, power: float) -> int | None:
        """The cases without which one of both cannot pass; None where the comparison has no spread."""
        found = self.found
        if found.n == 0 or spreadless(found):
            return None
        return math.ceil(max(least(found), shown(found, power), shown(mirrored(found), power)))


def like(found: Comparison) -> Shares | Means:
    """The spread of a comparison that has cases. Raises ValueError where it has none."""
    if found.n == 0:
        raise ValueError("a comparison without cases has no spread")
    return Shares((found.wins + found.losses) / found.n) if found.method == "tango" else Means(found)
