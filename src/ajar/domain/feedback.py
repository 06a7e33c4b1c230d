"""What was found out about an inference after it was answered."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Source = Literal["caller", "check"]


class Feedback(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """A value of a metric, of an inference or of a unit; exactly one of the two is set.

    `time` is when it was taken in, `said` the time that the caller gave, both in microseconds since 1970 UTC. Of two
    with the same `id`, route, caller and source the one taken in later counts. A check's value is a number from 0 to 1;
    None means that the check could not be made.
    """

    id: str
    time: int
    route: str
    metric: str
    value: Any
    caller: str
    source: Source = "caller"
    inference: str | None = None
    unit_hash: str | None = None
    said: int | None = None
