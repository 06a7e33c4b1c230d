"""How numbers are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ajar.evals.reports.digits import Digits, level, of_metric, of_numbers
from doubles.finished_run import measure, share

if TYPE_CHECKING:
    from ajar.evals.result import Metric


def test_shares_are_percent_and_their_differences_points() -> None:
    digits = Digits("share", 1)
    assert digits.value(0.9367) == "93.7%"
    assert digits.difference(0.0231) == "+2.3"
    assert digits.difference(-0.0231, unit=True) == "-2.3 points"
    assert digits.interval(-0.004, 0.05, signed=True) == "-0.4 to +5.0"
    assert digits.interval(0.9, 1.0, signed=False) == "90.0% to 100.0%"


@pytest.mark.parametrize(("confidence", "said"), [(0.95, "95%"), (0.975, "97.5%"), (0.999, "99.9%"), (0.57, "57%")])
def test_no_digit_of_a_confidence_is_rounded_away(confidence: float, said: str) -> None:
    assert level(confidence) == said


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert Digits("share", 1).difference(-0.0001) == "0.0"
    assert Digits("share", 1).value(-0.0) == "0.0%"
    assert Digits("USD", 2).difference(-0.001) == "$0.00"


@pytest.mark.parametrize(
    ("unit", "number", "written", "difference"),
    [
        ("ms", 1234.5, "1,234 ms", "+1,234 ms"),
        ("ms", 41.27, "41.3 ms", "+41.3 ms"),
        ("USD", 0.000312, "$0.000312", "+$0.000312"),
        ("USD", 12.0, "$12.0", "+$12.0"),
        ("tokens", 0.0, "0", "0"),
        ("tokens", 1204.0, "1,204", "+1,204"),
    ],
)
def test_measures_show_three_digits_that_mean_something(
    unit: str, number: float, written: str, difference: str
) -> None:
    digits = of_numbers(unit, [number])  # type: ignore[arg-type]
    assert digits.value(number) == written
    assert digits.difference(number) == difference


def test_an_interval_of_milliseconds_says_them_once() -> None:
    assert Digits("ms", 1).interval(-1.3, 3.5, signed=True) == "-1.3 to +3.5 ms"


def test_all_numbers_of_a_metric_have_the_same_digits() -> None:
    digits = of_metric(measure("cost_usd", "USD", 0.00031, 0.000034, 0.000004))
    assert (digits.value(0.00031), digits.difference(0.000004)) == ("$0.000310", "+$0.000004")


@pytest.mark.parametrize(
    ("metric", "difference", "interval"),
    [
        (measure("cost_usd", "USD", 0.000312, 0.0003122, 0.0000001), "-$0.0000002", "-$0.0000003 to -$0.0000001"),
        (measure("latency_ms", "ms", 1234.4, 1234.0, 0.2), "+0.4 ms", "+0.2 to +0.6 ms"),
        (share("passed", 0.9004, 0.9, half=0.0001), "+0.04", "+0.03 to +0.05"),
        (measure("latency_ms", "ms", 1234.0, 1200.0, 0.0), "+34 ms", "+34 to +34 ms"),
    ],
)
def test_a_small_difference_gets_the_digits_that_its_interval_needs(
    metric: Metric, difference: str, interval: str
) -> None:
    assert metric.comparison is not None
    digits = of_metric(metric)
    assert digits.difference(metric.comparison.difference) == difference
    assert digits.interval(metric.comparison.low, metric.comparison.high, signed=True) == interval


def test_very_many_cases_show_a_hundredth_of_a_point() -> None:
    assert of_metric(share("passed", 0.9, 0.899, half=0.001, n=100_000)).places == 2
    assert of_metric(share("passed", 0.9, 0.899, half=0.001, n=600)).places == 1


@pytest.mark.parametrize(("number", "written"), [(0.025, "+2.5"), (0.05, "+5"), (-0.1, "-10"), (0.0, "0")])
def test_ticks_have_no_more_digits_than_they_need(number: float, written: str) -> None:
    assert Digits("share", 1).tick(number, signed=True) == written
