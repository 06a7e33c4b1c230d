"""The whole ladder by chance, in short: how often it errs, and how soon it finds what is worse."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ajar.evidence.live.decide import decide
from ajar.evidence.live.measure import Measure
from ajar.evidence.live.observed import Observed
from ajar.evidence.live.trial import Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOLVED = Measure("solved", "bounded", "primary", margin=0.03)
LADDER = (1.0, 5.0, 25.0, 50.0)
DOSE = 50


def rollout(
    rng: np.random.Generator, control: NDArray[np.float64], loss: float, steps: tuple[float, ...]
) -> tuple[str, int]:
    """One rollout with one measure: how it ended, and with how many of the candidate's units."""
    trial, step = Trial((SOLVED,), 0.05), 0
    trial.begin_epoch(steps[0])
    places, luck = rng.random(len(control)).tolist(), rng.random(len(control))
    ours, theirs = (luck < control - loss).astype(float).tolist(), (luck < control).astype(float).tolist()
    for at, place in enumerate(places):
        candidate = place < steps[step] / 100
        trial.add(Observed(at, "", candidate, (ours[at] if candidate else theirs[at],)))
        if at % 20 == 19:
            done = trial.candidate_units >= DOSE
            decision = decide(trial.look(), last=step == len(steps) - 1, dose_done=done)
            if decision.kind == "advance":
                step += 1
                trial.begin_epoch(steps[step])
            elif decision.kind != "hold":
                return decision.kind, trial.candidate_units_before + trial.candidate_units
    return "hold", trial.candidate_units_before + trial.candidate_units


def share(kinds: list[str], kind: str) -> float:
    return kinds.count(kind) / len(kinds)


def stepped(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    return np.where(np.arange(n) < rng.integers(0, n), 0.95, 0.7)


@pytest.mark.parametrize("base", ["flat", "drifting", "stepped"])
def test_equal_arms_are_seldom_rolled_back_on_the_whole_ladder(base: str) -> None:
    rng, n, runs = np.random.default_rng(1), 8000, 50
    bases = {"flat": lambda: np.full(n, 0.9), "drifting": lambda: np.linspace(0.95, 0.7, n)}
    bases["stepped"] = lambda: stepped(rng, n)
    kinds = [rollout(rng, bases[base](), 0.0, LADDER)[0] for _ in range(runs)]
    assert share(kinds, "roll_back") <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_a_loss_of_the_margin_is_seldom_promoted() -> None:
    rng, runs = np.random.default_rng(2), 100
    kinds = [rollout(rng, np.full(6000, 0.95), 0.03, (50.0,))[0] for _ in range(runs)]
    assert share(kinds, "promote") <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize(("loss", "most", "runs"), [(0.15, 70, 300), (0.05, 240, 100)])
def test_a_loss_is_found_soon_at_five_per_cent(loss: float, most: int, runs: int) -> None:
    rng = np.random.default_rng(3)
    n = round(60 * most)
    found = [rollout(rng, np.full(n, 0.95), loss, (5.0,)) for _ in range(runs)]
    assert share([kind for kind, _ in found], "roll_back") >= 0.97
    assert median(units for _, units in found) <= most
