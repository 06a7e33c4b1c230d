"""Revisions of a route, as a rollout publishes them."""

from __future__ import annotations

from typing import Any

from ajar.config.revision import Arm, Revision, Split

SALT = "5a" * 32
UNIT = {"x-ajar-unit": "u"}


def revision(*shares: tuple[str, float], epoch: int = 1, **fields: Any) -> Revision:
    """Number 7 of route `r`: control `a`, and a split where candidates' `shares` are given."""
    fields = {"route": "r", "number": 7, "primary": "a", "rollout": "e", **fields}
    control = Arm(fields["primary"], 100 - sum(percent for _, percent in shares))
    split = Split("e", epoch, (control, *(Arm(name, percent) for name, percent in shares))) if shares else None
    return Revision(base="", time=1, by="test", why="test", split=split, **fields)


def options(*shares: tuple[str, float], epoch: int = 1, **fields: Any) -> dict[str, Any]:
    """The snapshot's options that have it in force."""
    made = revision(*shares, epoch=epoch, **fields)
    return {"revisions": {made.route: made}, "salt": SALT}
