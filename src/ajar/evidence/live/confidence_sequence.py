"""Asymptotic confidence sequences: intervals and evidence of a mean that hold at all times at once, for large counts.

I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas (2024), Annals of Statistics 52:2380-2407. Sums of many
independent numbers move like Brownian motion, and what holds at all times for that holds for them in the limit; with
fewer than about 100 units in an arm it says nothing yet.

`progress` is n / n*, where n* is the count at which the interval is tuned to be the shortest: an amount of data in the
unit of the tuning, whatever it is counted in.
"""

from __future__ import annotations

import math
from typing import cast

from scipy import special

LEAST = 100
"""Units in an arm before the limit is trusted."""
_LEAST = 1e-300
TUNED = 300
"""n*, in pairs: see `Strata.weight`. Decisions fall between 100 and 1,000 of the candidate's units."""


def half_width(error: float, progress: float, alpha: float) -> float:
    """Half of the two-sided interval (Proposition 2.5), where `error` is the mean's standard error now.

    sqrt(2 (n v r^2 + 1) / (n^2 r^2) ln(sqrt(n v r^2 + 1) / alpha)), with r tuned as `_mixed` has it. It is the bound of
    the two-sided normal mixture: on both sides together it errs with a chance of `alpha` over all times.
    """
    mixed = progress * _mixed(alpha)
    return error * math.sqrt(2 * (1 + 1 / mixed) * (0.5 * math.log1p(mixed) - math.log(alpha)))


def log_evidence(z: float, progress: float, alpha: float) -> float:
    """The log of the evidence that the mean is above 0, where it is `z` standard errors above it now.

    The mixture with a half-normal: exp(z^2/2 b/(1+b)) 2 Phi(z sqrt(b/(1+b))) / sqrt(1+b), an e-process (in the limit)
    for every mean of 0 or less. It reaches 1/alpha with a chance of at most `alpha`, all of which lies on the one side
    that is asked about. The one-sided bound is therefore that of the two-sided interval at about 2 alpha; taking the
    two-sided one at alpha would use half of what is allowed.
    """
    mixed = progress * _mixed(min(2 * alpha, 0.5))
    x = z * math.sqrt(mixed / (1 + mixed))
    if x > 0:
        likely = x * x / 2 + float(cast("float", special.log_ndtr(x))) + math.log(2)
    else:  # the same; but far out the two terms would cancel and leave noise
        likely = math.log(max(float(cast("float", special.erfcx(-x / math.sqrt(2)))), _LEAST))
    return likely - 0.5 * math.log1p(mixed)


def _mixed(alpha: float) -> float:
    """n* v r^2 of the r that makes the interval about the shortest at n*: the paper's equation 161."""
    return -2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))
