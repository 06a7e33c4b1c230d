"""A question that the route did not answer: an outcome of a drill like any other, and the worst one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from ajar.evals.answer import Answer
from ajar.evals.run.miss import Miss
from ajar.evals.sample import Sample
from ajar.evals.score import Score

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ajar.evals.case import Case
    from ajar.evals.run.order import Turn
    from ajar.evals.sample import Arm
    from ajar.evals.scorer import Scorer

_REASON: Final = "error"
"""The finish reason of what has no answer, which no format has."""
_WHY: Final = "not answered: "


class Unanswered(Miss, frozen=True):
    """A miss that is the route's own: the gateway took the request in, and its caller would have got this error."""

    took_ms: float = 0.0
    inference: str | None = None
    deployment: str | None = None


def unanswered(
    turn: Turn, case: Case, arm: Arm, scorers: Mapping[str, Scorer], miss: Unanswered, attempts: int
) -> Sample:
    """The sample in which every check has failed."""
    why = f"{_WHY}{miss.failure.code}: {miss.failure.message}"
    return Sample(
        case=turn.case,
        id=case.id,
        arm=arm,
        repeat=turn.repeat,
        answer=Answer(
            finish_reason=_REASON,
            deployment=miss.deployment,
            inference=miss.inference,
            latency_ms=round(miss.took_ms, 3),
        ),
        scores={name: Score(0.0, why) for name in scorers},
        attempts=attempts,
    )


def is_unanswered(sample: Sample) -> bool:
    """Whether `unanswered` made it."""
    return sample.answer is not None and sample.answer.finish_reason == _REASON


def count_unanswered(samples: Iterable[Sample]) -> dict[str, int]:
    """How many there are of each kind, by the error's code."""
    found: Counter[str] = Counter()
    for sample in samples:
        if is_unanswered(sample):
            why = next((score.why for score in sample.scores.values()), "")
            found[why.removeprefix(_WHY).partition(":")[0]] += 1
    return dict(sorted(found.items()))
