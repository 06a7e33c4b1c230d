"""The cases that flipped: those that one of two models gets right and the other does not."""

from __future__ import annotations

import heapq
from array import array
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ajar.evals.metrics import PASSED, better, numbers
from ajar.evals.sample import Arm, Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ajar.evals.scorer import Scorer
    from ajar.evals.suite.suite import Suite

Change = Literal["regression", "improvement"]

_SAME = 1e-9


class Side(msgspec.Struct, frozen=True):
    """What one model answered. `mean` is the metric over the repeats; `failed` names the checks not passed."""

    sample: Sample
    mean: float
    failed: tuple[str, ...]


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """One such case, with an answer of each model that is typical of its repeats."""

    id: str
    tags: tuple[str, ...]
    input: str | list[dict[str, Any]]
    target: Any
    change: Change
    candidate: Side
    baseline: Side


class Flips(msgspec.Struct, frozen=True, kw_only=True):
    """Those kept, regressions first and the plainest first of all, and how many there are of each."""

    metric: str
    kept: list[Flip]
    regressions: int
    improvements: int


class _Picked(msgspec.Struct, frozen=True, order=True):
    """Sorts as flips are shown."""

    improvement: bool
    less_plain: float
    case: int


def flips(suite: Suite, samples: Callable[[], Iterable[Sample]], *, metric: str = PASSED, most: int = 200) -> Flips:
    """Find the flips and keep `most` of them. `samples` gives all samples anew at each call, in any order.

    It is called twice: which answers to keep is known only when all are counted, and holding every answer until then
    would hold the run. Memory is 32 bytes for each case, and the answers kept. With repeats `passed` goes by majority,
    and half of them is none; any other metric flips where its means differ.
    """
    means = _Means(suite.count)
    for sample in samples():
        if (value := _value(sample, suite.scorers(sample.case), metric)) is not None:
            means.add(sample, value)
    counts: dict[Change, int] = {"regression": 0, "improvement": 0}
    # Asked for none, nsmallest would not even look, and nothing would be counted.
    picked = heapq.nsmallest(max(most, 1), _flipped(means, metric, counts))[:most]
    return Flips(
        metric=metric,
        kept=list(_shown(suite, samples(), picked, means, metric)),
        regressions=counts["regression"],
        improvements=counts["improvement"],
    )


class _Means:
    """The mean of each case of each model."""

    def __init__(self, cases: int) -> None:
        self.cases = cases
        self._sums: dict[Arm, array[float]] = {arm: array("d", bytes(8 * cases)) for arm in ("candidate", "baseline")}
        self._counts: dict[Arm, array[int]] = {arm: array("q", bytes(8 * cases)) for arm in ("candidate", "baseline")}

    def add(self, sample: Sample, value: float) -> None:
        self._sums[sample.arm][sample.case] += value
        self._counts[sample.arm][sample.case] += 1

    def of(self, arm: Arm, case: int) -> float | None:
        count = self._counts[arm][case]
        return self._sums[arm][case] / count if count else None


def _flipped(means: _Means, metric: str, counts: dict[Change, int]) -> Iterator[_Picked]:
    """Every flip; notes in `counts` how many there are."""
    for case in range(means.cases):
        candidate, baseline = means.of("candidate", case), means.of("baseline", case)
        if candidate is None or baseline is None:
            continue
        differ = (candidate - 0.5) * (baseline - 0.5) < 0 if metric == PASSED else abs(candidate - baseline) > _SAME
        if not differ:
            continue
        improvement = (candidate > baseline) == (better(metric) == "up")
        counts["improvement" if improvement else "regression"] += 1
        yield _Picked(improvement, -abs(candidate - baseline), case)


def _shown(
    suite: Suite, samples: Iterable[Sample], picked: list[_Picked], means: _Means, metric: str
) -> Iterator[Flip]:
    """The flips with the answers that are shown: of several repeats the first that is nearest to the mean."""
    wanted = {found.case for found in picked}
    typical: dict[tuple[Arm, int], tuple[tuple[float, int], Sample]] = {}
    for sample in samples:
        if sample.case not in wanted:
            continue
        value, mean = _value(sample, suite.scorers(sample.case), metric), means.of(sample.arm, sample.case)
        if value is None or mean is None:
            continue
        rank = abs(value - mean), sample.repeat
        held = typical.get((sample.arm, sample.case))
        if held is None or rank < held[0]:
            typical[sample.arm, sample.case] = rank, sample
    for found in picked:
        case, scorers = suite.case(found.case), suite.scorers(found.case)
        yield Flip(
            id=case.id,
            tags=case.tags,
            input=case.input,
            target=case.target,
            change="improvement" if found.improvement else "regression",
            candidate=_side(typical["candidate", found.case][1], means, scorers),
            baseline=_side(typical["baseline", found.case][1], means, scorers),
        )


def _side(sample: Sample, means: _Means, scorers: Mapping[str, Scorer]) -> Side:
    return Side(sample, means.of(sample.arm, sample.case) or 0.0, failed(sample, scorers))


def failed(sample: Sample, scorers: Mapping[str, Scorer]) -> tuple[str, ...]:
    """The checks whose value does not reach their threshold; one without a value is not among them."""
    return tuple(
        name
        for name, score in sample.scores.items()
        if score.value is not None and score.value < scorers[name].threshold
    )


def _value(sample: Sample, scorers: Mapping[str, Scorer], metric: str) -> float | None:
    return next((value for name, value in numbers(sample, scorers) if name == metric), None)
