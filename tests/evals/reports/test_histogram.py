"""Distributions of both models on the same scales."""

from __future__ import annotations

import re

from ajar.evals.reports.digits import Digits
from ajar.evals.reports.histogram import histogram, quantiles
from ajar.evals.result import Spread
from doubles.finished_run import spread


def drawn(*counts: list[int], edges: list[float] | None = None) -> list[str]:
    spreads = [
        Spread(
            arm=arm, metric="latency_ms", unit="ms", quantiles={"0.5": 15.0}, edges=edges or [10, 20, 30], counts=count
        )
        for arm, count in zip(("candidate", "baseline"), counts, strict=False)
    ]
    return [strip.drawn for strip in histogram(spreads, Digits("ms", 0), "latency", "ms").strips]


def heights(strip: str) -> list[float]:
    return [float(height) for height in re.findall(r'<rect[^>]* height="([\d.]+)"', strip)]


def test_heights_are_shares_of_each_models_own_samples() -> None:
    one, other = drawn([10, 30], [1, 3])
    assert heights(one) == heights(other) == [20.0, 60.0]


def test_a_bin_with_one_of_very_many_is_seen() -> None:
    (strip,) = drawn([100_000, 1])
    assert heights(strip)[1] >= 1.5


def test_an_empty_bin_is_not_drawn() -> None:
    (strip,) = drawn([5, 0])
    assert len(heights(strip)) == 1


def test_a_single_value_has_room() -> None:
    (strip,) = drawn([7], edges=[4.0, 4.0])
    assert "nan" not in strip


def test_the_words_have_the_quantiles_from_low_to_high() -> None:
    made = spread("candidate", "latency_ms", "ms", 40)
    assert [name for name, _ in quantiles(made)] == ["5%", "median", "95%", "99%"]
    strip = histogram([made], Digits("ms", 1), "latency", "ms").strips[0].drawn
    assert re.search(r"<title>latency, candidate</title><desc>5% [\d.]+ ms; median [\d.]+ ms; 95%", strip)
