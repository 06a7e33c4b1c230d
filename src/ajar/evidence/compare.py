"""Compare two models case by case."""

from __future__ import annotations

import math

import numpy as np

from ajar.evidence import sentence
from ajar.evidence.comparison import Comparison
from ajar.evidence.distribution import t_quantile
from ajar.evidence.given import Bounds, Floats, Labels, Numbers, numbers, tail
from ajar.evidence.interval import Reach, t_interval
from ajar.evidence.mcnemar import mcnemar
from ajar.evidence.power import POWER, smallest_share_difference, smallest_t_difference
from ajar.evidence.standard_error import FEW, StandardError, standard_error
from ajar.evidence.stray import strays
from ajar.evidence.tango import tango
from ajar.evidence.unseen import often

LEAST_CASES = 30
LEAST_ENDLESS = 600
"""Where the scale has no ends, fewer cases or clusters cannot pass: they too often miss a slow tail in 1% of them."""
LEAST_CLUSTERS = 10
LEAST_SINGLE = 10
"""Fewer binary cases cannot pass: by enumeration, Tango's interval passes too easily then (docs/statistics.md)."""


def compare(
    candidate: Numbers,
    baseline: Numbers,
    confidence: float,
    *,
    clusters: Labels | None = None,
    single: bool,
    bounds: Bounds | None = None,
) -> Comparison:
    """Compare the values of two models over the same cases, in the same order; each is the mean over its repeats.

    `single` says that all values are 0 or 1, from one repeat: such cases get Tango's interval at every number of cases,
    unless there are `clusters`. All else gets Student's t of the differences, over clusters where there are any.
    `bounds` are the ends of the metric's scale, (0, 1) for scores: with them, t's interval is made longer where so few
    cases differ that their spread says nothing; without them such a comparison is `limited`, unless every value is 0.

    Raises ValueError where the arms are not equal in length, for a value that is not finite or out of bounds, and for
    `single` values that are not 0 or 1.
    """
    beyond = tail(confidence)
    ours, theirs = numbers("candidate", candidate, bounds), numbers("baseline", baseline, bounds)
    if len(ours) != len(theirs):
        raise ValueError(f"the arms must have the same cases: {len(ours)} of candidate, {len(theirs)} of baseline")
    if single and not (np.isin(ours, (0, 1)).all() and np.isin(theirs, (0, 1)).all()):
        raise ValueError("single values must be 0 or 1")
    if len(ours) == 0:
        return _nothing(confidence, single=single, bounds=(0, 1) if single else bounds)
    if single and clusters is None:
        return _single(ours, theirs, confidence)
    bounds = (0, 1) if single else bounds
    return _paired(ours, theirs, confidence, beyond, clusters, bounds)


def _single(ours: Floats, theirs: Floats, confidence: float) -> Comparison:
    n, wins, losses = len(ours), int((ours > theirs).sum()), int((ours < theirs).sum())
    low, high = tango(wins, losses, n, confidence)
    return Comparison(
        difference=(wins - losses) / n,
        low=float(low),
        high=float(high),
        confidence=confidence,
        n=n,
        method="tango",
        wins=wins,
        losses=losses,
        ties=n - wins - losses,
        smallest=smallest_share_difference(n, (wins + losses) / n, confidence),
        mcnemar_p=mcnemar(wins, losses),
        limited=sentence.too_few(n, "case", LEAST_SINGLE) if n < LEAST_SINGLE else None,
    )


def _paired(
    ours: Floats, theirs: Floats, confidence: float, beyond: float, clusters: Labels | None, bounds: Bounds | None
) -> Comparison:
    differences = ours - theirs
    error = standard_error(differences, clusters)
    bounded = bounds is not None
    free = not (ours.any() or theirs.any())
    if bounds is None and not error.se:
        # Without spread and scale, the values seen stand in for the scale, so that the interval has some width.
        both = np.concatenate([ours, theirs])
        bounds = float(both.min()), float(both.max())
    width = math.inf if bounds is None else float(bounds[1] - bounds[0])
    family = t_interval(error, (-width, width) if bounds else None)
    low, high = family.limits(confidence)
    smallest = smallest_t_difference(family.se, family.df, confidence)
    smallest += max(family.reach.low, family.reach.high) * -math.log(beyond)
    if bounded:
        hidden = width * often(error.units, confidence)
        smallest = max(smallest, hidden + t_quantile(POWER, family.df) * family.se if family.se else hidden)
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    return Comparison(
        difference=error.mean,
        # The mean of equal differences may be rounded to beyond the scale's end.
        low=min(max(low, -width), error.mean),
        high=max(min(high, width), error.mean),
        confidence=confidence,
        n=error.n,
        method="t" if clusters is None else "clustered-t",
        wins=wins,
        losses=losses,
        ties=error.n - wins - losses,
        smallest=min(smallest, width),
        se=error.se,
        df=error.df,
        clusters=error.clusters,
        limited=_limited(error, sure=bounded or free),
        units=error.units,
        skew=error.skew,
        width=width if bounded else None,
        apart=error.apart,
        reach=None if family.reach == Reach() else family.reach,
        strays=None if bounded else strays(differences, clusters),
    )


def _limited(error: StandardError, *, sure: bool) -> str | None:
    """Why t's interval of `error` must not pass. Lopsided differences without bounds are the verdict's own matter.

    `sure` says that cases without any difference do show something: the scale has ends, or both models have 0 in every
    case, as what costs nothing has.
    """
    unit = "case" if error.clusters is None else "cluster"
    count = error.n if error.clusters is None else error.clusters
    few = f"{sentence.too_few(count, unit, LEAST_ENDLESS)} where the scale has no ends"
    if error.n < LEAST_CASES:
        return sentence.too_few(error.n, "case", LEAST_CASES) if sure or error.clusters is not None else few
    if error.clusters is not None and error.clusters < LEAST_CLUSTERS and sure:
        return sentence.too_few(error.clusters, "cluster", LEAST_CLUSTERS)
    if not sure and error.apart < FEW and (error.se or count < LEAST_ENDLESS):
        return sentence.alike(error.apart, unit)
    return few if count < LEAST_ENDLESS and not sure else None


def _nothing(confidence: float, *, single: bool, bounds: Bounds | None) -> Comparison:
    width = float(bounds[1] - bounds[0]) if bounds else 0.0
    return Comparison(
        difference=0.0,
        low=0.0 - width,
        high=width,
        confidence=confidence,
        n=0,
        method="tango" if single else "t",
        wins=0,
        losses=0,
        ties=0,
        smallest=width,
        limited="no case has a value of both models",
    )
