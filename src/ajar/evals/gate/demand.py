"""One thing that a gate demands: how much worse the candidate may be on one metric of one suite."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from ajar.evals.metrics import MEASURES

_WRITTEN = re.compile(r"\s*((?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)\s*")


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate's `metric` may be worse than the baseline's by less than `margin`, in the metric's own unit."""

    suite: str
    metric: str
    margin: float


def margin_of(value: Any, metric: str) -> float:
    """A margin on `metric` as people write it: `3%` or `0.03` of shares, `50` of milliseconds.

    Raises ValueError, in words for them. A share of 1 or more must be written with its %: who writes 3 means 3%, and
    300 points would let anything pass.
    """
    unit = MEASURES.get(metric)
    found = None if isinstance(value, bool) else _WRITTEN.fullmatch(str(value))
    number = math.nan if found is None else float(found[1])
    if found is None or not math.isfinite(number):
        such = "a share such as 3% or 0.03" if unit is None else f"in {unit}"
        raise ValueError(f"a margin is a number from 0, on `{metric}` {such}, not {value!r}")
    text, percent = found[1], bool(found[2])
    if unit is not None:
        if percent:
            raise ValueError(f"% is for shares, and `{metric}` is counted in {unit}: write {text} for {text} {unit}")
        return number
    if number > 100 or (number >= 1 and not percent):
        mended = f"write {text}%" if number <= 100 else "write one from 0% to 100%"
        points = number if percent else number * 100
        raise ValueError(f"a margin of {points:g} points on `{metric}` lets anything pass: {mended}")
    return number / 100 if percent else number
