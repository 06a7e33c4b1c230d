"""What one unit showed."""

from __future__ import annotations

from typing import NamedTuple


class Observed(NamedTuple):
    """A unit that was assigned at `time` (microseconds since 1970 UTC), once its window is over.

    `values` has one value for each measure of the trial; None where the unit does not enter that measure.
    """

    time: int
    unit: str
    candidate: bool
    values: tuple[float | None, ...]
