"""Where simulated differences come from: each draws many runs at once, with a true mean that is known exactly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

Draw = Callable[["Generator", int, int, float], np.ndarray]
"""From a generator, the runs, the cases of each and the true mean: the differences, candidate less baseline."""
Noise = Callable[["Generator", tuple[int, int]], np.ndarray]
"""Of mean 0 and variance 1."""


def normal(rng: Generator, shape: tuple[int, int]) -> np.ndarray:
    """The bell."""
    return rng.normal(size=shape)


def heavy(rng: Generator, shape: tuple[int, int]) -> np.ndarray:
    """Student's t with 3 degrees of freedom: large values on both sides, now and then."""
    return rng.standard_t(3, size=shape) / math.sqrt(3)


def exponential(rng: Generator, shape: tuple[int, int]) -> np.ndarray:
    """A long tail of losses: skewness -2."""
    return 1 - rng.exponential(size=shape)


def gains(rng: Generator, shape: tuple[int, int]) -> np.ndarray:
    """A long tail of gains: skewness 2."""
    return -exponential(rng, shape)


def lopsided(rng: Generator, shape: tuple[int, int]) -> np.ndarray:
    """A milder tail of losses: skewness -1."""
    return (4 - rng.gamma(4, size=shape)) / 2


def lognormal(rng: Generator, shape: tuple[int, int]) -> np.ndarray:
    """Latencies of a candidate beside a steady baseline: skewness -6."""
    return (math.exp(0.5) - rng.lognormal(0, 1, size=shape)) / math.sqrt((math.e - 1) * math.e)


def moved(noise: Noise, spread: float) -> Draw:
    """Noise of standard deviation `spread` around the mean."""
    return lambda rng, runs, n, mean: mean + spread * noise(rng, (runs, n))


def catastrophes(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
    """Small noise, and a loss of everything in as many cases as the mean asks."""
    return np.where(rng.random((runs, n)) < -mean, -1.0, 0.02 * rng.normal(size=(runs, n)))


def scores(draw: Draw) -> Draw:
    """The same, cut off at the ends of differences of scores: so rarely that it moves the mean by less than 1e-5."""
    return lambda rng, runs, n, mean: draw(rng, runs, n, mean).clip(-1, 1)


def small_gains(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
    """Gains of 0.02 in half of the cases, and a loss of everything in as many as the mean asks."""
    lost = 0.01 - mean
    chance = rng.random((runs, n))
    return np.where(chance < lost, -1.0, np.where(chance < lost + 0.5, 0.02, 0.0))


def small_losses(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
    """Losses of 0.05 in half of the cases, and a gain of everything in as many as the mean asks."""
    gained = 0.025 + mean
    chance = rng.random((runs, n))
    return np.where(chance < gained, 1.0, np.where(chance < gained + 0.5, -0.05, 0.0))


def lost_clusters(sizes: np.ndarray) -> Draw:
    """Small noise, and a loss of everything in as many clusters as the mean asks."""
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        lost = (rng.random((runs, len(sizes))) < -mean)[:, owner]
        return np.where(lost, -1.0, 0.02 * rng.normal(size=(runs, n)))

    return draw


def slow_tail(often: float) -> Draw:
    """Milliseconds: two arms of normal(500, 50), and the candidate is slower, as the mean asks, in a few answers."""

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        slower = rng.exponential(abs(mean) / often, (runs, n)) * (rng.random((runs, n)) < often)
        return 50 * math.sqrt(2) * rng.normal(size=(runs, n)) - slower

    return draw


def both_slow(often: float, slower: float) -> Draw:
    """A few answers of either arm are slow, and those of the candidate, as the mean asks, slower."""

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        def slow(by: float) -> np.ndarray:
            return rng.exponential(by, (runs, n)) * (rng.random((runs, n)) < often)

        return 50 * math.sqrt(2) * rng.normal(size=(runs, n)) + slow(slower) - slow(slower - mean / often)

    return draw


def slow_clusters(sizes: np.ndarray, often: float) -> Draw:
    """Milliseconds: in a few clusters the candidate is slower, as the mean asks."""
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        hit = rng.random((runs, len(sizes))) < often
        slower = (rng.exponential(abs(mean) / often, hit.shape) * hit)[:, owner]
        return 50 * math.sqrt(2) * rng.normal(size=(runs, n)) - slower

    return draw


def cut_tail(often: float, slower: float) -> Draw:
    """The other way round: a few answers of the baseline are slower, and all others of the candidate are a little."""

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        tail = rng.exponential(slower, (runs, n)) * (rng.random((runs, n)) < often)
        return 50 * math.sqrt(2) * rng.normal(size=(runs, n)) + tail - often * slower + mean

    return draw


def skewed_scores(shared: float) -> Draw:
    """Scores from 0 to 1 of which most are high (Beta(a, 1)); in a share of the cases both arms find it as hard."""

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        theirs = rng.random((runs, n))
        ours = np.where(rng.random((runs, n)) < shared, theirs, rng.random((runs, n)))
        level = 0.8
        return ours ** ((1 - level - mean) / (level + mean)) - theirs ** ((1 - level) / level)

    return draw


def steps(won: float, size: float = 1.0, most: float = 1.0) -> Draw:
    """Differences of `size` or of `most`, half each: gains in a share `won` of the cases, losses as the mean asks."""

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        lost = won - mean / ((size + most) / 2)
        chance, step = rng.random((runs, n)), np.where(rng.random((runs, n)) < 0.5, size, most)
        return step * ((chance < won).astype(float) - ((chance >= won) & (chance < won + lost)))

    return draw


def repeats(count: int, level: float, spread: float) -> Draw:
    """Passes and fails over `count` repeats; how hard a case is varies by `spread` around `level`, alike for both."""

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        # Uniform within limits that hold for both arms, so that no chance is cut off at 0 or 1.
        hard = level + spread * (2 * rng.random((runs, n)) - 1)
        return (rng.binomial(count, hard + mean) - rng.binomial(count, hard)) / count

    return draw


def clustered(sizes: np.ndarray, alike: float, shared: Noise, spread: float) -> Draw:
    """Differences that correlate by `alike` within a cluster; `shared` is the noise that a cluster has in common."""
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        common = shared(rng, (runs, len(sizes)))[:, owner]
        own = rng.normal(size=(runs, n))
        return mean + spread * (math.sqrt(alike) * common + math.sqrt(1 - alike) * own)

    return draw


def clustered_steps(sizes: np.ndarray, often: float, within: float) -> Draw:
    """Losses only: a share `often` of the clusters is hit, and `within` those, cases as the mean asks."""
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def draw(rng: Generator, runs: int, n: int, mean: float) -> np.ndarray:
        # Where nothing is lost on the whole, as many are won as lost.
        hit = (rng.random((runs, len(sizes))) < often)[:, owner]
        struck = rng.random((runs, n)) < within
        won = rng.random((runs, n)) < (often * within + mean)
        return won.astype(float) - (hit & struck)

    return draw
