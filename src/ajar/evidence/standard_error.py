"""How much a mean of independent cases, or of clusters of them, would vary from sample to sample."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from ajar.evidence.given import Floats, Labels, labels

SKEWED = 0.1
"""Above this skew, a verdict needs more room than t's interval on the side of the long tail (docs/statistics.md)."""
LOPSIDED = 0.2
"""Above this skew, the sample says too little of the long tail for that; with clusters it does above `SKEWED`."""
FEW = 8
"""With fewer units than these apart from the most common value, the sample says too little of the spread."""


class StandardError(msgspec.Struct, frozen=True, kw_only=True):
    """The mean of `n` cases, and how surely it is known.

    `se` is None where there is one unit only. `units` are those that were taken for independent: cases, or clusters,
    where unequal ones count as Kish's effective number of equal ones. `skew` is the skewness of the mean, as far as
    the units show it (that of cases is divided by the root of their number): it is what makes t's interval miss.
    `apart` counts the units that differ from the most common value.
    """

    mean: float
    se: float | None
    df: float
    n: int
    clusters: int | None
    units: float
    skew: float
    apart: int


def standard_error(values: Floats, clusters: Labels | None = None) -> StandardError:
    """The mean of `values` with its standard error: sd/sqrt(n), or over clusters.

    The clustered one is sqrt(G/(G-1) * sum_g (sum_{i in g} (x_i - mean))^2) / n: E. Miller (2024), Adding Error Bars
    to Evals, arXiv 2411.00640, appendix A, which has no G/(G-1): with that small-sample factor, as Inspect has it,
    clusters of one case give sd/sqrt(n). Raises ValueError without values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("a mean needs at least one value")
    sizes, totals = grouped(values, clusters)
    count = len(sizes)
    mean = math.fsum(values.tolist()) / n
    apart = totals - mean * sizes
    squares = float(apart @ apart)
    # What rounding leaves of a spread that is none, or what is too small to square.
    if math.sqrt(squares) <= max(1e-13 * float(np.abs(values).max()) * n / math.sqrt(count), 1e-100):
        squares = 0.0
    return StandardError(
        mean=mean,
        se=math.sqrt(count / (count - 1) * squares) / n if count > 1 else None,
        df=_degrees(sizes) if count > 1 else 0.0,
        n=n,
        clusters=None if clusters is None else count,
        units=n * n / float(sizes @ sizes),
        skew=_skew(totals / sizes, sizes) if squares > 0 else 0.0,
        apart=_apart(totals / sizes),
    )


def grouped(values: Floats, clusters: Labels | None) -> tuple[Floats, Floats]:
    """The size and the total of each unit: of a cluster, or of a case where there are none."""
    if clusters is None:
        return np.ones(len(values)), values
    found = labels(clusters, len(values))
    return np.bincount(found).astype(np.float64), np.bincount(found, weights=values).astype(np.float64)


def lopsided(skew: float, clusters: int | None) -> bool:
    """Whether losses have so long a tail that the sample says too little of it. Clusters are few: they say less."""
    return skew < -(LOPSIDED if clusters is None else SKEWED)


def _degrees(sizes: Floats) -> float:
    """Satterthwaite's degrees of freedom of the clustered variance; G - 1 where all clusters have the same size.

    The variance is a quadratic form T'AT of the clusters' totals T, so that df = tr(AS)^2 / tr((AS)^2) for totals of
    covariance S: R. M. Bell, D. F. McCaffrey (2002), Survey Methodology 28:169-181, for the weighted mean. S depends on
    how alike the cases of a cluster are, which few clusters do not show: so the smaller df is taken, of cases that are
    independent (variance proportional to the size) and cases that are all the same (to its square).
    """
    if (sizes == sizes[0]).all():
        return len(sizes) - 1.0
    share = sizes / sizes.sum()
    return min(_satterthwaite(share, share), _satterthwaite(share, share**2))


def _satterthwaite(share: Floats, variance: Floats) -> float:
    # A = I - (a 1' + 1 a') + q 11' for the shares a, with q = a'a; S is diagonal.
    q = float(share @ share)
    s0, s1, s2 = (float((variance * share**power).sum()) for power in (0, 1, 2))
    once = s0 - 2 * s1 + q * s0
    twice = float((variance**2 * (1 + 2 * q - 4 * share)).sum())
    twice += q * q * s0 * s0 - 4 * q * s0 * s1 + 2 * s0 * s2 + 2 * s1 * s1
    return once * once / twice


def _skew(means: Floats, sizes: Floats) -> float:
    """Of sum(size x mean of a cluster), if all clusters' means come from one distribution.

    The skewness of those means is taken with equal weights: the residual sums would show little more than that of the
    few largest clusters.
    """
    apart = means - means.mean()
    squares = float((apart**2).mean())
    if squares < 1e-200:
        return 0.0
    return float((apart**3).mean()) / squares**1.5 * float((sizes**3).sum()) / float((sizes**2).sum()) ** 1.5


def _apart(means: Floats) -> int:
    _, counts = np.unique(np.round(means, 12), return_counts=True)
    return len(means) - int(counts.max())
