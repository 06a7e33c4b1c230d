"""What all samples of one model add up to beside their metrics: errors, tokens, money."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ajar.domain.usage import Usage
from ajar.evals.metrics import unjudged
from ajar.evals.result import ArmResult

if TYPE_CHECKING:
    from ajar.evals.run.target import Aim
    from ajar.evals.sample import Sample

_PICODOLLARS = 10**12


class ArmTally:
    """Adds up in whole numbers, so that the order of the samples changes nothing."""

    def __init__(self, aim: Aim) -> None:
        self._aim = aim
        self._samples = 0
        self._deployments: Counter[str] = Counter()
        self._models: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._picodollars = 0
        self._priced = 0
        self._unpriced = 0
        self._judge_calls = 0
        self._judges: Counter[str] = Counter()
        self._judge_picodollars = 0
        self._judged_unpriced = 0

    def add(self, sample: Sample) -> None:
        """Count one sample in."""
        self._samples += 1
        if error := unjudged(sample):
            self._errors[error] += 1
        if sample.judged is not None:
            self._judge_calls += sample.judged.calls
            self._judges.update(sample.judged.deployments or sample.judged.models)
            self._judge_picodollars += round(sample.judged.cost_usd * _PICODOLLARS)
            self._judged_unpriced += sample.judged.cost_unknown
        answer = sample.answer
        if answer is None:
            return
        if answer.deployment is not None:
            self._deployments[answer.deployment] += 1
        if answer.model is not None:
            self._models[answer.model] += 1
        for name in Usage.__struct_fields__:
            count = getattr(answer.usage, name)
            if count is not None:
                self._tokens[name] += count
        if answer.cost_usd is None:
            self._unpriced += 1
        else:
            self._priced += 1
            self._picodollars += round(answer.cost_usd * _PICODOLLARS)

    def result(self) -> ArmResult:
        """What was counted."""
        return ArmResult(
            target=self._aim.name,
            base_url=self._aim.base_url,
            plan=self._aim.plan,
            samples=self._samples,
            deployments=_sorted(self._deployments),
            models=_sorted(self._models),
            errors=_sorted(self._errors),
            usage=Usage(**self._tokens),
            cost_usd=self._picodollars / _PICODOLLARS if self._priced else None,
            cost_unknown=self._unpriced,
            judge_calls=self._judge_calls,
            judges=_sorted(self._judges),
            judge_cost_usd=self._judge_cost(),
        )

    def _judge_cost(self) -> float | None:
        if self._judge_calls == self._judged_unpriced:
            return None
        return self._judge_picodollars / _PICODOLLARS


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
