"""One rollout's canary on scripted units: the product's trial and decisions, and the rule of its steps."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

from ajar.evidence.live.decide import decide
from ajar.evidence.live.observed import Observed
from ajar.evidence.live.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ajar.evidence.live.measure import Measure

Values = tuple[float | None, ...]
End = tuple[Literal["none", "roll_back", "promote", "stop"], int]
"""What became of it (`none`: nothing until the units were used up), and the units that the candidate had by then."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What is asked of a canary. Each of `steps` is the candidate's share in per cent; `every` so many units one looks.

    All steps but the last end with `min_units` of the candidate.
    """

    measures: tuple[Measure, ...]
    steps: tuple[float, ...] = (1, 5, 25, 50)
    min_units: int = 50
    alpha: float = 0.05
    every: int = 25


def climb(plan: Plan, places: Sequence[float], control: Sequence[Values], candidate: Sequence[Values]) -> End:
    """Let units enter one by one, each with the values that it would have in either arm, until something is decided.

    `places` are uniform in [0, 1), and the candidate has those below its share: as `ajar.evidence.assign` has it.
    """
    trial = Trial(plan.measures, plan.alpha)
    step, share = 0, plan.steps[0] / 100
    trial.begin_epoch(plan.steps[0])
    left = plan.every
    for time, place in enumerate(places):
        theirs = place < share
        trial.add(Observed(time, "", theirs, (candidate if theirs else control)[time]))
        left -= 1
        if left:
            continue
        left = plan.every
        look = trial.look()
        last = step == len(plan.steps) - 1
        decision = decide(look, last=last, dose_done=look.candidate_units >= plan.min_units)
        if decision.kind == "advance":
            step += 1
            share = plan.steps[step] / 100
            trial.begin_epoch(plan.steps[step])
        elif decision.kind != "hold":
            return decision.kind, look.candidate_units_ever
    return "none", trial.candidate_units_before + trial.candidate_units
