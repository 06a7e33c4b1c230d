"""Forest plots: what stands where."""

from __future__ import annotations

import re

import pytest

from ajar.evals.reports.digits import Digits
from ajar.evals.reports.forest import Span, forest, reading
from doubles.finished_run import comparison

DIGITS = Digits("share", 1)


def span(low: float, high: float, **more: object) -> Span:
    return Span(**{"label": "passed", "mean": (low + high) / 2, "low": low, "high": high, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "up", "down"),
    [
        (0.01, 0.02, "better", "worse"),
        (-0.02, -0.01, "worse", "better"),
        (-0.01, 0.02, "unclear", "unclear"),
        (0.0, 0.02, "unclear", "unclear"),
    ],
)
def test_what_an_interval_says(low: float, high: float, up: str, down: str) -> None:
    found = comparison((low + high) / 2, (high - low) / 2)
    assert (reading(found, "up"), reading(found, "down")) == (up, down)


@pytest.mark.parametrize("shift", [0.3, -0.3])
def test_what_rests_on_too_little_settles_nothing(shift: float) -> None:
    assert reading(comparison(shift, 0.1, 2, limited="there are 2 cases, and it takes 4"), "up") == "unclear"


@pytest.mark.parametrize("limited", [None, "the difference is the same in all of the cases"])
def test_where_every_case_is_the_same_there_is_no_difference(limited: str | None) -> None:
    assert reading(comparison(0.0, 6.3, wins=0, losses=0, ties=600, limited=limited), "down") == "same"


def places(drawn: str, kind: str) -> list[float]:
    found = re.findall(rf'<line x1="([\d.]+)%" x2="([\d.]+)%"[^>]* class="{kind}"', drawn)
    return [float(place) for pair in found for place in pair]


def test_the_lines_at_zero_and_at_the_margin_stand_where_the_numbers_are() -> None:
    (row,) = forest([span(0.0, 0.06, margin=-0.03)], DIGITS, "points").rows
    zero, margin = places(row, "zero"), places(row, "margin")
    low, high = places(row, "interval none")
    assert zero[0] == zero[1] == pytest.approx(low)
    assert margin[0] < zero[0] < high
    assert (zero[0] - margin[0]) * 2 == pytest.approx(high - low, abs=0.01)
    assert 'class="beyond"' in row


def test_zero_is_in_sight_even_where_every_interval_is_far_from_it() -> None:
    (row,) = forest([span(0.40, 0.42)], DIGITS, "points").rows
    assert 0 < places(row, "zero")[0] < places(row, "interval none")[0]


def test_where_less_is_better_the_margin_is_on_the_right() -> None:
    (row,) = forest([span(-1.0, 1.0, margin=2.0)], Digits("ms", 1), "ms").rows
    area = re.search(r'<rect x="([\d.]+)%" width="([\d.]+)%"', row)
    assert area is not None
    assert float(area[1]) + float(area[2]) == pytest.approx(100)
    assert "margin +2 ms" in row


def test_the_words_tell_everything_that_is_drawn() -> None:
    (row,) = forest([span(-0.004, 0.05, reading="unclear", margin=-0.03)], DIGITS, "points").rows
    told = "<title>passed: +2.3 points, interval -0.4 to +5.0, not settled; margin -3 points</title>"
    assert told in row


def test_shapes_differ_and_not_only_colours() -> None:
    drawn = forest([span(0, 1, reading=state) for state in ("better", "worse", "unclear", "same")], DIGITS, "points")
    shapes = [re.findall(r'<path d="([^"]+)" class="mark', row) for row in drawn.rows]
    assert len({tuple(shape) for shape in shapes}) == 4


def test_one_very_wide_interval_does_not_squeeze_the_others() -> None:
    usual = [span(-0.05, 0.05) for _ in range(5)]
    drawn = forest([*usual, span(-0.9, 0.95)], DIGITS, "points")
    low, high = places(drawn.rows[0], "interval none")
    assert high - low > 30
    assert "M5-5 0 0 5 5" in drawn.rows[-1]
    assert "M-5-5 0 0-5 5" in drawn.rows[-1]
    assert "M5-5 0 0 5 5" not in drawn.rows[0]


def test_shares_alone_have_no_line_at_zero() -> None:
    (row,) = forest([span(0.9, 0.95)], DIGITS, "percent", signed=False).rows
    assert 'class="zero"' not in row
    assert "<title>passed: 92.5%, interval 90.0% to 95.0%</title>" in row
