"""What others make of the same traffic: the rule of TensorZero's experiments, and a z-test that is looked at again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ladder import Plan

EVERY = 10
"""So many units one looks."""
DELTA, LEAST = 0.05, 10
"""TensorZero's defaults: `delta`, and `min_samples_per_variant`."""
_LEAST_VARIANCE = 1e-12
_Z = 1.959963984540054


class Arm:
    """One arm's numbers as they come in: how many there were, their mean and variance at each look."""

    def __init__(self, count: np.ndarray, total: np.ndarray, squares: np.ndarray) -> None:
        self.n = count
        with np.errstate(divide="ignore", invalid="ignore"):
            self.mean = total / count
            self.variance = np.maximum((squares - total * self.mean) / (count - 1), 0.0)


def requests(which: np.ndarray, hits: np.ndarray, each: int, before: tuple[int, int] = (0, 0)) -> Arm:
    """Every request as a number by itself, of the units of one arm; `before` are requests and hits of earlier days."""
    count = before[0] + np.cumsum(which, axis=-1)[..., EVERY - 1 :: EVERY] * each
    total = before[1] + np.cumsum(np.where(which, hits, 0), axis=-1)[..., EVERY - 1 :: EVERY]
    return Arm(count, total, total)


def units(which: np.ndarray, hits: np.ndarray, each: int, every: int = EVERY) -> Arm:
    """Every unit's mean as a number."""
    values = np.where(which, hits / each, 0.0)
    count, total, squares = (np.cumsum(of, axis=-1)[..., every - 1 :: every] for of in (which, values, values**2))
    return Arm(count, total, squares)


def tensorzero(control: Arm, candidate: Arm, least: int = LEAST) -> np.ndarray:
    """Which arm is named the winner: 1 the candidate, -1 the control, 0 none.

    `check_stopping.rs`: the likelihood ratio of the leader and the other, (mean - mean')^2 / (2 (v/n + v'/n')), against
    ln((1 + ln t)/delta), where t counts the requests of both.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = sum(np.maximum(arm.variance, _LEAST_VARIANCE) / arm.n for arm in (control, candidate))
        ratio = (candidate.mean - control.mean) ** 2 / (2 * spread)
        limit = np.log((1 + np.log(control.n + candidate.n)) / DELTA)
        named = (ratio > limit) & (np.minimum(control.n, candidate.n) >= least)
    return _first(named, candidate.mean - control.mean)


def z_test(control: Arm, candidate: Arm, least: int = LEAST) -> np.ndarray:
    """Which arm is called better at the first look with a two-sided p below 0.05: 1, -1, or 0 for neither."""
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(control.variance / control.n + candidate.variance / candidate.n)
        named = np.abs(candidate.mean - control.mean) > _Z * error
    return _first(named & (error > 0) & (np.minimum(control.n, candidate.n) >= least), candidate.mean - control.mean)


def _first(named: np.ndarray, difference: np.ndarray) -> np.ndarray:
    at = named.argmax(axis=-1)[..., None]
    sign = np.sign(np.take_along_axis(difference, at, -1))
    return np.where(np.take_along_axis(named, at, -1), sign, 0)[..., 0]


def arms(plan: Plan, places: np.ndarray) -> np.ndarray:
    """Which units are the candidate's, where nothing but its dose ends a step: the ladder without any decision."""
    found = np.zeros(len(places), dtype=bool)
    begin = 0
    for at, percent in enumerate(plan.steps):
        here = places[begin:] < percent / 100
        end = len(here)
        if at < len(plan.steps) - 1:
            reached = np.flatnonzero(np.cumsum(here) >= plan.min_units)
            end = math.ceil((int(reached[0]) + 1 + begin) / plan.every) * plan.every - begin if len(reached) else end
        found[begin : begin + end] = here[:end]
        begin += end
    return found
