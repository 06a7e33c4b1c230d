"""From all samples of a run to what it found."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from ajar.evals.arm_tally import ArmTally
from ajar.evals.grid import Flags, Grid, Indexes, Numbers
from ajar.evals.metrics import MEASURES, PASSED, TIMING, better, numbers, unit
from ajar.evals.result import Metric, Result, TagResult, Timing
from ajar.evals.spreads import spreads
from ajar.evidence.compare import compare
from ajar.evidence.mean import mean_of
from ajar.evidence.proportion import wilson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ajar.evals.result import About
    from ajar.evals.run.target import Aim
    from ajar.evals.sample import Arm, Sample
    from ajar.evals.suite.suite import Suite
    from ajar.evidence.comparison import Comparison
    from ajar.evidence.estimate import Estimate

Bounds = tuple[float, float]
_SHARES: Bounds = (0.0, 1.0)
_OF_ALL = {PASSED, *MEASURES}


class Tally:
    """Takes the samples in any order; the same samples always give the same result, to the last digit.

    Memory: 8 bytes for each sample and metric, whatever was answered.
    """

    def __init__(self, suite: Suite, about: About, arms: Mapping[Arm, Aim]) -> None:
        self._suite = suite
        self._about = about
        self._arms: dict[Arm, ArmTally] = {arm: ArmTally(aim) for arm, aim in arms.items()}
        self._grid = Grid(suite.count, about.repeats)
        self._fractional: set[str] = set()
        self._clusters = _clusters(suite)

    def add(self, sample: Sample) -> None:
        """Take one sample in."""
        self._arms[sample.arm].add(sample)
        scorers = self._suite.scorers(sample.case)
        for metric, value in numbers(sample, scorers):
            self._grid.put(sample.arm, metric, sample.case, sample.repeat, value)
            if value not in (0.0, 1.0):
                self._fractional.add(metric)
        for name, scorer in scorers.items():
            if not scorer.binary:
                self._fractional.add(name)

    def finish(self) -> tuple[Result, Timing]:
        """What the samples so far say."""
        metrics = sorted(self._grid.metrics(), key=_rank)
        steady = [metric for metric in metrics if metric not in TIMING]
        timing = [metric for metric in metrics if metric in TIMING]
        result = Result(
            about=self._about,
            arms={arm: tally.result() for arm, tally in self._arms.items()},
            metrics=[self._metric(name) for name in steady],
            tags=self._tags([name for name in steady if name not in MEASURES and "." not in name]),
            spreads=list(spreads(self._grid, self._arms, steady)),
        )
        return result, Timing(
            metrics=[self._metric(name) for name in timing], spreads=list(spreads(self._grid, self._arms, timing))
        )

    def _tags(self, metrics: Sequence[str]) -> list[TagResult]:
        cases: dict[str, list[int]] = defaultdict(list)
        for index in range(self._suite.count):
            for tag in self._suite.tags_of(index):
                cases[tag].append(index)
        return [
            TagResult(
                tag=tag, cases=len(found), metrics=[self._metric(name, np.array(found, np.int64)) for name in metrics]
            )
            for tag, found in sorted(cases.items())
        ]

    def _metric(self, name: str, cases: Indexes | None = None) -> Metric:
        means: dict[Arm, Numbers] = {arm: self._means(arm, name, cases) for arm in self._arms}
        binary = name not in self._fractional and name not in MEASURES
        bounds = None if name in MEASURES else _SHARES
        owed = self._owed(name, cases)
        missing: dict[Arm, int] = {arm: self._grid.missing(arm, name, owed) for arm in self._arms}
        return Metric(
            name=name,
            unit=unit(name),
            better=better(name),
            binary=binary,
            samples=int(owed.sum()) * self._about.repeats,
            missing={arm: count for arm, count in missing.items() if count},
            candidate=self._estimate(means["candidate"], cases, bounds, binary=binary),
            baseline=self._estimate(means["baseline"], cases, bounds, binary=binary) if "baseline" in means else None,
            comparison=self._comparison(means, cases, bounds, binary=binary) if "baseline" in means else None,
        )

    def _owed(self, name: str, cases: Indexes | None) -> Flags:
        """The cases that should have this number: all for measures and `passed`, for a check those that have the check.

        A check gives every sample of its cases a number, or an error in its place; so where it has no number of any,
        the case has no such check, or none of its samples could be judged, which is told as an error already.
        """
        owed = np.ones(self._suite.count, np.bool_) if name in _OF_ALL else self._grid.known(name)
        if cases is not None:
            among = np.zeros(self._suite.count, np.bool_)
            among[cases] = True
            owed &= among
        return owed

    def _means(self, arm: Arm, name: str, cases: Indexes | None) -> Numbers:
        means = self._grid.means(arm, name)
        return means if cases is None else means[cases]

    def _estimate(
        self, means: Numbers, cases: Indexes | None, bounds: Bounds | None, *, binary: bool
    ) -> Estimate | None:
        there = ~np.isnan(means)
        values = means[there]
        if not values.size:
            return None
        clusters = self._clusters_of(cases, there)
        if binary and self._about.repeats == 1 and clusters is None:
            return wilson(float(values.sum()), values.size, self._about.confidence)
        return mean_of(values, self._about.confidence, clusters, bounds=bounds)

    def _comparison(
        self, means: Mapping[Arm, Numbers], cases: Indexes | None, bounds: Bounds | None, *, binary: bool
    ) -> Comparison | None:
        there = ~np.isnan(means["candidate"]) & ~np.isnan(means["baseline"])
        if not there.any():
            return None
        return compare(
            means["candidate"][there],
            means["baseline"][there],
            self._about.confidence,
            clusters=self._clusters_of(cases, there),
            single=binary and self._about.repeats == 1,
            bounds=bounds,
        )

    def _clusters_of(self, cases: Indexes | None, there: Flags) -> Indexes | None:
        if self._clusters is None:
            return None
        return (self._clusters if cases is None else self._clusters[cases])[there]


def tally(suite: Suite, about: About, arms: Mapping[Arm, Aim], samples: Iterable[Sample]) -> tuple[Result, Timing]:
    """What these samples of this suite say."""
    taken = Tally(suite, about, arms)
    for sample in samples:
        taken.add(sample)
    return taken.finish()


def _clusters(suite: Suite) -> Indexes | None:
    """The number of each case's cluster; a case without one is a cluster of its own. None where no case has one."""
    known = [suite.cluster_of(index) for index in range(suite.count)]
    if all(cluster is None for cluster in known):
        return None
    first_own = max(cluster for cluster in known if cluster is not None) + 1
    return np.array(
        [first_own + index if cluster is None else cluster for index, cluster in enumerate(known)], np.int64
    )


def _rank(metric: str) -> tuple[int, str]:
    """What people look for first stands first."""
    order = 0 if metric == PASSED else 3 if metric in MEASURES else 2 if "." in metric else 1
    return order, metric
