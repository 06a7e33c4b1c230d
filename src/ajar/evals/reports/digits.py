"""How numbers are written: the same unit and as many digits for all numbers of one metric."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import msgspec

from ajar.evals.metrics import Unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ajar.evals.result import Metric
    from ajar.evidence.comparison import Comparison

_SIGNIFICANT = 3
_NARROW = 0.0025
"""A half-width of an interval of shares below which a tenth of a point hides too much, if it comes from many cases."""
_MANY = 5_000
_MOST_PLACES = 8
_MORE_PLACES = 4
"""So many more than its means have may a metric get for the sake of its interval."""


class Digits(msgspec.Struct, frozen=True):
    """Writes numbers of one unit. Shares are percent, and their differences points. A minus is a hyphen."""

    unit: Unit
    places: int

    def value(self, number: float) -> str:
        """Such as `93.7%`, `412 ms`, `$0.00310`, `1,204`."""
        return self._with_unit(self.rounded(number), "")

    def difference(self, number: float, *, unit: bool = False) -> str:
        """With its sign always: `+2.3`, `-12 ms`. Points bear no unit unless asked for."""
        rounded = self.rounded(number)
        sign = "+" if rounded > 0 else "-" if rounded < 0 else ""
        text = self._with_unit(abs(rounded), sign, "" if self.unit == "share" else None)
        return f"{text} points" if unit and self.unit == "share" else text

    def interval(self, low: float, high: float, *, signed: bool) -> str:
        """Both ends; `signed` for those of a difference."""
        write = self.difference if signed else self.value
        return f"{write(low).removesuffix(' ms')} to {write(high)}"

    def bare(self, number: float) -> str:
        """The value without its unit, for a table whose head has it."""
        return f"{self.rounded(number):,.{self.places}f}"

    def tick(self, number: float, *, signed: bool) -> str:
        """A number of an axis: no more digits than it needs, and no unit."""
        scaled = number * 100 if self.unit == "share" else number
        text = f"{scaled:,.{_MOST_PLACES}f}".rstrip("0").rstrip(".")
        if text in {"-0", "0"}:
            return "0"
        return f"+{text}" if signed and scaled > 0 else text

    def rounded(self, number: float) -> float:
        """The number as it is written, without its unit."""
        # Adding 0 turns -0.0 into 0.0.
        return round(number * 100 if self.unit == "share" else number, self.places) + 0.0

    def _with_unit(self, number: float, sign: str, percent: str | None = None) -> str:
        text = f"{sign}{'$' if self.unit == 'USD' else ''}{number:,.{self.places}f}"
        if self.unit == "share":
            return text + ("%" if percent is None else percent)
        return f"{text} ms" if self.unit == "ms" else text


Axis = Literal["percent", "points", "ms", "US dollars", "tokens"]


def axis(unit: Unit, *, signed: bool) -> Axis:
    """What the numbers of an axis are."""
    if unit == "share":
        return "points" if signed else "percent"
    return "US dollars" if unit == "USD" else unit


def level(confidence: float) -> str:
    """Such as `95%`, `99.9%`: every digit that was given."""
    return f"{confidence * 100:.6g}%"


def of_metric(metric: Metric) -> Digits:
    """The digits in which all numbers of a metric are written."""
    estimates = [found for found in (metric.candidate, metric.baseline) if found is not None]
    if metric.unit == "share":
        spans = [metric.comparison] if metric.comparison is not None else estimates
        narrow = [(span.high - span.low) / 2 < _NARROW and span.n >= _MANY for span in spans]
        digits = Digits("share", 2 if narrow and all(narrow) else 1)
    else:
        digits = of_numbers(metric.unit, [estimate.mean for estimate in estimates])
    return digits if metric.comparison is None else _for_interval(digits, metric.comparison)


def _for_interval(digits: Digits, compared: Comparison) -> Digits:
    """With more digits where a difference needs them: its interval is not written as one number, nor its end as 0."""
    low, high = compared.low, compared.high
    for places in range(digits.places, min(digits.places + _MORE_PLACES, _MOST_PLACES) + 1):
        tried = Digits(digits.unit, places)
        apart = low == high or tried.difference(low) != tried.difference(high)
        if apart and (low * high <= 0 or tried.rounded(low) * tried.rounded(high) != 0):
            return tried
    return digits


def of_numbers(unit: Unit, numbers: Iterable[float]) -> Digits:
    """Enough digits that the largest shows three that mean something."""
    if unit == "share":
        return Digits("share", 1)
    largest = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0)
    if largest == 0:
        return Digits(unit, 0)
    places = _SIGNIFICANT - 1 - math.floor(math.log10(largest))
    return Digits(unit, min(max(places, 0), _MOST_PLACES))
