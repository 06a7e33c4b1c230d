"""What a scorer says of one answer."""

from __future__ import annotations

import msgspec


class Score(msgspec.Struct, frozen=True, omit_defaults=True):
    """How good the answer is, from 0 to 1.

    `value` is None where that cannot be said, and `why` tells the reason: such a score is an error of the harness or
    of a judge, and never counts as good or bad. Otherwise `why` is a line for people. `fields` are the parts of a
    value that has parts, by name.
    """

    value: float | None
    why: str = ""
    fields: dict[str, float] | None = None
