"""One thing that a gate demands: how much worse the candidate may be on one metric of one suite."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_WRITTEN = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)\s*")


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate's `metric` may be worse than the baseline's by less than `margin`, in the metric's own unit."""

    suite: str
    metric: str
    margin: float


def margin_of(value: Any) -> float:
    """A margin as people write it: `0.03` or `3%`. Raises ValueError, in words for them."""
    found = None if isinstance(value, bool) else _WRITTEN.fullmatch(str(value))
    if found is None:
        raise ValueError(f"a margin is a number from 0 in the metric's own unit, such as 0.03 or 3%, not {value!r}")
    return float(found[1]) / (100 if found[2] else 1)
