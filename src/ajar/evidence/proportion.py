"""A share of successes and how surely it is known."""

from __future__ import annotations

import math

from ajar.evidence.distribution import normal_quantile
from ajar.evidence.estimate import Estimate
from ajar.evidence.given import tail


def wilson(successes: float, n: int, confidence: float) -> Estimate:
    """The share `successes / n` with Wilson's score interval, without continuity correction.

    It keeps its coverage where few cases or extreme shares break the normal one. Raises ValueError unless there is a
    case, and 0 to `n` successes. E. B. Wilson (1927), JASA 22:209-212; R. G. Newcombe (1998), Statistics in Medicine
    17:857-872, method 3.
    """
    z = normal_quantile(1 - tail(confidence))
    if n < 1:
        raise ValueError(f"a share needs at least one case, and n is {n}")
    if not 0 <= successes <= n:
        raise ValueError(f"successes are {successes}, and must lie between 0 and n, {n}")
    share = successes / n
    middle = (successes + z * z / 2) / (n + z * z)
    half = z * math.sqrt(successes * (n - successes) / n + z * z / 4) / (n + z * z)
    low = 0.0 if successes == 0 else max(0.0, min(share, middle - half))
    high = 1.0 if successes == n else min(1.0, max(share, middle + half))
    return Estimate(mean=share, low=low, high=high, confidence=confidence, n=n, method="wilson")
